/** Validation of Ingresses. */
import { parseIp } from '#base/ip.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import {
  validateDns1123Label,
  validateDns1123Subdomain,
  validatePathSegment,
  validatePortName,
  validatePortNumber,
  validateWildcardDns1123Subdomain,
} from '#machinery/meta/validate-names.ts'
import { validateAddress } from '../../addresses.validation.ts'
import type { TypedLocalObjectReference } from '../../gen/core-v1.ts'
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressLoadBalancerIngress,
  IngressRule,
  IngressTLS,
} from '../../gen/networking-v1.ts'

const classAnnotation = 'kubernetes.io/ingress.class'

/** What a stored Ingress got wrong before there was a rule may stay wrong. */
interface Allowances {
  readonly secretNames: boolean
  readonly wildcardRules: boolean
}

export function validateIngressUpdate(object: Ingress, { spec }: Stored<Ingress>): FieldError[] {
  const strict = { secretNames: false, wildcardRules: false }
  return validateIngress(object, {
    secretNames: (spec?.tls ?? []).some(({ secretName }) =>
      secretName && validateDns1123Subdomain(secretName).length > 0),
    wildcardRules: (spec?.rules ?? []).some(({ host, ...rest }) =>
      host?.includes('*') && validateRule(rest as IngressRule, strict, '').length > 0),
  })
}

function validateIngress({ spec = {} }: Ingress, allowed: Allowances): FieldError[] {
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec
  const errors: FieldError[] = []
  if (rules.length === 0 && !defaultBackend) {
    errors.push(invalidValue('spec', rules, 'either `defaultBackend` or `rules` must be specified'))
  }
  if (defaultBackend) errors.push(...validateBackend(defaultBackend, 'spec.defaultBackend'))
  errors.push(...rules.flatMap((rule, index) => validateRule(rule, allowed, `spec.rules[${index}]`)))
  errors.push(...tls.flatMap((entry, index) => validateTls(entry, allowed, `spec.tls[${index}]`)))
  if (ingressClassName !== undefined) {
    errors.push(...invalidFor('spec.ingressClassName', ingressClassName, validateDns1123Subdomain(ingressClassName)))
  }
  return errors
}

/** The annotation came before the field; in a new object both say the same. */
export function validateNewIngress(object: Ingress): FieldError[] {
  const { metadata, spec } = object
  const errors = validateIngress(object, { secretNames: false, wildcardRules: false })
  const value = metadata?.annotations?.[classAnnotation]
  if (value === undefined || spec?.ingressClassName === undefined || value === spec.ingressClassName) return errors
  return [
    ...errors,
    invalidValue(`annotations.${classAnnotation}`, value, 'must match `ingressClassName` when both are specified'),
  ]
}

/** Of a new object only. */
export function ingressWarnings({ metadata, spec }: Ingress, old: Stored<Ingress> | undefined): string[] {
  if (old || spec?.ingressClassName !== undefined || metadata?.annotations?.[classAnnotation] === undefined) return []
  return [`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`]
}

function validateHost(host: string, path: string): FieldError[] {
  return host.includes('*')
    ? invalidFor(path, host, validateWildcardDns1123Subdomain(host))
    : invalidFor(path, host, validateDns1123Subdomain(host))
}

function validateTls({ hosts = [], secretName }: IngressTLS, allowed: Allowances, path: string): FieldError[] {
  const errors = hosts.flatMap((host, index) => validateHost(host, `${path}.hosts[${index}]`))
  if (secretName && !allowed.secretNames) {
    errors.push(...invalidFor(`${path}.secretName`, secretName, validateDns1123Subdomain(secretName)))
  }
  return errors
}

