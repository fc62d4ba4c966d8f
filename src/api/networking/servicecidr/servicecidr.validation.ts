/** Validation of ServiceCIDRs. */
import { parseCidr } from '#base/ip.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateCanonicalRange } from '../../addresses.validation.ts'
import type { ServiceCIDR } from '../../gen/networking-v1.ts'

export function validateServiceCidr({ spec }: ServiceCIDR): FieldError[] {
  const cidrs = spec?.cidrs ?? []
  const path = 'spec.cidrs'
  if (cidrs.length === 0) return [required(path, 'at least one CIDR required')]
  if (cidrs.length > 2) return [invalidValue(path, spec, 'may only hold up to 2 values')]
  const families = new Set(cidrs.map((cidr) => parseCidr(cidr)?.address.family))
  if (cidrs.length === 2 && (families.size === 1 || families.has(undefined))) {
    return [
      invalidValue(
        path, spec, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
      ),
    ]
  }
  return cidrs.flatMap((cidr, index) => validateCanonicalRange(cidr, `${path}[${index}]`))
}

/** A second range, of the other family, may be added; nothing else changes. */
export function validateServiceCidrUpdate({ spec }: ServiceCIDR, old: Stored<ServiceCIDR>): FieldError[] {
  const before = old.spec?.cidrs ?? []
  const now = spec?.cidrs ?? []
  const extended = before.length === 1 && now.length === 2
  if (before.length !== now.length && !extended) return [invalidValue('spec.cidrs', now, 'field is immutable')]
  return before.flatMap((cidr, index) =>
    (now[index] === cidr ? [] : [invalidValue(`spec.cidrs[${index}]`, now[index], 'field is immutable')]))
}
