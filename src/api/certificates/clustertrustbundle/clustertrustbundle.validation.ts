/** Validation of ClusterTrustBundles. */
import { base64Encode, utf8Length } from '#base/bytes.ts'
import { DerError } from '#base/der.ts'
import { parsePem, type PemBlock } from '#base/pem.ts'
import { parseCertificate } from '#base/x509/certificate.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, tooLong } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import type { ClusterTrustBundle } from '../../gen/certificates-v1beta1.ts'
import { validateSignerName } from '../certificatesigningrequest/signer-name.validation.ts'

/** A bundle of a signer is named for it: `example.com:signer:name`. */
export function validateClusterTrustBundle({ metadata, spec }: ClusterTrustBundle): FieldError[] {
  const name = metadata?.name ?? ''
  const signer = spec?.signerName ?? ''
  const errors: FieldError[] = []
  if (signer === '') {
    const problem = 'ClusterTrustBundle without signer name must not have ":" in its name'
    errors.push(...(name.includes(':') ? [invalidValue('metadata.name', name, problem)]
      : invalidFor('metadata.name', name, validateDns1123Subdomain(name))))
  } else {
    const prefix = `${signer.replaceAll('/', ':')}:`
    if (!name.startsWith(prefix)) {
      errors.push(
        invalidValue(
          'metadata.name', name, `ClusterTrustBundle for signerName ${signer} must be named with prefix ${prefix}`,
        ),
      )
    } else errors.push(...invalidFor('metadata.name', name, validateDns1123Subdomain(name.slice(prefix.length))))
    errors.push(...validateSignerName(signer, 'spec.signerName'))
  }
  return errors
}

export function validateClusterTrustBundleUpdate(
  object: ClusterTrustBundle, old: Stored<ClusterTrustBundle>,
): FieldError[] {
  const { signerName, trustBundle = '' } = object.spec ?? {}
  return [
    ...(trustBundle === old.spec?.trustBundle ? [] : validateTrustBundle(trustBundle)),
    ...validateImmutable(signerName, old.spec?.signerName, 'spec.signerName'),
  ]
}

const maxBundleBytes = 1024 * 1024

/** One or more certificates of authorities, none twice. Looked at when the bundle is new or another. */
export function validateTrustBundle(bundle: string): FieldError[] {
  const path = 'spec.trustBundle'
  if (utf8Length(bundle) > maxBundleBytes) return [tooLong(path, maxBundleBytes)]
  const entries = parsePem(bundle)
  const problems = entries.flatMap((entry, index) => {
    const problem = problemOfEntry(entry)
    return problem === undefined ? [] : [`entry ${index} ${problem}`]
  })
  if (problems.length === 0 && entries.length === 0) problems.push('at least one trust anchor must be provided')
  if (problems.length === 0) problems.push(...findRepeated(entries))
  return problems.map((problem) => invalidValue(path, '<value omitted>', problem))
}

function problemOfEntry({ label, bytes, hasHeaders }: PemBlock): string | undefined {
  if (label !== 'CERTIFICATE') return `has bad block type: ${label}`
  if (hasHeaders) return 'has PEM block headers'
  try {
    return parseCertificate(bytes).isAuthority ? undefined : 'does not have the CA bit set'
  } catch (error) {
    if (error instanceof DerError) return 'does not parse as X.509'
    throw error
  }
}

function findRepeated(entries: readonly PemBlock[]): string[] {
  const indices = new Map<string, number[]>()
  for (const [index, { bytes }] of entries.entries()) {
    const key = base64Encode(bytes)
    indices.set(key, [...(indices.get(key) ?? []), index])
  }
  return [...indices.values()]
    .filter(({ length }) => length > 1).map((same) => `duplicate trust anchor (indices [${same.join(' ')}])`)
}
