/** With what something was signed, as X.509 names it. */
import { children, decodeOid, type DerValue } from '../der.ts'

export type SignatureScheme =
  | 'rsa-sha1' | 'rsa-sha256' | 'rsa-sha384' | 'rsa-sha512'
  | 'pss-sha256' | 'pss-sha384' | 'pss-sha512'
  | 'ecdsa-sha1' | 'ecdsa-sha256' | 'ecdsa-sha384' | 'ecdsa-sha512'
  | 'ed25519'

const schemes: Readonly<Record<string, SignatureScheme>> = {
  '1.2.840.113549.1.1.5': 'rsa-sha1', '1.2.840.113549.1.1.11': 'rsa-sha256',
  '1.2.840.113549.1.1.12': 'rsa-sha384', '1.2.840.113549.1.1.13': 'rsa-sha512',
  '1.2.840.10045.4.1': 'ecdsa-sha1', '1.2.840.10045.4.3.2': 'ecdsa-sha256',
  '1.2.840.10045.4.3.3': 'ecdsa-sha384', '1.2.840.10045.4.3.4': 'ecdsa-sha512',
  '1.3.101.112': 'ed25519',
}
const pss = '1.2.840.113549.1.1.10'
const pssHashes: Readonly<Record<string, SignatureScheme>> = {
  '2.16.840.1.101.3.4.2.1': 'pss-sha256', '2.16.840.1.101.3.4.2.2': 'pss-sha384',
  '2.16.840.1.101.3.4.2.3': 'pss-sha512',
}

/** Of an AlgorithmIdentifier; undefined for one that nobody should use, or that is not known. Throws DerError. */
export function decodeSignatureScheme(algorithm: DerValue): SignatureScheme | undefined {
  const [name, parameters] = children(algorithm)
  const id = name && decodeOid(name)
  if (id !== pss) return id === undefined ? undefined : schemes[id]
  const hash = parameters && children(parameters).find(({ tag }) => tag === 0xa0)
  const hashName = hash && children(children(hash)[0]!)[0]
  return hashName && pssHashes[decodeOid(hashName)]
}
