/** The key of a PodCertificateRequest, and what proves that the kubelet has its private half. */
import { base64Decode, utf8Encode } from '#base/bytes.ts'
import { DerError } from '#base/der.ts'
import { parseCertificateRequest } from '#base/x509/certificate-request.ts'
import { describePublicKey, type KeyDescription } from '#base/x509/public-key.ts'
import type { SignatureScheme } from '#base/x509/signature-schemes.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, invalidWithoutValue, tooLong } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { PodCertificateRequestSpec } from '../../gen/certificates-v1beta1.ts'

type Spec = DeepReadonly<PodCertificateRequestSpec>

const maxBytes = 10 * 1024
const [keyField, proofField, stubField] = ['pkixPublicKey', 'proofOfPossession', 'stubPKCS10Request'] as const

/** A signature that has yet to be verified. */
export interface Proof {
  readonly scheme: SignatureScheme
  /** DER, SubjectPublicKeyInfo. */
  readonly key: Uint8Array
  readonly data: Uint8Array
  readonly signature: Uint8Array
  /** Of the request without a valid one. */
  readonly fault: FieldError
}

/** A key in a request of its own, or in the older form, with a signature of the pod's UID. Ends at the first fault. */
export function validateKey(spec: Spec): FieldError[] {
  const long = [keyField, proofField, stubField].find((field) => bytesOf(spec, field).length > maxBytes)
  if (long !== undefined) return [tooLong(`spec.${long}`, maxBytes)]
  const hasStub = (spec[stubField] ?? '') !== ''
  const hasOld = [keyField, proofField].map((field) => (spec[field] ?? '') !== '')
  if (hasStub ? hasOld.includes(true) : !hasOld.includes(true)) {
    return [invalidWithoutValue('spec',
      'exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set')]
  }
  const field = hasStub ? stubField : keyField
  const key = keyOf(spec)
  const sort = key && describePublicKey(key)
  if (!sort) {
    const wanted = hasStub ? 'PKCS#10 CSR' : 'PKIX-serialized public key'
    return [invalidValue(`spec.${field}`, spec[field] ?? '', `must be a valid ${wanted}`)]
  }
  return validateSort(sort, spec[field] ?? '', `spec.${field}`)
}

function validateSort(sort: KeyDescription, encoded: string, path: string): FieldError[] {
  switch (sort.type) {
    case 'ed25519': return []
    case 'ecdsa': return sort.curve !== 'P-224' ? []
      : [invalidValue(path, `curve ${sort.curve}`, 'elliptic public keys must use curve P256 or P384')]
    case 'rsa': return sort.bits === 3072 || sort.bits === 4096 ? []
      : [invalidValue(path, `${sort.bits}-bit modulus`, 'RSA keys must have modulus size 3072 or 4096')]
    case 'other': return [invalidValue(path, encoded,
      'unknown public key type; supported types are Ed25519, ECDSA, and RSA')]
  }
}

const proofSchemes = { ed25519: 'ed25519', ecdsa: 'ecdsa-sha256', rsa: 'pss-sha256' } as const

/** Of a request whose key is good. A fault: there is nothing to verify, as with a signature of an unknown sort. */
export function findProof(spec: Spec): Proof | FieldError {
  const fault = spec[stubField]
    ? invalidWithoutValue(`spec.${stubField}`, 'could not verify proof-of-possession signature')
    : invalidWithoutValue(`spec.${proofField}`, 'could not verify proof-of-possession signature')
  const key = keyOf(spec)
  const sort = key && describePublicKey(key)
  if (!sort || sort.type === 'other') return fault
  if (!spec[stubField]) {
    const data = utf8Encode(spec.podUID)
    return { scheme: proofSchemes[sort.type], key: key!, data, signature: bytesOf(spec, proofField), fault }
  }
  const { scheme, signed, rawSignature } = parseCertificateRequest(bytesOf(spec, stubField))
  return scheme === undefined ? fault : { scheme, key: key!, data: signed, signature: rawSignature, fault }
}

/** DER, SubjectPublicKeyInfo; undefined where the request is malformed. */
export function keyOf(spec: Spec): Uint8Array | undefined {
  if (!spec[stubField]) return bytesOf(spec, keyField)
  try {
    return parseCertificateRequest(bytesOf(spec, stubField)).publicKey
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}

function bytesOf(spec: Spec, field: typeof keyField | typeof proofField | typeof stubField): Uint8Array {
  return base64Decode(spec[field] ?? '') ?? new Uint8Array()
}
