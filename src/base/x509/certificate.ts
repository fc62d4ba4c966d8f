/** X.509 certificates: written as a cluster needs them (ECDSA P-256 with SHA-256), read as far as a cluster asks. */
import {
  bitString,
  children,
  decode,
  decodeTime,
  DerError,
  integer,
  octetString,
  oid,
  sequence,
  tag,
  time,
} from '../der.ts'
import { formatPem, parsePem } from '../pem.ts'
import {
  decodeExtensions,
  encodeAlternativeNames,
  encodeAuthorityKeyIdentifier,
  encodeBasicConstraints,
  encodeExtendedKeyUsage,
  encodeExtensionList,
  encodeKeyUsage,
  extension,
  version3,
  type AlternativeNames,
  type DecodedExtensions,
  type ExtendedKeyUsage,
  type KeyUsage,
} from './extensions.ts'
import { decodeName, encodeName, oids, type Subject } from './names.ts'

export interface CertificateFields extends AlternativeNames {
  /** Positive, at most 20 bytes. */
  readonly serial: Uint8Array
  readonly subject: Subject
  /** DER, SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  /** Milliseconds since the epoch; written in whole seconds. */
  readonly notBefore: number
  readonly notAfter: number
  readonly isAuthority: boolean
  readonly keyUsages: readonly KeyUsage[]
  readonly extendedKeyUsages: readonly ExtendedKeyUsage[]
  /** Of `publicKey`; see `keyIdentifier`. */
  readonly subjectKeyIdentifier: Uint8Array | undefined
}

/** What signs. The certificate's issuer field must be the issuer's own subject, byte for byte. */
export interface Issuer {
  /** DER. */
  readonly name: Uint8Array
  readonly keyIdentifier: Uint8Array | undefined
  /** ECDSA with SHA-256, r and s, 32 bytes each. */
  sign(data: Uint8Array): Uint8Array
}

/** The DER of a signed certificate. */
export function renderCertificate(fields: CertificateFields, issuer: Issuer): Uint8Array {
  const algorithm = sequence(oid(oids.ecdsaWithSha256))
  const body = sequence(
    version3, integer(fields.serial), algorithm, issuer.name, sequence(time(fields.notBefore), time(fields.notAfter)),
    encodeName(fields.subject), fields.publicKey, encodeExtensionList(extensionsOf(fields, issuer)),
  )
  return sequence(body, algorithm, bitString(derSignature(issuer.sign(body))))
}

function extensionsOf(fields: CertificateFields, issuer: Issuer): Uint8Array[] {
  const list: Uint8Array[] = []
  if (fields.keyUsages.length > 0) list.push(extension(oids.keyUsage, true, encodeKeyUsage(fields.keyUsages)))
  if (fields.extendedKeyUsages.length > 0) {
    list.push(extension(oids.extendedKeyUsage, false, encodeExtendedKeyUsage(fields.extendedKeyUsages)))
  }
  list.push(extension(oids.basicConstraints, true, encodeBasicConstraints(fields.isAuthority)))
  if (fields.subjectKeyIdentifier) {
    list.push(extension(oids.subjectKeyIdentifier, false, octetString(fields.subjectKeyIdentifier)))
  }
  if (issuer.keyIdentifier) {
    list.push(extension(oids.authorityKeyIdentifier, false, encodeAuthorityKeyIdentifier(issuer.keyIdentifier)))
  }
  if (fields.dnsNames.length + fields.ipAddresses.length > 0) {
    const isOnlyName = fields.subject.commonName === '' && fields.subject.organizations.length === 0
    list.push(extension(oids.subjectAlternativeName, isOnlyName, encodeAlternativeNames(fields)))
  }
  return list
}

/** RFC 7093 §2, as Go does since 1.25: the first 20 bytes of the SHA-256 of the public key's bits. */
export function keyIdentifier(publicKey: Uint8Array, sha256: (data: Uint8Array) => Uint8Array): Uint8Array {
  const bits = children(decode(publicKey))[1]
  if (bits?.tag !== tag.bitString) throw new DerError('malformed public key')
  return sha256(bits.contents.subarray(1)).subarray(0, 20)
}

export interface Certificate extends DecodedExtensions {
  readonly subject: Subject
  readonly issuer: Subject
  /** DER, as an issuer's name must be repeated. */
  readonly subjectDer: Uint8Array
  readonly serial: Uint8Array
  readonly notBefore: number
  readonly notAfter: number
  /** DER, SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
}

/** Does not verify the signature. Throws DerError for what is not a certificate. */
export function parseCertificate(der: Uint8Array): Certificate {
  const body = children(decode(der))[0]
  if (!body) throw new DerError('empty certificate')
  const all = children(body)
  const fields = all[0]?.tag === 0xa0 ? all.slice(1) : all
  const [serial, , issuer, validity, subject, publicKey] = fields
  if (!serial || !issuer || !validity || !subject || !publicKey) throw new DerError('incomplete certificate')
  const [notBefore, notAfter] = children(validity)
  if (!notBefore || !notAfter) throw new DerError('malformed validity')
  const extensions = fields.slice(6).find((field) => field.tag === 0xa3)
  return {
    ...decodeExtensions(extensions && children(extensions)[0]),
    subject: decodeName(subject), issuer: decodeName(issuer), subjectDer: subject.whole, serial: serial.contents,
    notBefore: decodeTime(notBefore), notAfter: decodeTime(notAfter), publicKey: publicKey.whole,
  }
}

/** The first certificate of a PEM file. */
export function parseCertificatePem(pem: string): Certificate {
  const block = parsePem(pem).find((candidate) => candidate.label === 'CERTIFICATE')
  if (!block) throw new DerError('no certificate found')
  return parseCertificate(block.bytes)
}

export function formatCertificatePem(der: Uint8Array): string {
  return formatPem('CERTIFICATE', der)
}

/** r and s side by side → the SEQUENCE of two INTEGERs that X.509 wants. */
function derSignature(signature: Uint8Array): Uint8Array {
  return sequence(integer(signature.subarray(0, 32)), integer(signature.subarray(32)))
}

/** The inverse; undefined when a part is missing, negative or too long. */
export function plainSignature(der: Uint8Array): Uint8Array | undefined {
  const parts = children(decode(der))
  if (parts.length !== 2) return undefined
  const plain = new Uint8Array(64)
  for (const [index, part] of parts.entries()) {
    const digits = part.contents[0] === 0 ? part.contents.subarray(1) : part.contents
    if (part.tag !== tag.integer || digits.length > 32) return undefined
    plain.set(digits, 32 * (index + 1) - digits.length)
  }
  return plain
}
