/** Rules of a Service's cluster addresses and IP families. */
import { parseIp } from '#base/ip.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import { validateAddress } from '../../addresses.validation.ts'
import type { ServiceSpec } from '../../gen/core-v1.ts'

const families = ['IPv4', 'IPv6']
const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack']

export function validateClusterIps(spec: ServiceSpec, kept: readonly string[] = []): FieldError[] {
  const { clusterIP, clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec
  const errors: FieldError[] = []
  if (clusterIP) {
    if (clusterIPs.length === 0) errors.push(required('spec.clusterIPs'))
    else if (clusterIPs[0] !== clusterIP) {
      errors.push(invalidValue('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`'))
    }
  } else if (clusterIPs.length > 0) {
    errors.push(invalidValue('spec.clusterIPs', clusterIPs, 'must be empty when `clusterIP` is not specified'))
  }
  for (const [index, family] of ipFamilies.entries()) {
    if (!families.includes(family)) errors.push(notSupported(`spec.ipFamilies[${index}]`, family, families))
    if (ipFamilies.indexOf(family) < index) errors.push(duplicateValue(`spec.ipFamilies[${index}]`, family))
  }
  if (ipFamilyPolicy !== undefined && !policies.includes(ipFamilyPolicy)) {
    errors.push(notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, policies))
  }
  const malformed = validateValues(clusterIPs, kept)
  errors.push(...malformed)
  if (clusterIPs.length > 2) errors.push(invalidValue('spec.clusterIPs', clusterIPs, 'may only hold up to 2 values'))
  return malformed.length > 0 ? errors : [...errors, ...validateFamilies(spec)]
}

function validateValues(clusterIPs: readonly string[], kept: readonly string[]): FieldError[] {
  return clusterIPs.flatMap((address, index) => {
    if (index > 0 || address !== 'None') return validateAddress(address, `spec.clusterIPs[${index}]`, kept)
    return clusterIPs.length === 1
      ? []
      : [invalidValue('spec.clusterIPs', clusterIPs, "'None' must be the first and only value")]
  })
}

function familyOf(address: string): string {
  return parseIp(address)?.family === 6 ? 'IPv6' : 'IPv4'
}

function validateFamilies({ clusterIPs = [], ipFamilies = [] }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(familyOf)).size === 1) {
    errors.push(invalidValue('spec.clusterIPs', clusterIPs, 'may specify no more than one IP for each IP family'))
  }
  if (clusterIPs[0] === 'None') return errors
  for (const [index, address] of clusterIPs.entries()) {
    const family = ipFamilies[index]
    if (family === undefined || family === familyOf(address)) continue
    errors.push(
      invalidValue(
        `spec.clusterIPs[${index}]`, address, `expected an ${family} value as indicated by \`ipFamilies[${index}]\``,
      ),
    )
  }
  return errors
}
