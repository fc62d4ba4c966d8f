/** Object identifiers and names of X.509, for the certificates that a cluster issues and reads. */
import { utf8Decode } from '../bytes.ts'
import { children, decodeOid, DerError, oid, sequence, setOf, tag, text, type DerValue } from '../der.ts'

export const oids = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectAlternativeName: '2.5.29.17',
  subjectKeyIdentifier: '2.5.29.14',
  authorityKeyIdentifier: '2.5.29.35',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  extensionRequest: '1.2.840.113549.1.9.14',
} as const

/**
 * Who a certificate is about. A Kubernetes user has its name in the common name and its groups in the organizations.
 */
export interface Subject {
  readonly commonName: string
  readonly organizations: readonly string[]
}

/** In Go's order: all organizations in one relative name, then the common name. */
export function encodeName({ commonName, organizations }: Subject): Uint8Array {
  const relativeNames: Uint8Array[] = []
  if (organizations.length > 0) {
    relativeNames.push(setOf(...organizations.map((name) => sequence(oid(oids.organization), text(name)))))
  }
  if (commonName !== '') relativeNames.push(setOf(sequence(oid(oids.commonName), text(commonName))))
  return sequence(...relativeNames)
}

/** Other attributes than common name and organization are left out. Go keeps the last of several common names. */
export function decodeName(value: DerValue): Subject {
  let commonName = ''
  const organizations: string[] = []
  for (const relativeName of children(value)) {
    for (const attribute of children(relativeName)) {
      const [type, content] = children(attribute)
      if (!type || !content) throw new DerError('malformed name')
      const name = decodeOid(type)
      if (name === oids.commonName) commonName = decodeText(content)
      if (name === oids.organization) organizations.push(decodeText(content))
    }
  }
  return { commonName, organizations }
}

function decodeText(value: DerValue): string {
  if (value.tag === tag.bmpString) {
    let decoded = ''
    for (let i = 0; i + 1 < value.contents.length; i += 2) {
      decoded += String.fromCharCode(value.contents[i]! * 256 + value.contents[i + 1]!)
    }
    return decoded
  }
  return utf8Decode(value.contents)
}
