/** Cryptography, all of it synchronous: hashes, and ECDSA P-256 for certificates and tokens. */
import type { SignatureScheme } from '#base/x509/signature-schemes.ts'

export interface Crypto {
  sha256(data: Uint8Array): Uint8Array
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array
  /** A new ECDSA P-256 pair. */
  generateKey(): PrivateKey
  /** PEM, PKCS #8 or SEC 1. Throws for anything that is not a P-256 key. */
  importPrivateKey(pem: string): PrivateKey
  /** DER, SubjectPublicKeyInfo; RSA and Ed25519 as well, for what others send us. Throws for what it does not know. */
  importPublicKey(spki: Uint8Array): PublicKey
  /**
   * Whether the holder of the key (DER, SubjectPublicKeyInfo) has signed the data so. ECDSA's signatures are in DER.
   * False for anything malformed, and for a scheme that does not go with the key.
   */
  verifySignature(scheme: SignatureScheme, spki: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean
}

export interface PrivateKey {
  /** PKCS #8. */
  readonly pem: string
  readonly publicKey: PublicKey
  /** ECDSA with SHA-256: r and s, 32 bytes each (the form of ES256 in RFC 7518). */
  sign(data: Uint8Array): Uint8Array
}

export interface PublicKey {
  readonly type: 'p256' | 'rsa' | 'other'
  /** RSA: the modulus' length. */
  readonly bits: number
  /** DER, SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  /**
   * With SHA-256. For p256 the signature is r and s as `sign` gives it; for RSA PKCS #1 v1.5. False for anything
   * malformed.
   */
  verify(data: Uint8Array, signature: Uint8Array): boolean
}
