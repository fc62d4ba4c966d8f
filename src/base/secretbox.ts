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
  const stream = new Uint8Array(Math.ceil(length / blockLength) * blockLength)
  const view = new DataView(stream.buffer)
  for (let block = 0; block * blockLength < length; block++) {
    const input = matrix(subkey, [tail[0]!, tail[1]!, block >>> 0, Math.floor(block / 2 ** 32)])
    const mixed = salsaRounds(input)
    for (let i = 0; i < 16; i++) view.setInt32(block * blockLength + 4 * i, mixed[i]! + input[i]!, true)
  }
  return stream
}

/** The words that the rounds left in the places of the constants and the nonce. */
function hsalsa20(key: Int32Array, nonce: Int32Array): Int32Array {
  const mixed = salsaRounds(matrix(key, nonce))
  return Int32Array.from([0, 5, 10, 15, 6, 7, 8, 9], (place) => mixed[place]!)
}

function matrix(key: Int32Array, input: ArrayLike<number>): Int32Array {
  return Int32Array.of(
    sigma[0], key[0]!, key[1]!, key[2]!, key[3]!, sigma[1], input[0]!, input[1]!,
    input[2]!, input[3]!, sigma[2], key[4]!, key[5]!, key[6]!, key[7]!, sigma[3],
  )
}

/** Ten double rounds over a copy: columns, then rows. */
function salsaRounds(input: Int32Array): Int32Array {
  const x = Int32Array.from(input)
  for (let round = 0; round < 10; round++) {
    quarter(x, 0, 4, 8, 12)
    quarter(x, 5, 9, 13, 1)
    quarter(x, 10, 14, 2, 6)
    quarter(x, 15, 3, 7, 11)
    quarter(x, 0, 1, 2, 3)
    quarter(x, 5, 6, 7, 4)
    quarter(x, 10, 11, 8, 9)
    quarter(x, 15, 12, 13, 14)
  }
  return x
}

function quarter(x: Int32Array, a: number, b: number, c: number, d: number): void {
  x[b]! ^= rotate(x[a]! + x[d]!, 7)
  x[c]! ^= rotate(x[b]! + x[a]!, 9)
  x[d]! ^= rotate(x[c]! + x[b]!, 13)
  x[a]! ^= rotate(x[d]! + x[c]!, 18)
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

function words(bytes: Uint8Array): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Int32Array.from({ length: bytes.length / 4 }, (_, index) => view.getInt32(4 * index, true))
}

/** Ten limbs of 13 bits hold 130 bits, and a sum of ten products of two limbs stays exact. */
const limbs = 10
const limbBits = 13
const limbMask = 2 ** limbBits - 1

/** The authenticator of RFC 8439: a polynomial modulo 2^130 - 5, at a point that the key gives. */
function poly1305(key: Uint8Array, message: Uint8Array): Uint8Array {
  const clamped = Uint8Array.from(key.subarray(0, 16))
  for (const index of [3, 7, 11, 15]) clamped[index]! &= 15
  for (const index of [4, 8, 12]) clamped[index]! &= 252
  const point = toLimbs(clamped, 0)
  const sum = new Float64Array(limbs)
  const product = new Float64Array(limbs)
  for (let at = 0; at < message.length; at += 16) {
    const block = toLimbs(message.subarray(at, at + 16), 1)
    for (let i = 0; i < limbs; i++) sum[i]! += block[i]!
    for (let i = 0; i < limbs; i++) {
      let total = 0
      // What goes beyond 2^130 comes back five times: 2^130 is 5 modulo the prime.
      for (let j = 0; j < limbs; j++) total += sum[j]! * (j <= i ? point[i - j]! : 5 * point[limbs + i - j]!)
      product[i] = total
    }
    carry(product)
    sum.set(product)
  }
  return finish(sum, key.subarray(16))
}

/** A number in limbs from little-endian bytes, with `top` in the byte behind them. */
function toLimbs(bytes: Uint8Array, top: number): Float64Array {
  const result = new Float64Array(limbs)
  for (let bit = 0; bit < 8 * bytes.length; bit += 8) addByte(result, bit, bytes[bit / 8]!)
  if (top > 0) addByte(result, 8 * bytes.length, top)
  return result
}

function addByte(target: Float64Array, bit: number, byte: number): void {
  const limb = Math.floor(bit / limbBits)
  const shifted = byte * 2 ** (bit % limbBits)
  target[limb]! += shifted & limbMask
  if (shifted > limbMask) target[limb + 1]! += Math.floor(shifted / 2 ** limbBits)
}

function carry(number: Float64Array): void {
  for (let pass = 0; pass < 2; pass++) {
    for (let i = 0; i < limbs; i++) {
      const over = Math.floor(number[i]! / 2 ** limbBits)
      number[i]! -= over * 2 ** limbBits
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
    over = Math.floor(value / 2 ** limbBits)
    reduced[i] = value % 2 ** limbBits
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
  const both = number[limb]! + (limb + 1 < limbs ? number[limb + 1]! * 2 ** limbBits : 0)
  return Math.floor(both / 2 ** (bit % limbBits)) & 0xff
}
