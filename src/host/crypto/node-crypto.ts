/** world/crypto.ts over node:crypto (OpenSSL). */
import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign as signWith,
  verify as verifyWith,
  type KeyObject,
} from 'node:crypto'
import type { SignatureScheme } from '#base/x509/signature-schemes.ts'
import type { Crypto, PrivateKey, PublicKey } from '#world/crypto.ts'

export const nodeCrypto: Crypto = {
  sha256: (data) => createHash('sha256').update(data).digest(),
  hmacSha256: (key, data) => createHmac('sha256', key).update(data).digest(),
  generateKey() {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return privateKey(pair.privateKey, pair.publicKey)
  },
  importPrivateKey(pem) {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('expected an ECDSA P-256 private key')
    return privateKey(key, createPublicKey(key))
  },
  importPublicKey: (spki) => publicKey(importKey(spki)),
  verifySignature,
}

function importKey(spki: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
}

const keyTypes = { rsa: 'rsa', pss: 'rsa', ecdsa: 'ec', ed25519: 'ed25519' } as const

function verifySignature(
  scheme: SignatureScheme, spki: Uint8Array, data: Uint8Array, signature: Uint8Array,
): boolean {
  const [family, hash] = scheme.split('-') as [keyof typeof keyTypes, string | undefined]
  try {
    const key = importKey(spki)
    if (key.asymmetricKeyType !== keyTypes[family]) return false
    if (family === 'ed25519') return verifyWith(null, data, key, signature)
    const padding = family === 'pss'
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO } : {}
    return verifyWith(hash, data, { key, ...padding }, signature)
  } catch {
    // OpenSSL throws for keys and signatures that are none.
    return false
  }
}

function privateKey(key: KeyObject, publicHalf: KeyObject): PrivateKey {
  return {
    pem: key.export({ format: 'pem', type: 'pkcs8' }) as string,
    publicKey: publicKey(publicHalf),
    sign: (data) => signWith('sha256', data, { key, dsaEncoding: 'ieee-p1363' }),
  }
}

function publicKey(key: KeyObject): PublicKey {
  const type =
    key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'p256' : key.asymmetricKeyType === 'rsa' ? 'rsa' : 'other'
  return {
    type,
    bits: key.asymmetricKeyDetails?.modulusLength ?? 256,
    spki: key.export({ format: 'der', type: 'spki' }),
    verify(data, signature) {
      if (type === 'p256') {
        return signature.length === 64 && verifyWith('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature)
      }
      return type === 'rsa' && verifyWith('sha256', data, key, signature)
    },
  }
}
