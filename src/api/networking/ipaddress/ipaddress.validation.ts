/** Validation of IPAddresses. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateDns1123Subdomain, validatePathSegment } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { validateCanonicalAddress } from '../../addresses.validation.ts'
import type { IPAddress } from '../../gen/networking-v1.ts'

export function validateIpAddress({ metadata, spec }: IPAddress): FieldError[] {
  const errors = validateCanonicalAddress(metadata?.name ?? '', 'metadata.name')
  const parent = spec?.parentRef
  if (!parent) return [...errors, required('spec.parentRef')]
  const { group, resource, namespace, name } = parent
  const segment = (field: string, value: string): FieldError[] =>
    invalidFor(`spec.parentRef.${field}`, value, validatePathSegment(value))
  return [
    ...errors,
    ...(group ? invalidFor('spec.parentRef.group', group, validateDns1123Subdomain(group)) : []),
    ...(resource ? segment('resource', resource) : [required('spec.parentRef.resource')]),
    ...(name ? segment('name', name) : [required('spec.parentRef.name')]),
    ...(namespace ? segment('namespace', namespace) : []),
  ]
}

export function validateIpAddressUpdate(object: IPAddress, old: Stored<IPAddress>): FieldError[] {
  return validateImmutable(object.spec?.parentRef, old.spec?.parentRef, 'spec.parentRef')
}
