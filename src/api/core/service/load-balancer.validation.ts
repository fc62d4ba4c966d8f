/** Rules of load balancers: who may use one, and what it tells of itself. */
import { parseIp } from '#base/ip.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { validateDns1123Subdomain, validateQualifiedName } from '#machinery/meta/validate-names.ts'
import { validateAddress, validateRange } from '../../addresses.validation.ts'
import type { LoadBalancerIngress, Service, ServiceSpec } from '../../gen/core-v1.ts'

const only = "may only be used when `type` is 'LoadBalancer'"

export function validateLoadBalancer(object: Service, old: DeepReadonly<Service> | undefined): FieldError[] {
  const { spec = {} } = object
  const errors = validateSourceRanges(object, old)
  if (spec.type === 'LoadBalancer') {
    if (spec.allocateLoadBalancerNodePorts === undefined) errors.push(required('allocateLoadBalancerNodePorts'))
  } else if (spec.allocateLoadBalancerNodePorts !== undefined) {
    errors.push(forbiddenValue('spec.allocateLoadBalancerNodePorts', only))
  }
  return [...errors, ...validateLoadBalancerClass(spec)]
}

const annotation = 'service.beta.kubernetes.io/load-balancer-source-ranges'

/** In the field, or in an annotation that is older than the field. Spaces around a range are part of the API. */
function validateSourceRanges({ metadata, spec = {} }: Service, old: DeepReadonly<Service> | undefined): FieldError[] {
  const ranges = spec.loadBalancerSourceRanges ?? []
  const annotated = metadata?.annotations?.[annotation]
  const forbid = (path: string): FieldError[] => spec.type === 'LoadBalancer' ? [] : [forbiddenValue(path, only)]
  if (ranges.length > 0) {
    const path = 'spec.LoadBalancerSourceRanges'
    const kept = (old?.spec?.loadBalancerSourceRanges ?? []).map((range) => range.trim())
    return [...forbid(path),
      ...ranges.flatMap((range, index) => validateRange(range.trim(), `${path}[${index}]`, kept))]
  }
  if (annotated === undefined) return []
  const path = `metadata.annotations[${annotation}]`
  const unchanged = old?.metadata?.annotations?.[annotation] === annotated
  return [...forbid(path), ...(unchanged || annotated.trim() === '' ? []
    : annotated.split(',').flatMap((range) => validateRange(range.trim(), path)))]
}

export function validateLoadBalancerClass({ type, loadBalancerClass: name }: ServiceSpec): FieldError[] {
  if (name === undefined) return []
  return type === 'LoadBalancer' ? invalidFor('spec.loadBalancerClass', name, validateQualifiedName(name))
    : [forbiddenValue('spec.loadBalancerClass', only)]
}

const ipModes = ['Proxy', 'VIP']

export function validateServiceStatus({ spec, status }: Service, old: Stored<Service>): FieldError[] {
  const path = 'status.loadBalancer.ingress'
  const ingress = status?.loadBalancer?.ingress ?? []
  if (ingress.length > 0 && spec?.type !== 'LoadBalancer') {
    return [forbiddenValue(path, "may only be used when `spec.type` is 'LoadBalancer'")]
  }
  const kept = (old.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ? [ip] : [])
  return ingress.flatMap((point, index) => validateIngressPoint(point, kept, `${path}[${index}]`))
}

function validateIngressPoint(
  { ip = '', ipMode, hostname = '' }: LoadBalancerIngress, kept: readonly string[], path: string,
): FieldError[] {
  const errors = ip === '' ? [] : validateAddress(ip, `${path}.ip`, kept)
  if (ipMode === undefined) {
    if (ip !== '') errors.push(required(`${path}.ipMode`, 'must be specified when `ip` is set'))
  } else if (ip === '') errors.push(forbiddenValue(`${path}.ipMode`, 'may not be specified when `ip` is not set'))
  else if (!ipModes.includes(ipMode)) errors.push(notSupported(`${path}.ipMode`, ipMode, ipModes))
  if (hostname === '') return errors
  errors.push(...invalidFor(`${path}.hostname`, hostname, validateDns1123Subdomain(hostname)))
  if (parseIp(hostname)) errors.push(invalidValue(`${path}.hostname`, hostname, 'must be a DNS name, not an IP address'))
  return errors
}
