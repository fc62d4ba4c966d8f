/** Symmetric encryption, all of it synchronous: what the API server keeps Secrets with. */

/** Keys have 16, 24 or 32 bytes for AES and 32 for secretbox; any other length throws. */
export interface Ciphers {
  /** AES-GCM with a nonce of 12 bytes; gives the encrypted bytes and 16 bytes of tag behind them. */
  sealAesGcm(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, authenticated: Uint8Array): Uint8Array
  /** Undefined when anything of it is not what was sealed. */
  openAesGcm(
    key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, authenticated: Uint8Array,
  ): Uint8Array | undefined
  /** AES-CBC with an initialization vector of 16 bytes, over whole blocks of 16 bytes: padding is the caller's. */
  encryptAesCbc(key: Uint8Array, vector: Uint8Array, blocks: Uint8Array): Uint8Array
  decryptAesCbc(key: Uint8Array, vector: Uint8Array, blocks: Uint8Array): Uint8Array
  /** NaCl's secretbox (XSalsa20 and Poly1305) with a nonce of 24 bytes; 16 bytes longer than the plaintext. */
  sealSecretbox(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array
  /** Undefined when anything of it is not what was sealed. */
  openSecretbox(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined
}
