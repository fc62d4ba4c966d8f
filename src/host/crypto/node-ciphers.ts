/** world/ciphers.ts over node:crypto (OpenSSL); what OpenSSL lacks is plain code. */
import { createCipheriv, createDecipheriv, type CipherGCMTypes } from 'node:crypto'
import { concatBytes } from '#base/bytes.ts'
import { openSecretbox, sealSecretbox } from '#base/secretbox.ts'
import type { Ciphers } from '#world/ciphers.ts'

const tagLength = 16

export const nodeCiphers: Ciphers = {
  sealAesGcm(key, nonce, plaintext, authenticated) {
    const cipher = createCipheriv(gcmOf(key), key, nonce, { authTagLength: tagLength })
    cipher.setAAD(authenticated)
    const parts = [cipher.update(plaintext), cipher.final()]
    return concatBytes([...parts, cipher.getAuthTag()])
  },
  openAesGcm(key, nonce, sealed, authenticated) {
    if (sealed.length < tagLength) return undefined
    const end = sealed.length - tagLength
    const decipher = createDecipheriv(gcmOf(key), key, nonce, { authTagLength: tagLength })
    decipher.setAAD(authenticated)
    decipher.setAuthTag(sealed.subarray(end))
    const plaintext = decipher.update(sealed.subarray(0, end))
    try {
      return concatBytes([plaintext, decipher.final()])
    } catch {
      // The only thing that `final` can say is that the tag does not fit.
      return undefined
    }
  },
  encryptAesCbc(key, vector, blocks) {
    const cipher = createCipheriv(`aes-${8 * key.length}-cbc`, key, vector).setAutoPadding(false)
    return concatBytes([cipher.update(blocks), cipher.final()])
  },
  decryptAesCbc(key, vector, blocks) {
    const decipher = createDecipheriv(`aes-${8 * key.length}-cbc`, key, vector).setAutoPadding(false)
    return concatBytes([decipher.update(blocks), decipher.final()])
  },
  sealSecretbox, openSecretbox,
}

function gcmOf(key: Uint8Array): CipherGCMTypes {
  return `aes-${8 * key.length}-gcm` as CipherGCMTypes
}
