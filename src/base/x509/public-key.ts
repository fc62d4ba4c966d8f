/** What sort of key a SubjectPublicKeyInfo is, as far as Go's crypto/x509 tells them apart. */
import { children, decode, decodeOid, DerError, tag } from '../der.ts'

export type KeyDescription =
  | { readonly type: 'ed25519' | 'other' }
  | { readonly type: 'ecdsa'; readonly curve: string }
  /** `bits`: of the modulus, in whole bytes. */
  | { readonly type: 'rsa'; readonly bits: number }

const curves: Readonly<Record<string, string>> = {
  '1.3.132.0.33': 'P-224', '1.2.840.10045.3.1.7': 'P-256', '1.3.132.0.34': 'P-384', '1.3.132.0.35': 'P-521',
}
const pointBytes: Readonly<Record<string, number>> = { 'P-224': 57, 'P-256': 65, 'P-384': 97, 'P-521': 133 }
/** DSA and X25519: known, and of no use here. */
const others = new Set(['1.2.840.10040.4.1', '1.3.101.110'])

/** `spki`: DER. undefined for what is no key, or one of a sort that is not known. */
export function describePublicKey(spki: Uint8Array): KeyDescription | undefined {
  try {
    return describe(spki)
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}

function describe(spki: Uint8Array): KeyDescription | undefined {
  const [algorithm, bits] = children(decode(spki))
  if (!algorithm || bits?.tag !== tag.bitString) return undefined
  const [name, parameters] = children(algorithm)
  const key = bits.contents.subarray(1)
  switch (name && decodeOid(name)) {
    case '1.3.101.112': return key.length === 32 ? { type: 'ed25519' } : undefined
    case '1.2.840.10045.2.1': {
      const curve = parameters && curves[decodeOid(parameters)]
      return curve !== undefined && key.length === pointBytes[curve] && key[0] === 4
        ? { type: 'ecdsa', curve } : undefined
    }
    case '1.2.840.113549.1.1.1': {
      const [modulus, exponent] = children(decode(key))
      if (modulus?.tag !== tag.integer || exponent?.tag !== tag.integer) return undefined
      const digits = modulus.contents[0] === 0 ? modulus.contents.subarray(1) : modulus.contents
      return { type: 'rsa', bits: digits.length * 8 }
    }
    default: return name && others.has(decodeOid(name)) ? { type: 'other' } : undefined
  }
}
