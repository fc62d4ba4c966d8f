/** Providers that need nobody: identity, AES-GCM, AES-CBC and secretbox, with keys from the configuration. */
import { concatBytes, latin1Encode } from '#base/bytes.ts'
import type { Ciphers } from '#world/ciphers.ts'
import type { Random } from '#world/random.ts'
import { beginsWith, neverStale, TransformError, type Transformer } from './transformer.ts'

export interface Means {
  readonly ciphers: Ciphers
  readonly random: Random
}

const tooShort = 'the stored data was shorter than the required size'
const encryptedPrefix = latin1Encode('k8s:enc:')

/** Values as they are; encrypted ones are not for it. */
export const identity: Transformer = {
  encrypt: (plaintext) => plaintext,
  decrypt(stored) {
    if (beginsWith(stored, encryptedPrefix)) throw new TransformError('identity transformer tried to read encrypted data')
    return { plaintext: stored, isStale: neverStale }
  },
}

const gcmNonceLength = 12

/** A random nonce, the encrypted bytes and the tag; readable in its own place only. */
export function aesGcm(key: Uint8Array, { ciphers, random }: Means): Transformer {
  return {
    encrypt(plaintext, { authenticated }) {
      const nonce = random.bytes(gcmNonceLength)
      return concatBytes([nonce, ciphers.sealAesGcm(key, nonce, plaintext, authenticated)])
    },
    decrypt: (stored, { authenticated }) => openGcm(ciphers, key, stored, authenticated),
  }
}

export function openGcm(
  ciphers: Ciphers, key: Uint8Array, stored: Uint8Array, authenticated: Uint8Array,
): ReturnType<Transformer['decrypt']> {
  if (stored.length < gcmNonceLength) throw new TransformError(tooShort)
  const nonce = stored.subarray(0, gcmNonceLength)
  const plaintext = ciphers.openAesGcm(key, nonce, stored.subarray(gcmNonceLength), authenticated)
  if (!plaintext) throw new TransformError('cipher: message authentication failed')
  return { plaintext, isStale: neverStale }
}

const blockLength = 16

/** A random vector and the bytes, padded as PKCS #7. Upstream's oldest; nothing tells a changed value. */
export function aesCbc(key: Uint8Array, { ciphers, random }: Means): Transformer {
  return {
    encrypt(plaintext) {
      const vector = random.bytes(blockLength)
      const padding = blockLength - (plaintext.length % blockLength)
      const padded = new Uint8Array(plaintext.length + padding).fill(padding)
      padded.set(plaintext)
      return concatBytes([vector, ciphers.encryptAesCbc(key, vector, padded)])
    },
    decrypt(stored) {
      if (stored.length < blockLength) throw new TransformError(tooShort)
      const blocks = stored.subarray(blockLength)
      if (blocks.length % blockLength !== 0) {
        throw new TransformError('the stored data is not a multiple of the block size')
      }
      const padded = ciphers.decryptAesCbc(key, stored.subarray(0, blockLength), blocks)
      return { plaintext: withoutPadding(padded), isStale: neverStale }
    },
  }
}

function withoutPadding(padded: Uint8Array): Uint8Array {
  const padding = padded.at(-1) ?? 0
  if (padding === 0 || padding > padded.length) {
    throw new TransformError('invalid PKCS7 data (empty or not padded)')
  }
  const end = padded.length - padding
  if (padded.subarray(end).some((byte) => byte !== padding)) throw new TransformError('invalid padding on input')
  return padded.subarray(0, end)
}

const secretboxNonceLength = 24
const secretboxOverhead = 16

/** A random nonce and what NaCl's secretbox makes; the place is not part of it, as upstream. */
export function secretbox(key: Uint8Array, { ciphers, random }: Means): Transformer {
  return {
    encrypt(plaintext) {
      const nonce = random.bytes(secretboxNonceLength)
      return concatBytes([nonce, ciphers.sealSecretbox(key, nonce, plaintext)])
    },
    decrypt(stored) {
      if (stored.length < secretboxNonceLength + secretboxOverhead) throw new TransformError(tooShort)
      const nonce = stored.subarray(0, secretboxNonceLength)
      const plaintext = ciphers.openSecretbox(key, nonce, stored.subarray(secretboxNonceLength))
      if (!plaintext) throw new TransformError('output array was not large enough for encryption')
      return { plaintext, isStale: neverStale }
    },
  }
}
