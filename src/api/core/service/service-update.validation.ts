/** What may change of a Service: upstream lets it get a second address and family, and give them up again. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { Service, ServiceSpec } from '../../gen/core-v1.ts'
import { validateLoadBalancerClass } from './load-balancer.validation.ts'
import { needsHealthCheckNodePort } from './service-defaults.ts'
import { isHeadless, validateService } from './service.validation.ts'

/** The first address and family stay for the life of the Service; the second may come and go. */
export function validateServiceUpdate(object: Service, old: Stored<Service>): FieldError[] {
  const spec = object.spec ?? {}
  const before = (old.spec ?? {}) as ServiceSpec
  return [
    ...validateChangedAddresses(spec, before),
    ...validateChangedFamilies(spec, before),
    ...validateChangedClass(spec, before),
    ...(needsHealthCheckNodePort(before) && needsHealthCheckNodePort(spec)
      && (before.healthCheckNodePort ?? 0) !== (spec.healthCheckNodePort ?? 0)
      ? [forbiddenValue('spec.healthCheckNodePort', 'field is immutable')] : []),
    ...validateService(object, old),
  ]
}

function isName({ type }: ServiceSpec): boolean {
  return type === 'ExternalName'
}

const once = 'may not change once set'

function validateChangedAddresses(spec: ServiceSpec, before: ServiceSpec): FieldError[] {
  if (isName(spec) || isName(before) || (isHeadless(spec) && isHeadless(before))) return []
  const path = 'spec.clusterIPs'
  const [now, old] = [spec.clusterIPs ?? [], before.clusterIPs ?? []]
  if (old.length === now.length) {
    return old.flatMap((address, index) => address === now[index] ? [] : [invalidValue(`${path}[${index}]`, now, once)])
  }
  if (now.length === 0) return [invalidValue(`${path}[0]`, spec.clusterIPs, 'primary clusterIP can not be unset')]
  const errors = old.length > 0 && now[0] !== old[0] ? [invalidValue(`${path}[0]`, now, once)] : []
  return now.length < old.length ? [...errors, ...validateRelease(spec, now, 'clusterIP')] : errors
}

/** Who wants one where there were two says so. */
function validateRelease({ ipFamilyPolicy }: ServiceSpec, now: readonly string[], what: string): FieldError[] {
  return now.length !== 1 || ipFamilyPolicy === 'SingleStack' ? []
    : [invalidValue('spec.ipFamilyPolicy', ipFamilyPolicy,
      `must be set to 'SingleStack' when releasing the secondary ${what}`)]
}

function validateChangedFamilies(spec: ServiceSpec, before: ServiceSpec): FieldError[] {
  if (isName(spec) || isName(before) || isHeadless(spec) || isHeadless(before)) return []
  const path = 'spec.ipFamilies[0]'
  const [now, old] = [spec.ipFamilies ?? [], before.ipFamilies ?? []]
  if (old.length === now.length) {
    return old.flatMap((family, index) => family === now[index] ? [] : [invalidValue(path, now, once)])
  }
  const errors: FieldError[] = []
  if (old.length > now.length && !spec.clusterIPs?.length) {
    errors.push(invalidValue(path, spec.ipFamilies, 'primary ipFamily can not be unset'))
  }
  // The value that upstream shows is the other field's.
  if (old.length > 0 && now.length > 0 && now[0] !== old[0]) errors.push(invalidValue(path, spec.clusterIPs, once))
  return now.length < old.length ? [...errors, ...validateRelease(spec, now, 'ipFamily')] : errors
}

/** Upstream says twice what is wrong with the new class by itself. */
function validateChangedClass(spec: ServiceSpec, before: ServiceSpec): FieldError[] {
  const changed = before.type === 'LoadBalancer' && spec.type === 'LoadBalancer'
    && before.loadBalancerClass !== spec.loadBalancerClass
  return [
    ...(changed ? [invalidValue('spec.loadBalancerClass', spec.loadBalancerClass, once)] : []),
    ...validateLoadBalancerClass(spec),
  ]
}
