/** PKCS #10 certificate signing requests, as others send them. */
import { children, decode, decodeOid, DerError, tag } from '../der.ts'
import { parsePem } from '../pem.ts'
import { plainSignature } from './certificate.ts'
import { decodeExtensions, type DecodedExtensions } from './extensions.ts'
import { decodeName, oids, type Subject } from './names.ts'
import { decodeSignatureScheme, type SignatureScheme } from './signature-schemes.ts'

export interface CertificateRequest extends DecodedExtensions {
  readonly subject: Subject
  /** DER, SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  /** What the requester signed, and with what, so that possession of the key can be checked. */
  readonly signed: Uint8Array
  readonly algorithm: 'ecdsa-sha256' | 'rsa-sha256' | 'other'
  /** For ecdsa-sha256: r and s, 32 bytes each. */
  readonly signature: Uint8Array
  /** undefined: one that is not known. */
  readonly scheme: SignatureScheme | undefined
  /** As it stands in the request: of ECDSA in DER. */
  readonly rawSignature: Uint8Array
}

/** Undefined when the PEM has no `CERTIFICATE REQUEST` block; throws DerError when that block is malformed. */
export function parseCertificateRequestPem(pem: string): CertificateRequest | undefined {
  const block = parsePem(pem)[0]
  return block?.label === 'CERTIFICATE REQUEST' ? parseCertificateRequest(block.bytes) : undefined
}

/** `der`: the request itself. Throws DerError for anything else. */
export function parseCertificateRequest(der: Uint8Array): CertificateRequest {
  const [body, algorithmField, signatureField] = children(decode(der))
  if (!body || !algorithmField || signatureField?.tag !== tag.bitString) {
    throw new DerError('incomplete certificate request')
  }
  const [, subject, publicKey, attributes] = children(body)
  if (!subject || !publicKey) throw new DerError('incomplete certificate request')
  const algorithm = algorithmOf(decodeOid(children(algorithmField)[0]!))
  const bits = signatureField.contents.subarray(1)
  const requested = (attributes?.tag === 0xa0 ? children(attributes) : [])
    .map((attribute) => children(attribute))
    .find(([type]) => type && decodeOid(type) === oids.extensionRequest)
  return {
    ...decodeExtensions(requested?.[1] && children(requested[1])[0]),
    subject: decodeName(subject), publicKey: publicKey.whole, signed: body.whole, algorithm,
    signature: algorithm === 'ecdsa-sha256' ? plainSignature(bits) ?? bits : bits,
    scheme: decodeSignatureScheme(algorithmField), rawSignature: bits,
  }
}

function algorithmOf(name: string): CertificateRequest['algorithm'] {
  return name === oids.ecdsaWithSha256 ? 'ecdsa-sha256' : name === oids.sha256WithRsa ? 'rsa-sha256' : 'other'
}
