/**
 * world/ciphers.ts for the simulator: AES is a toy, a stream of hashes with a keyed hash for a tag. It is as long as
 * the real thing and notices every change, but protects nothing. secretbox is the real one.
 */
import { concatBytes, equalBytesConstantTime } from '#base/bytes.ts'
import { openSecretbox, sealSecretbox } from '#base/secretbox.ts'
import { hmacSha256 } from '#base/sha256.ts'
import type { Ciphers } from '#world/ciphers.ts'

const tagLength = 16

export const simulatedCiphers: Ciphers = {
  sealAesGcm(key, nonce, plaintext, authenticated) {
    const encrypted = masked(key, nonce, plaintext)
    return concatBytes([encrypted, tagOf(key, nonce, encrypted, authenticated)])
  },
  openAesGcm(key, nonce, sealed, authenticated) {
    if (sealed.length < tagLength) return undefined
    const encrypted = sealed.subarray(0, sealed.length - tagLength)
    const tag = tagOf(key, nonce, encrypted, authenticated)
    if (!equalBytesConstantTime(tag, sealed.subarray(encrypted.length))) return undefined
    return masked(key, nonce, encrypted)
  },
  encryptAesCbc: masked,
  decryptAesCbc: masked,
  sealSecretbox, openSecretbox,
}

/** Masking twice gives the bytes back. */
function masked(key: Uint8Array, nonce: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (![16, 24, 32].includes(key.length)) throw new RangeError(`not the length of an AES key: ${key.length}`)
  const result = Uint8Array.from(bytes)
  for (let at = 0, block = nonce; at < result.length; at++) {
    if (at % 32 === 0) block = hmacSha256(key, block)
    result[at]! ^= block[at % 32]!
  }
  return result
}

function tagOf(key: Uint8Array, nonce: Uint8Array, encrypted: Uint8Array, authenticated: Uint8Array): Uint8Array {
  return hmacSha256(key, concatBytes([nonce, authenticated, Uint8Array.of(0), encrypted])).subarray(0, tagLength)
}
