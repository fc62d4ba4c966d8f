/** Makes certificate authorities and has them issue certificates. Keys and chance come from the caller. */
import {
  formatCertificatePem,
  keyIdentifier,
  parseCertificatePem,
  renderCertificate,
  type CertificateFields,
} from './certificate.ts'
import type { AlternativeNames, ExtendedKeyUsage, KeyUsage } from './extensions.ts'
import { encodeName, type Subject } from './names.ts'

/** The part of world/crypto.ts and world/random.ts that issuing needs. */
export interface IssuingTools {
  readonly crypto: {
    sha256(data: Uint8Array): Uint8Array
    generateKey(): SigningKey
    importPrivateKey(pem: string): SigningKey
  }
  readonly random: { bytes(length: number): Uint8Array }
}

export interface SigningKey {
  readonly pem: string
  readonly publicKey: { readonly spki: Uint8Array }
  sign(data: Uint8Array): Uint8Array
}

/** A certificate with its private key, both PEM: what lies in a `.crt` and a `.key` file. */
export interface CertifiedKey {
  readonly certificate: string
  readonly key: string
}

export interface Validity {
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
}

/** A self-signed root. As kubeadm's: its name is also a DNS name of it. */
export function createAuthority(tools: IssuingTools, commonName: string, validity: Validity): CertifiedKey {
  const key = tools.crypto.generateKey()
  const { spki } = key.publicKey
  const identifier = keyIdentifier(spki, tools.crypto.sha256)
  const subject = { commonName, organizations: [] }
  const fields: CertificateFields = {
    ...validity,
    subject,
    publicKey: spki,
    serial: newSerial(tools),
    dnsNames: [commonName],
    ipAddresses: [],
    isAuthority: true,
    keyUsages: ['digital signature', 'key encipherment', 'cert sign'],
    extendedKeyUsages: [],
    subjectKeyIdentifier: identifier,
  }
  const issuer = { name: encodeName(subject), keyIdentifier: identifier, sign: (data: Uint8Array) => key.sign(data) }
  return { certificate: formatCertificatePem(renderCertificate(fields, issuer)), key: key.pem }
}

export interface LeafRequest extends AlternativeNames, Validity {
  readonly subject: Subject
  /** DER, SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  /** Default: digital signature and key encipherment. */
  readonly keyUsages?: readonly KeyUsage[]
  readonly extendedKeyUsages: readonly ExtendedKeyUsage[]
}

/** An issuer that is ready to sign: parsed once, used often. */
export interface LoadedAuthority {
  /** The DER of a certificate that lives no longer than the authority itself. */
  issue(request: LeafRequest): Uint8Array
  readonly notAfter: number
}

/** Throws when certificate and key do not belong together, or the certificate is none of an authority. */
export function loadAuthority(tools: IssuingTools, authority: CertifiedKey): LoadedAuthority {
  const certificate = parseCertificatePem(authority.certificate)
  const key = tools.crypto.importPrivateKey(authority.key)
  if (!certificate.isAuthority) {
    throw new Error(`the certificate of ${certificate.subject.commonName} is not one of an authority`)
  }
  if (!sameBytes(certificate.publicKey, key.publicKey.spki)) {
    throw new Error(`the key does not belong to the certificate of ${certificate.subject.commonName}`)
  }
  const issuer = {
    name: certificate.subjectDer,
    keyIdentifier: certificate.subjectKeyIdentifier,
    sign: (data: Uint8Array) => key.sign(data),
  }
  return {
    notAfter: certificate.notAfter,
    issue: (request) =>
      renderCertificate(
        {
          subject: request.subject,
          publicKey: request.publicKey,
          dnsNames: request.dnsNames,
          ipAddresses: request.ipAddresses,
          notBefore: request.notBefore,
          notAfter: Math.min(request.notAfter, certificate.notAfter),
          keyUsages: request.keyUsages ?? ['digital signature', 'key encipherment'],
          extendedKeyUsages: request.extendedKeyUsages,
          serial: newSerial(tools),
          isAuthority: false,
          subjectKeyIdentifier: undefined,
        },
        issuer,
      ),
  }
}

/** A new key and its certificate. */
export function issueKey(
  tools: IssuingTools, authority: LoadedAuthority, request: Omit<LeafRequest, 'publicKey'>,
): CertifiedKey {
  const key = tools.crypto.generateKey()
  return {
    certificate: formatCertificatePem(authority.issue({ ...request, publicKey: key.publicKey.spki })),
    key: key.pem,
  }
}

/** 126 random bits: positive, and 16 bytes long whatever they are. */
function newSerial(tools: IssuingTools): Uint8Array {
  const bytes = Uint8Array.from(tools.random.bytes(16))
  bytes[0] = (bytes[0]! & 0x3f) | 0x40
  return bytes
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
