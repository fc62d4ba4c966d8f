/** Validation of ServiceCIDRs. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateCanonicalRange } from '../../addresses.validation.ts'
import type { ServiceCIDR } from '../../gen/networking-v1.ts'

export function validateServiceCidr({ spec }: ServiceCIDR): FieldError[] {
  const cidrs = spec?.cidrs ?? []
  const path = 'spec.cidrs'
  if (cidrs.length === 0) return [required(path, 'at least one CIDR required')]
  const errors: FieldError[] = []
  if (cidrs.length > 2) errors.push(invalidValue(path, spec, 'may only hold up to 2 values'))
  if (cidrs.length > 1 && new Set(cidrs.map((cidr) => cidr.includes(':'))).size === 1) {
    errors.push(
      invalidValue(
        path, spec, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/96',
      ),
    )
  }
  return [...errors, ...cidrs.flatMap((cidr, index) => validateCanonicalRange(cidr, `${path}[${index}]`))]
}

/** A second range may be added, of the other family; nothing may be taken away. */
export function validateServiceCidrUpdate({ spec }: ServiceCIDR, old: Stored<ServiceCIDR>): FieldError[] {
  const before = old.spec?.cidrs ?? []
  const now = spec?.cidrs ?? []
  const extended = before.length === 1 && now.length === 2 && before[0] === now[0]
  return extended || semanticEqual(before, now) ? [] : [invalidValue('spec.cidrs', now, 'field is immutable')]
}
