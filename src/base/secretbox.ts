/** NaCl's secretbox: XSalsa20 and Poly1305, in plain code, because OpenSSL has no XSalsa20. */
import { equalBytesConstantTime } from './bytes.ts'

const keyLength = 32
const nonceLength = 24
const tagLength = 16
const blockLength = 64

/** The tag and then the encrypted bytes, as NaCl's own. Throws for a key or a nonce of another length. */
export function sealSecretbox(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array {
  checkLengths(key, nonce)
  const stream = keyStream(key, nonce, keyLength + plaintext.length)
  const sealed = new Uint8Array(tagLength + plaintext.length)
  for (let i = 0; i < plaintext.length; i++) sealed[tagLength + i] = plaintext[i]! ^ stream[keyLength + i]!
  sealed.set(poly1305(stream.subarray(0, keyLength), sealed.subarray(tagLength)))
  return sealed
}

/** Undefined when the tag does not fit. */
export function openSecretbox(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  checkLengths(key, nonce)
  if (sealed.length < tagLength) return undefined
  const encrypted = sealed.subarray(tagLength)
  const stream = keyStream(key, nonce, keyLength + encrypted.length)
  const tag = poly1305(stream.subarray(0, keyLength), encrypted)
  if (!equalBytesConstantTime(tag, sealed.subarray(0, tagLength))) return undefined
  const plaintext = new Uint8Array(encrypted.length)
  for (let i = 0; i < plaintext.length; i++) plaintext[i] = encrypted[i]! ^ stream[keyLength + i]!
  return plaintext
}

function checkLengths(key: Uint8Array, nonce: Uint8Array): void {
  if (key.length !== keyLength) throw new RangeError(`a key has ${keyLength} bytes, not ${key.length}`)
  if (nonce.length !== nonceLength) throw new RangeError(`a nonce has ${nonceLength} bytes, not ${nonce.length}`)
}

/** "expand 32-byte k", as four little-endian words. */
const sigma = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const

/** XSalsa20: the first half of the nonce makes another key, the second half counts with it. */
function keyStream(key: Uint8Array, nonce: Uint8Array, length: number): Uint8Array {
  const subkey = hsalsa20(words(key), words(nonce.subarray(0, 16)))
  const tail = words(nonce.subarray(16))
  const stream = new Int32Array(Math.ceil(length / blockLength) * 16)
  const input = matrix(subkey, [tail[0]!, tail[1]!, 0, 0])
  for (let at = 0; at < stream.length; at += 16) {
    input[8] = at / 16
    salsaRounds(input, stream, at)
    for (let i = 0; i < 16; i++) stream[at + i]! += input[i]!
  }
  return littleEndian(stream)
}

/** The words that the rounds left in the places of the constants and the nonce. */
function hsalsa20(key: Int32Array, nonce: Int32Array): Int32Array {
  const mixed = new Int32Array(16)
  salsaRounds(matrix(key, nonce), mixed, 0)
  return Int32Array.from([0, 5, 10, 15, 6, 7, 8, 9], (place) => mixed[place]!)
}

function matrix(key: Int32Array, input: ArrayLike<number>): Int32Array {
  return Int32Array.of(
    sigma[0], key[0]!, key[1]!, key[2]!, key[3]!, sigma[1], input[0]!, input[1]!,
    input[2]!, input[3]!, sigma[2], key[4]!, key[5]!, key[6]!, key[7]!, sigma[3],
  )
}

/** Ten double rounds, columns and then rows; in variables, because they are most of the work. */
function salsaRounds(input: Int32Array, output: Int32Array, at: number): void {
  let a = input[0]!, b = input[1]!, c = input[2]!, d = input[3]!, e = input[4]!, f = input[5]!, g = input[6]!
  let h = input[7]!, i = input[8]!, j = input[9]!, k = input[10]!, l = input[11]!, m = input[12]!, n = input[13]!
  let o = input[14]!, p = input[15]!
  for (let round = 0; round < 10; round++) {
    e ^= rotate(a + m, 7); i ^= rotate(e + a, 9); m ^= rotate(i + e, 13); a ^= rotate(m + i, 18)
    j ^= rotate(f + b, 7); n ^= rotate(j + f, 9); b ^= rotate(n + j, 13); f ^= rotate(b + n, 18)
    o ^= rotate(k + g, 7); c ^= rotate(o + k, 9); g ^= rotate(c + o, 13); k ^= rotate(g + c, 18)
    d ^= rotate(p + l, 7); h ^= rotate(d + p, 9); l ^= rotate(h + d, 13); p ^= rotate(l + h, 18)
    b ^= rotate(a + d, 7); c ^= rotate(b + a, 9); d ^= rotate(c + b, 13); a ^= rotate(d + c, 18)
    g ^= rotate(f + e, 7); h ^= rotate(g + f, 9); e ^= rotate(h + g, 13); f ^= rotate(e + h, 18)
    l ^= rotate(k + j, 7); i ^= rotate(l + k, 9); j ^= rotate(i + l, 13); k ^= rotate(j + i, 18)
    m ^= rotate(p + o, 7); n ^= rotate(m + p, 9); o ^= rotate(n + m, 13); p ^= rotate(o + n, 18)
  }
  output[at] = a; output[at + 1] = b; output[at + 2] = c; output[at + 3] = d
  output[at + 4] = e; output[at + 5] = f; output[at + 6] = g; output[at + 7] = h
  output[at + 8] = i; output[at + 9] = j; output[at + 10] = k; output[at + 11] = l
  output[at + 12] = m; output[at + 13] = n; output[at + 14] = o; output[at + 15] = p
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

function words(bytes: Uint8Array): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Int32Array.from({ length: bytes.length / 4 }, (_, index) => view.getInt32(4 * index, true))
}

const isLittleEndian = new Uint8Array(Int32Array.of(1).buffer)[0] === 1

function littleEndian(numbers: Int32Array): Uint8Array {
  const bytes = new Uint8Array(numbers.buffer)
  if (isLittleEndian) return bytes
  const view = new DataView(numbers.buffer)
  for (const [index, word] of numbers.entries()) view.setInt32(4 * index, word, true)
  return bytes
}

/** Ten limbs of 13 bits hold 130 bits, and a sum of ten products of two limbs stays exact. */
const limbs = 10
const limbBits = 13
const limbSize = 2 ** limbBits

/** The authenticator of RFC 8439: a polynomial modulo 2^130 - 5, at a point that the key gives. */
function poly1305(key: Uint8Array, message: Uint8Array): Uint8Array {
  const clamped = Uint8Array.from(key.subarray(0, 16))
  for (const index of [3, 7, 11, 15]) clamped[index]! &= 15
  for (const index of [4, 8, 12]) clamped[index]! &= 252
  const sum = new Float64Array(limbs)
  const product = new Float64Array(limbs)
  const block = new Uint16Array(9)
  const factors = factorsOf(clamped)
  for (let at = 0; at < message.length; at += 16) {
    readBlock(block, message, at, 1)
    addBlock(sum, block)
    for (let i = 0; i < limbs; i++) {
      let total = 0
      for (let j = 0; j < limbs; j++) total += sum[j]! * factors[limbs + i - j]!
      product[i] = total
    }
    carry(product)
    sum.set(product)
  }
  return finish(sum, key.subarray(16))
}

/**
 * The limbs of the point from place 10 on, and before them five times the same: what goes beyond 2^130 comes back five
 * times, as 2^130 is 5 modulo the prime.
 */
function factorsOf(point: Uint8Array): Float64Array {
  const block = new Uint16Array(9)
  readBlock(block, point, 0, 0)
  const plain = new Float64Array(limbs)
  addBlock(plain, block)
  const factors = new Float64Array(2 * limbs)
  for (let i = 0; i < limbs; i++) {
    factors[limbs + i] = plain[i]!
    factors[i] = 5 * plain[i]!
  }
  return factors
}

/** Up to sixteen bytes as words of two, with `top` in the byte behind them. */
function readBlock(block: Uint16Array, bytes: Uint8Array, at: number, top: number): void {
  const length = Math.min(16, bytes.length - at)
  block.fill(0)
  for (let i = 0; i < length; i++) block[i >> 1]! |= bytes[at + i]! << (8 * (i & 1))
  block[length >> 1]! |= top << (8 * (length & 1))
}

function addBlock(number: Float64Array, block: Uint16Array): void {
  for (let i = 0; i < limbs; i++) {
    const bit = i * limbBits
    const word = bit >> 4
    number[i]! += ((block[word]! | (block[word + 1]! << 16)) >>> (bit & 15)) & (limbSize - 1)
  }
}

/** Twice: the second time what the first has brought back to the lowest limb. */
function carry(number: Float64Array): void {
  for (let pass = 0; pass < 2; pass++) {
    for (let i = 0; i < limbs; i++) {
      // A sum is less than 2^33, so what is carried is a small integer.
      const over = (number[i]! / limbSize) | 0
      number[i]! -= over * limbSize
      if (i < limbs - 1) number[i + 1]! += over
      else number[0]! += 5 * over
    }
  }
}

/** The sum modulo the prime, plus the key's second half, modulo 2^128. */
function finish(sum: Float64Array, pad: Uint8Array): Uint8Array {
  carry(sum)
  carry(sum)
  const reduced = Float64Array.from(sum)
  // Adding 5 goes beyond 2^130 exactly when the sum is not less than the prime.
  reduced[0]! += 5
  let over = 0
  for (let i = 0; i < limbs; i++) {
    const value = reduced[i]! + over
    over = Math.floor(value / limbSize)
    reduced[i] = value % limbSize
  }
  const tag = new Uint8Array(16)
  let carried = 0
  for (let i = 0; i < 16; i++) {
    // Chosen without a branch, so that time tells nothing.
    const value = byteAt(sum, i) * (1 - over) + byteAt(reduced, i) * over + pad[i]! + carried
    tag[i] = value & 0xff
    carried = value >> 8
  }
  return tag
}

function byteAt(number: Float64Array, index: number): number {
  const bit = 8 * index
  const limb = Math.floor(bit / limbBits)
  const both = number[limb]! + (limb + 1 < limbs ? number[limb + 1]! * limbSize : 0)
  return Math.floor(both / 2 ** (bit % limbBits)) & 0xff
}
