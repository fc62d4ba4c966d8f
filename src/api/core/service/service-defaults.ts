/** What a Service gets when the client leaves it out, and what changes with it when its type changes. */
import type { Stored } from '#machinery/meta/object.ts'
import type { Service, ServiceSpec } from '../../gen/core-v1.ts'

/** How long a client stays with one pod under ClientIP affinity: three hours. */
const affinityTimeoutSeconds = 10800

export function setServiceDefaults(object: Service): void {
  const spec: ServiceSpec = object.spec ??= {}
  setAffinityDefaults(spec)
  spec.type ||= 'ClusterIP'
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP'
    if (!port.targetPort) port.targetPort = port.port
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= 'Cluster'
  if (spec.type !== 'ExternalName') {
    spec.internalTrafficPolicy ??= 'Cluster'
    if (spec.ipFamilyPolicy === 'RequireDualStack' && spec.ipFamilies?.length === 1) {
      spec.ipFamilies.push(spec.ipFamilies[0] === 'IPv4' ? 'IPv6' : 'IPv4')
    }
  }
  if (spec.type !== 'LoadBalancer') return
  spec.allocateLoadBalancerNodePorts ??= true
  for (const point of object.status?.loadBalancer?.ingress ?? []) if (point.ip) point.ipMode ??= 'VIP'
}

function setAffinityDefaults(spec: ServiceSpec): void {
  spec.sessionAffinity ||= 'None'
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  else if (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: affinityTimeoutSeconds } }
  }
}

/** On create: an old client gives only `clusterIP`. */
export function prepareServiceCreate(object: Service): void {
  const spec = object.spec!
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP]
}

/**
 * On update: what the old Service had allocated stays unless the type says otherwise, and `clusterIPs` follows
 * `clusterIP` for clients that know only the singular.
 */
export function prepareServiceUpdate(object: Service, old: Stored<Service>): void {
  const spec = object.spec!
  const oldSpec = (old.spec ?? {}) as ServiceSpec
  patchAllocatedValues(spec, oldSpec)
  normalizeClusterIps(spec, oldSpec)
  dropTypeDependentFields(spec, oldSpec)
  if (spec.type !== 'LoadBalancer') object.status = { ...object.status, loadBalancer: {} }
}

/** A client that leaves out what was allocated means to keep it. */
function patchAllocatedValues(spec: ServiceSpec, old: ServiceSpec): void {
  const needsClusterIp = (type: string | undefined): boolean => type !== 'ExternalName'
  if (needsClusterIp(old.type) && needsClusterIp(spec.type)) {
    if (!spec.clusterIP && !spec.clusterIPs?.length) {
      if (old.clusterIP !== undefined) spec.clusterIP = old.clusterIP
      if (old.clusterIPs) spec.clusterIPs = [...old.clusterIPs]
    }
    if (!spec.ipFamilies?.length && old.ipFamilies) spec.ipFamilies = [...old.ipFamilies]
    if (!spec.ipFamilyPolicy && old.ipFamilyPolicy) spec.ipFamilyPolicy = old.ipFamilyPolicy
  }
  if (needsNodePort(old) && needsNodePort(spec)) keepNodePorts(spec, old)
  if (
    needsHealthCheckNodePort(old)
    && needsHealthCheckNodePort(spec)
    && !spec.healthCheckNodePort
    && old.healthCheckNodePort
  ) {
    spec.healthCheckNodePort = old.healthCheckNodePort
  }
}

function keepNodePorts(spec: ServiceSpec, old: ServiceSpec): void {
  const previous = new Map((old.ports ?? []).map((port) => [`${port.protocol}/${port.port}`, port.nodePort]))
  const used = new Set((spec.ports ?? []).map((port) => port.nodePort).filter(Boolean))
  for (const port of spec.ports ?? []) {
    const nodePort = previous.get(`${port.protocol}/${port.port}`)
    if (port.nodePort || !nodePort || used.has(nodePort)) continue
    port.nodePort = nodePort
    used.add(nodePort)
  }
}

/** Traffic can come in from outside the cluster. */
export function isExternallyAccessible({ type, externalIPs = [] }: ServiceSpec): boolean {
  return type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && externalIPs.length > 0)
}

export function needsNodePort(spec: ServiceSpec): boolean {
  return spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
}

export function needsHealthCheckNodePort(spec: ServiceSpec): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local'
}

function normalizeClusterIps(spec: ServiceSpec, old: ServiceSpec): void {
  if (old.clusterIPs?.length && !spec.clusterIPs?.length && old.clusterIP === spec.clusterIP) {
    spec.clusterIPs = [...old.clusterIPs]
  }
  if (old.clusterIP === spec.clusterIP) return
  const samePlural = JSON.stringify(old.clusterIPs ?? []) === JSON.stringify(spec.clusterIPs ?? [])
  if (old.clusterIP && !spec.clusterIP) {
    if (samePlural) delete spec.clusterIPs
  } else if (samePlural && spec.clusterIP) spec.clusterIPs = [spec.clusterIP]
}

/** Changing the type releases what only the old type needed, when the client did not say otherwise. */
function dropTypeDependentFields(spec: ServiceSpec, old: ServiceSpec): void {
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
  if (old.type !== 'ExternalName' && spec.type === 'ExternalName') {
    if (same(spec.clusterIP, old.clusterIP) && same(spec.clusterIPs, old.clusterIPs)) {
      delete spec.clusterIP
      delete spec.clusterIPs
    }
    if (same(spec.ipFamilies, old.ipFamilies)) delete spec.ipFamilies
    if (same(spec.ipFamilyPolicy, old.ipFamilyPolicy)) delete spec.ipFamilyPolicy
  }
  if (needsNodePort(old) && !needsNodePort(spec)) {
    const before = new Set((old.ports ?? []).map((port) => port.nodePort).filter(Boolean))
    for (const port of spec.ports ?? []) if (port.nodePort && before.has(port.nodePort)) delete port.nodePort
  }
  if (
    needsHealthCheckNodePort(old)
    && !needsHealthCheckNodePort(spec)
    && spec.healthCheckNodePort === old.healthCheckNodePort
  ) {
    delete spec.healthCheckNodePort
  }
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (same(spec.allocateLoadBalancerNodePorts, old.allocateLoadBalancerNodePorts)) {
      delete spec.allocateLoadBalancerNodePorts
    }
    if (spec.loadBalancerClass === old.loadBalancerClass) delete spec.loadBalancerClass
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(spec)
    && spec.externalTrafficPolicy === old.externalTrafficPolicy) delete spec.externalTrafficPolicy
}
