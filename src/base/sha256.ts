/**
 * SHA-256 and HMAC (FIPS 180-4, RFC 2104) in plain code: for where there is no platform. On a machine, world/crypto.ts
 * is faster.
 */
import { concatBytes } from './bytes.ts'

/** The fractional parts of the cube roots of the first 64 primes. */
const constants = primes(64).map((prime) => fraction(Math.cbrt(prime)))
const initial = primes(8).map((prime) => fraction(Math.sqrt(prime)))

const blockBytes = 64

export function sha256(data: Uint8Array): Uint8Array {
  const digest = new Sha256()
  digest.update(data)
  return digest.finish()
}

/** The digest of what comes in pieces. */
export class Sha256 {
  readonly #state = Int32Array.from(initial)
  readonly #words = new Int32Array(64)
  /** The beginning of a block that is not whole yet. */
  readonly #rest = new Uint8Array(blockBytes)
  #length = 0

  update(data: Uint8Array): void {
    let at = 0
    const held = this.#length % blockBytes
    this.#length += data.length
    if (held > 0) {
      at = Math.min(blockBytes - held, data.length)
      this.#rest.set(data.subarray(0, at), held)
      if (held + at < blockBytes) return
      this.#compress(this.#rest, 0, 1)
    }
    const blocks = Math.floor((data.length - at) / blockBytes)
    this.#compress(data, at, blocks)
    this.#rest.set(data.subarray(at + blocks * blockBytes))
  }

  finish(): Uint8Array {
    const padded = pad(this.#rest.subarray(0, this.#length % blockBytes), this.#length)
    this.#compress(padded, 0, padded.length / blockBytes)
    const digest = new Uint8Array(32)
    const out = new DataView(digest.buffer)
    for (const [index, word] of this.#state.entries()) out.setInt32(4 * index, word)
    return digest
  }

  #compress(data: Uint8Array, from: number, blocks: number): void {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    for (let at = from, end = from + blocks * blockBytes; at < end; at += blockBytes) {
      for (let i = 0; i < 16; i++) this.#words[i] = view.getInt32(at + 4 * i)
      compress(this.#state, this.#words)
    }
  }
}

export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  const block = new Uint8Array(64)
  block.set(key.length > 64 ? sha256(key) : key)
  const inner = sha256(concatBytes([block.map((byte) => byte ^ 0x36), data]))
  return sha256(concatBytes([block.map((byte) => byte ^ 0x5c), inner]))
}

/** The last bytes, a one bit, zeros, and the length of all in bits, to whole blocks. */
function pad(last: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((last.length + 9) / blockBytes) * blockBytes)
  padded.set(last)
  padded[last.length] = 0x80
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(length) * 8n)
  return padded
}

function compress(state: Int32Array, words: Int32Array): void {
  for (let i = 16; i < 64; i++) {
    const early = words[i - 15]!
    const late = words[i - 2]!
    const s0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)
    const s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10)
    words[i] = words[i - 16]! + s0 + words[i - 7]! + s1
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const choice = (e & f) ^ (~e & g)
    const first = (h + s1 + choice + constants[i]! + words[i]!) | 0
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    const second = (s0 + majority) | 0
    h = g; g = f; f = e; e = (d + first) | 0; d = c; c = b; b = a; a = (first + second) | 0
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) state[index] = state[index]! + word
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits))
}

function primes(count: number): number[] {
  const found: number[] = []
  for (let candidate = 2; found.length < count; candidate++) {
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate)
  }
  return found
}

function fraction(value: number): number {
  return ((value - Math.floor(value)) * 2 ** 32) | 0
}