function validateRule({ host, http }: IngressRule, allowed: Allowances, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (host) {
    if (parseIp(host)) errors.push(invalidValue(`${path}.host`, host, 'must be a DNS name, not an IP address'))
    errors.push(...validateHost(host, `${path}.host`))
  }
  if (!http || (allowed.wildcardRules && host?.includes('*'))) return errors
  if (!http.paths?.length) errors.push(required(`${path}.http.paths`))
  return [
    ...errors, ...(http.paths ?? []).flatMap((entry, index) => validatePath(entry, `${path}.http.paths[${index}]`)),
  ]
}

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix']
const badSequences = ['//', '/./', '/../', '%2f', '%2F']
const badSuffixes = ['/..', '/.']

function validatePath({ path: target = '', pathType, backend }: HTTPIngressPath, path: string): FieldError[] {
  if (pathType === undefined) return [required(`${path}.pathType`, 'pathType must be specified')]
  const field = `${path}.path`
  const errors: FieldError[] = []
  const absolute = target.startsWith('/')
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!absolute) errors.push(invalidValue(field, target, 'must be an absolute path'))
    for (const sequence of badSequences) {
      if (target.includes(sequence)) errors.push(invalidValue(field, target, `must not contain '${sequence}'`))
    }
    for (const suffix of badSuffixes) {
      if (target.endsWith(suffix)) errors.push(invalidValue(field, target, `cannot end with '${suffix}'`))
    }
  } else if (pathType !== 'ImplementationSpecific') errors.push(notSupported(`${path}.pathType`, pathType, pathTypes))
  else if (target && !absolute) errors.push(invalidValue(field, target, 'must be an absolute path'))
  return [...errors, ...validateBackend(backend ?? {}, `${path}.backend`)]
}

function validateBackend({ service, resource }: IngressBackend, path: string): FieldError[] {
  if (service && resource) return [invalidValue(path, '', 'cannot set both resource and service backends')]
  if (resource) return validateTypedReference(resource, `${path}.resource`)
  if (!service) return [invalidValue(path, '', 'resource or service backend is required')]
  const { name, port } = service
  const errors = name
    ? invalidFor(`${path}.service.name`, name, validateDns1123Label(name))
    : [required(`${path}.service.name`)]
  if (port?.name && port.number) errors.push(invalidValue(path, '', 'cannot set both port name & port number'))
  else if (port?.name) errors.push(...invalidFor(`${path}.service.port.name`, port.name, validatePortName(port.name)))
  else if (port?.number) {
    errors.push(...invalidFor(`${path}.service.port.number`, port.number, validatePortNumber(port.number)))
  } else errors.push(required(path, 'port name or number is required'))
  return errors
}

/** Also of the parameters of an IngressClass. */
export function validateTypedReference(
  { apiGroup, kind, name }: TypedLocalObjectReference, path: string,
): FieldError[] {
  return [
    ...(apiGroup === undefined ? [] : invalidFor(`${path}.apiGroup`, apiGroup, validateDns1123Subdomain(apiGroup))),
    ...(kind
      ? invalidFor(`${path}.kind`, kind, validatePathSegment(kind))
      : [required(`${path}.kind`, 'kind is required')]),
    ...(name
      ? invalidFor(`${path}.name`, name, validatePathSegment(name))
      : [required(`${path}.name`, 'name is required')]),
  ]
}

/** Addresses that it had may stay as they are. */
export function validateIngressStatusUpdate({ status }: Ingress, old: Stored<Ingress>): FieldError[] {
  const kept = (old.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ? [ip] : [])
  return (status?.loadBalancer?.ingress ?? []).flatMap((point, index) =>
    validatePoint(point, kept, `status.loadBalancer.ingress[${index}]`),
  )
}

function validatePoint(
  { ip, hostname }: IngressLoadBalancerIngress, kept: readonly string[], path: string,
): FieldError[] {
  const errors = ip ? validateAddress(ip, `${path}.ip`, kept) : []
  if (!hostname) return errors
  errors.push(...invalidFor(`${path}.hostname`, hostname, validateDns1123Subdomain(hostname)))
  if (parseIp(hostname)) {
    errors.push(invalidValue(`${path}.hostname`, hostname, 'must be a DNS name, not an IP address'))
  }
  return errors
}
