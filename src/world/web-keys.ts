/** Public keys as the web writes them (JSON Web Keys), and the signatures of RFC 7518 that they verify. */

export type SigningAlgorithm =
  | 'RS256' | 'RS384' | 'RS512' | 'ES256' | 'ES384' | 'ES512' | 'PS256' | 'PS384' | 'PS512'

export interface WebKeys {
  /** Undefined for a key of another sort than RSA and NIST's curves, and for what is malformed. */
  import(key: Readonly<Record<string, unknown>>): WebKey | undefined
}

export interface WebKey {
  /** False for anything malformed, and for an algorithm that does not go with the key. */
  verify(algorithm: SigningAlgorithm, data: Uint8Array, signature: Uint8Array): boolean
}
