/** Validation of Services. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  duplicateValue,
  forbiddenValue,
  invalidFor,
  invalidValue,
  required,
} from '#machinery/errors/field-errors.ts'
import {
  validateDns1123Label,
  validateDns1123Subdomain,
  validatePortNumber,
  validateQualifiedName,
} from '#machinery/meta/validate-names.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { validateLabels } from '#machinery/meta/validate-object-meta.ts'
import { validateAddress, validateNonSpecialAddress } from '../../addresses.validation.ts'
import type { Service, ServicePort, ServiceSpec } from '../../gen/core-v1.ts'
import { internalValue } from '../../internal-form.ts'
import { validateChoice, validatePortNumberOrName, validateRequiredChoice } from '../../numbers.validation.ts'
import { validateClusterIps } from './cluster-ips.validation.ts'
import { validateLoadBalancer } from './load-balancer.validation.ts'
import { isExternallyAccessible, needsHealthCheckNodePort } from './service-defaults.ts'

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']

/** Addresses that the old Service has may stay as they are. */
export function validateService(object: Service, old?: DeepReadonly<Service>): FieldError[] {
  const spec = object.spec ?? {}
  const ports = spec.ports ?? []
  const errors = validateTopologyAnnotations(object.metadata?.annotations)
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName') errors.push(required('spec.ports'))
  errors.push(...validateByType(spec), ...validatePorts(ports), ...validateLabels(spec.selector, 'spec.selector'))
  errors.push(...validateAffinity(spec))
  if (spec.type !== 'ExternalName') errors.push(...validateClusterIps(spec, old?.spec?.clusterIPs))
  for (const [index, address] of (spec.externalIPs ?? []).entries()) {
    const path = `spec.externalIPs[${index}]`
    const found = validateAddress(address, path, old?.spec?.externalIPs)
    errors.push(...(found.length > 0 ? found : validateNonSpecialAddress(address, path)))
  }
  errors.push(...validateRequiredChoice(spec.type, types, 'spec.type'))
  if (spec.type === 'ClusterIP') {
    for (const [index, { nodePort }] of ports.entries()) {
      if (nodePort) {
        errors.push(forbiddenValue(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'"))
      }
    }
  }
  return [...errors, ...validateUniquePorts(ports), ...validateLoadBalancer(object, old), ...validateTraffic(spec)]
}

const topologyHints = 'service.kubernetes.io/topology-aware-hints'
const topologyMode = 'service.kubernetes.io/topology-mode'

/** The older annotation says nothing else than the newer one. */
function validateTopologyAnnotations(annotations: Readonly<Record<string, string>> = {}): FieldError[] {
  const { [topologyHints]: hints, [topologyMode]: mode } = annotations
  return hints === undefined || mode === undefined || hints === mode ? []
    : [invalidValue(`metadata.annotations[${topologyMode}]`, mode,
      `must match annotations[${topologyHints}] when both are specified`)]
}

export function isHeadless({ clusterIPs }: ServiceSpec): boolean {
  return clusterIPs?.length === 1 && clusterIPs[0] === 'None'
}

function validateByType(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  const path = 'spec.clusterIPs'
  switch (spec.type) {
    case 'LoadBalancer':
      if (isHeadless(spec)) {
        errors.push(invalidValue(`${path}[0]`, 'None', "may not be set to 'None' for LoadBalancer services"))
      }
      return errors
    case 'NodePort':
      return isHeadless(spec)
        ? [invalidValue(`${path}[0]`, 'None', "may not be set to 'None' for NodePort services")]
        : []
    case 'ExternalName': {
      for (const field of ['clusterIPs', 'ipFamilies'] as const) {
        if (spec[field]?.length) {
          errors.push(forbiddenValue(`spec.${field}`, 'may not be set for ExternalName services'))
        }
      }
      if (spec.ipFamilyPolicy !== undefined) {
        errors.push(forbiddenValue('spec.ipFamilyPolicy', 'may not be set for ExternalName services'))
      }
      const name = (spec.externalName ?? '').replace(/\.$/, '')
      errors.push(
        ...(name === ''
          ? [required('spec.externalName')]
          : invalidFor('spec.externalName', name, validateDns1123Subdomain(name))),
      )
      return errors
    }
    default: return errors
  }
}

function validatePorts(ports: readonly ServicePort[]): FieldError[] {
  const names = new Set<string>()
  return ports.flatMap((port, index) => {
    const path = `spec.ports[${index}]`
    const { name } = port
    const errors: FieldError[] = []
    if (name) {
      errors.push(...invalidFor(`${path}.name`, name, validateDns1123Label(name)))
      if (names.has(name)) errors.push(duplicateValue(`${path}.name`, name))
      names.add(name)
    } else if (ports.length > 1) errors.push(required(`${path}.name`))
    errors.push(
      ...invalidFor(`${path}.port`, port.port ?? 0, validatePortNumber(port.port ?? 0)),
      ...validateRequiredChoice(port.protocol, ['SCTP', 'TCP', 'UDP'], `${path}.protocol`),
      ...validatePortNumberOrName(port.targetPort, `${path}.targetPort`),
    )
    if (port.appProtocol !== undefined) {
      errors.push(...invalidFor(`${path}.appProtocol`, port.appProtocol, validateQualifiedName(port.appProtocol)))
    }
    return errors
  })
}

/** No port twice, neither of the Service nor of the nodes. */
function validateUniquePorts(ports: readonly ServicePort[]): FieldError[] {
  const nodePorts = new Set<string>()
  const errors: FieldError[] = []
  for (const [index, { protocol, nodePort }] of ports.entries()) {
    if (!nodePort) continue
    const key = `${protocol}/${nodePort}`
    if (nodePorts.has(key)) errors.push(duplicateValue(`spec.ports[${index}].nodePort`, nodePort))
    nodePorts.add(key)
  }
  const taken = new Set<string>()
  for (const [index, { protocol, port }] of ports.entries()) {
    const key = `${protocol}/${port}`
    if (taken.has(key)) {
      errors.push(duplicateValue(`spec.ports[${index}]`,
        internalValue('ServicePort', { protocol, port })))
    }
    taken.add(key)
  }
  return errors
}

const maxAffinitySeconds = 86400

function validateAffinity({ sessionAffinity, sessionAffinityConfig }: ServiceSpec): FieldError[] {
  const path = 'spec.sessionAffinityConfig'
  const errors = validateRequiredChoice(sessionAffinity, ['ClientIP', 'None'], 'spec.sessionAffinity')
  if (sessionAffinity === 'None' && sessionAffinityConfig) {
    errors.push(forbiddenValue(path, 'must not be set when session affinity is None'))
  }
  if (sessionAffinity !== 'ClientIP') return errors
  const detail = 'when session affinity type is ClientIP'
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds
  if (!sessionAffinityConfig) errors.push(required(path, detail))
  else if (!sessionAffinityConfig.clientIP) errors.push(required(`${path}.clientIP`, detail))
  else if (seconds === undefined) errors.push(required(`${path}.clientIP.timeoutSeconds`, detail))
  else if (seconds <= 0 || seconds > maxAffinitySeconds) {
    errors.push(
      invalidValue(
        `${path}.clientIP.timeoutSeconds`, seconds, `must be greater than 0 and less than ${maxAffinitySeconds}`,
      ),
    )
  }
  return errors
}

function validateTraffic(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  const { type = '', externalTrafficPolicy, internalTrafficPolicy, healthCheckNodePort = 0, trafficDistribution } = spec
  if (isExternallyAccessible(spec)) {
    errors.push(...validateRequiredChoice(externalTrafficPolicy, ['Cluster', 'Local'], 'spec.externalTrafficPolicy'))
  } else if (externalTrafficPolicy) {
    errors.push(invalidValue('spec.externalTrafficPolicy', externalTrafficPolicy,
      'may only be set for externally-accessible services'))
  }
  if (healthCheckNodePort !== 0) {
    errors.push(...(needsHealthCheckNodePort(spec)
      ? invalidFor('spec.healthCheckNodePort', healthCheckNodePort, validatePortNumber(healthCheckNodePort))
      : [invalidValue('spec.healthCheckNodePort', healthCheckNodePort,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")]))
  }
  if (internalTrafficPolicy === undefined && ['ClusterIP', 'LoadBalancer', 'NodePort'].includes(type)) {
    errors.push(required('spec.internalTrafficPolicy'))
  }
  return [
    ...errors,
    ...validateChoice(internalTrafficPolicy, ['Cluster', 'Local'], 'spec.internalTrafficPolicy'),
    ...validateChoice(trafficDistribution, distributions, 'spec.trafficDistribution'),
  ]
}

const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode']
