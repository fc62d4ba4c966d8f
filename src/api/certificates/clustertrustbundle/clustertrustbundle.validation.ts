/** Validation of ClusterTrustBundles. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue } from '#machinery/errors/field-errors.ts'
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
    errors.push(...validateSignerName(signer, 'spec.signerName'))
    const prefix = `${signer.replaceAll('/', ':')}:`
    if (!name.startsWith(prefix)) {
      errors.push(
        invalidValue(
          'metadata.name', name, `ClusterTrustBundle for signerName ${signer} must be named with prefix ${prefix}`,
        ),
      )
    } else errors.push(...invalidFor('metadata.name', name, validateDns1123Subdomain(name.slice(prefix.length))))
  }
  const bundle = spec?.trustBundle ?? ''
  if (!/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.test(bundle)) {
    errors.push(invalidValue('spec.trustBundle', '<value omitted>', 'at least one trust anchor must be provided'))
  }
  return errors
}

export function validateClusterTrustBundleUpdate(
  object: ClusterTrustBundle, old: Stored<ClusterTrustBundle>,
): FieldError[] {
  return validateImmutable(object.spec?.signerName, old.spec?.signerName, 'spec.signerName')
}
