/**
 * Which address families a service gets, decided before addresses are (upstream: core/service/storage/alloc.go,
 * initIPFamilyFields).
 */
import type { Service } from '#api/gen/core-v1.ts'
import { parseIp } from '#base/ip.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'

export type IpFamily = 'IPv4' | 'IPv6'

/**
 * Fills in ipFamilyPolicy and ipFamilies; gives what is wrong with them. `configured`: the cluster's families, the
 * default first.
 */
export function initializeIpFamilies(
  service: Service, old: Stored<Service> | undefined, configured: readonly IpFamily[],
): FieldError[] {
  const spec = service.spec!
  if (spec.type === 'ExternalName' || isUnchangedPreferDualStack(service, old)) return []
  const selectorless = Object.keys(spec.selector ?? {}).length === 0
  const headless = spec.clusterIP === 'None'
  spec.ipFamilyPolicy ??= old?.spec?.ipFamilyPolicy ?? (headless && selectorless ? 'RequireDualStack' : 'SingleStack')
  const errors = [...reconcileWithOld(service, old), ...inferFamilies(service, configured)]
  if (errors.length > 0) return errors
  const families = (spec.ipFamilies ??= [])
  if (headless && selectorless) {
    // Nobody allocates anything for these, so they may have families that the cluster does not.
    if (families.length === 0) families.push(configured[0]!)
    if (families.length < 2 && spec.ipFamilyPolicy !== 'SingleStack') families.push(otherFamily(families[0]!))
    return []
  }
  if (spec.ipFamilyPolicy === 'RequireDualStack' && configured.length < 2) {
    errors.push(invalidValue(
      'spec.ipFamilyPolicy', spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services',
    ))
  }
  families.forEach((family, index) => {
    if (!configured.includes(family as IpFamily)) {
      errors.push(invalidValue(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'))
    }
  })
  if (errors.length > 0) return errors
  if (families.length === 0) families.push(configured[0]!)
  if (spec.ipFamilyPolicy !== 'SingleStack' && families.length === 1 && configured.length === 2) {
    families.push(otherFamily(families[0]!))
  }
  return []
}

/** Services that prefer two families are not upgraded or downgraded just because the cluster was. */
export function isUnchangedPreferDualStack(service: Service, old: Stored<Service> | undefined): boolean {
  const [now, before] = [service.spec!, old?.spec]
  return (
    before !== undefined
    && now.ipFamilyPolicy === 'PreferDualStack'
    && before.ipFamilyPolicy === 'PreferDualStack'
    && now.type === before.type
    && sameList(now.clusterIPs, before.clusterIPs)
    && sameList(now.ipFamilies, before.ipFamilies)
  )
}

function reconcileWithOld(service: Service, old: Stored<Service> | undefined): FieldError[] {
  const spec = service.spec!
  const errors: FieldError[] = []
  const field = 'spec.ipFamilyPolicy'
  const policy = spec.ipFamilyPolicy
  if (old?.spec && policy === 'SingleStack') {
    if (sameList(spec.clusterIPs, old.spec.clusterIPs) && (spec.clusterIPs?.length ?? 0) > 1) {
      spec.clusterIPs = spec.clusterIPs!.slice(0, 1)
    }
    if (sameList(spec.ipFamilies, old.spec.ipFamilies) && (spec.ipFamilies?.length ?? 0) > 1) {
      spec.ipFamilies = spec.ipFamilies!.slice(0, 1)
    }
  } else if (old?.spec) {
    if (reduced(spec.clusterIPs, old.spec.clusterIPs)) {
      errors.push(invalidValue(field, policy, "must be 'SingleStack' to release the secondary cluster IP"))
    }
    if (reduced(spec.ipFamilies, old.spec.ipFamilies)) {
      errors.push(invalidValue(field, policy, "must be 'SingleStack' to release the secondary IP family"))
    }
  }
  if (policy === 'SingleStack') {
    const how = "must be 'RequireDualStack' or 'PreferDualStack' when multiple"
    if (spec.clusterIPs?.length === 2) errors.push(invalidValue(field, policy, `${how} cluster IPs are specified`))
    if (spec.ipFamilies?.length === 2) errors.push(invalidValue(field, policy, `${how} IP families are specified`))
  }
  return errors
}

/** An address that the client gave says which family it wants. */
function inferFamilies(service: Service, configured: readonly IpFamily[]): FieldError[] {
  const spec = service.spec!
  const errors: FieldError[] = []
  for (const [index, text] of (spec.clusterIPs ?? []).entries()) {
    if (text === 'None') break
    const address = parseIp(text)
    if (!address || index < (spec.ipFamilies?.length ?? 0)) continue
    const family: IpFamily = address.family === 4 ? 'IPv4' : 'IPv6'
    if (configured.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family]
    else errors.push(
      invalidValue(`spec.clusterIPs[${index}]`, spec.clusterIPs, `${family} is not configured on this cluster`),
    )
  }
  return errors
}

function otherFamily(family: string): IpFamily {
  return family === 'IPv4' ? 'IPv6' : 'IPv4'
}

function sameList(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return (a?.length ?? 0) === (b?.length ?? 0) && (a ?? []).every((item, index) => item === b![index])
}

/** The primary is the same and the secondary is gone. */
function reduced(now: readonly string[] | undefined, before: readonly string[] | undefined): boolean {
  return (now?.length ?? 0) > 0 && (now?.length ?? 0) < (before?.length ?? 0) && now![0] === before![0]
}
