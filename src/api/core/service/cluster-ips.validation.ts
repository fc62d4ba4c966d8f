/** Rules of a Service's cluster addresses and IP families, and of how they may change. */
import { parseIp } from '#base/ip.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateAddress } from '../../addresses.validation.ts'
import type { Service, ServiceSpec } from '../../gen/core-v1.ts'

const families = ['IPv4', 'IPv6']
const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack']

export function validateClusterIps(spec: ServiceSpec): FieldError[] {
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
  const malformed = validateValues(clusterIPs)
  errors.push(...malformed)
  if (clusterIPs.length > 2) errors.push(invalidValue('spec.clusterIPs', clusterIPs, 'may only hold up to 2 values'))
  return malformed.length > 0 ? errors : [...errors, ...validateFamilies(spec)]
}

function validateValues(clusterIPs: readonly string[]): FieldError[] {
  return clusterIPs.flatMap((address, index) => {
    if (index > 0 || address !== 'None') return validateAddress(address, `spec.clusterIPs[${index}]`)
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

/** The first address and family stay for the life of the Service; the second may come and go. */
export function validateServiceUpdate(object: Service, old: Stored<Service>): FieldError[] {
  const spec = object.spec ?? {}
  const oldSpec = old.spec ?? {}
  if (spec.type === 'ExternalName' || oldSpec.type === 'ExternalName') return []
  const errors: FieldError[] = []
  const [before, beforeSecond] = oldSpec.clusterIPs ?? []
  const [now, nowSecond] = spec.clusterIPs ?? []
  if (before !== undefined && now !== before) {
    errors.push(invalidValue('spec.clusterIPs[0]', spec.clusterIPs, 'may not change once set'))
  }
  if (beforeSecond !== undefined && nowSecond !== undefined && beforeSecond !== nowSecond) {
    errors.push(invalidValue('spec.clusterIPs[1]', spec.clusterIPs, 'may not change once set'))
  }
  const single = spec.ipFamilyPolicy === 'SingleStack'
  if (beforeSecond !== undefined && nowSecond === undefined && !single) {
    errors.push(
      invalidValue(
        'spec.clusterIPs[0]',
        spec.clusterIPs,
        "`ipFamilyPolicy` must be set to 'SingleStack' when releasing the secondary clusterIP",
      ),
    )
  }
  const [family, secondFamily] = oldSpec.ipFamilies ?? []
  if (secondFamily !== undefined && spec.ipFamilies?.[1] === undefined && !single) {
    errors.push(
      invalidValue(
        'spec.clusterIPs[0]',
        spec.clusterIPs,
        "`ipFamilyPolicy` must be set to 'SingleStack' when releasing the secondary ipFamily",
      ),
    )
  }
  if (family !== undefined && spec.ipFamilies?.[0] !== family) {
    errors.push(invalidValue('spec.ipFamilies[0]', spec.ipFamilies, 'may not change once set'))
  }
  if (
    oldSpec.type === 'LoadBalancer'
    && spec.type === 'LoadBalancer'
    && oldSpec.loadBalancerClass !== spec.loadBalancerClass
  ) {
    errors.push(invalidValue('spec.loadBalancerClass', spec.loadBalancerClass, 'may not change once set'))
  }
  return errors
}
