/** world/web-keys.ts over node:crypto (OpenSSL). */
import { constants, createPublicKey, verify, type JsonWebKeyInput, type KeyObject } from 'node:crypto'
import type { SigningAlgorithm, WebKeys } from '#world/web-keys.ts'

const curves: Readonly<Record<string, SigningAlgorithm>> = {
  prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512',
}

export const nodeWebKeys: WebKeys = {
  import(jwk) {
    const key = importKey(jwk)
    if (!key) return undefined
    return {
      verify(algorithm, data, signature) {
        const hash = `sha${algorithm.slice(2)}`
        try {
          switch (algorithm.slice(0, 2)) {
            case 'RS':
              return key.asymmetricKeyType === 'rsa' && verify(hash, data, key, signature)
            case 'PS':
              return key.asymmetricKeyType === 'rsa' && verify(hash, data, {
                key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
              }, signature)
            default:
              return curves[key.asymmetricKeyDetails?.namedCurve ?? ''] === algorithm
                && verify(hash, data, { key, dsaEncoding: 'ieee-p1363' }, signature)
          }
        } catch {
          // OpenSSL throws for some signatures that cannot be one, in place of refusing them.
          return false
        }
      },
    }
  },
}

function importKey(jwk: Readonly<Record<string, unknown>>): KeyObject | undefined {
  if (jwk['kty'] !== 'RSA' && jwk['kty'] !== 'EC') return undefined
  try {
    return createPublicKey({ key: jwk as JsonWebKeyInput['key'], format: 'jwk' })
  } catch {
    return undefined
  }
}
