/** What is better said otherwise in a Service, or has no effect (upstream: pkg/api/service/warnings.go). */
import { addressWarnings, rangeWarnings } from '../../addresses.validation.ts'
import type { Service, ServiceSpec } from '../../gen/core-v1.ts'

const hints = 'service.kubernetes.io/topology-aware-hints'

export function serviceWarnings({ metadata, spec = {} }: Service): string[] {
  const warnings: string[] = []
  const { type, clusterIPs = [], externalIPs = [], loadBalancerIP, loadBalancerSourceRanges = [] } = spec
  if (metadata?.annotations?.[hints] !== undefined) {
    warnings.push(`annotation ${hints} is deprecated, please use service.kubernetes.io/topology-mode instead`)
  }
  const plain = spec.clusterIP !== undefined && spec.clusterIP !== '' && spec.clusterIP !== 'None'
  warnings.push(
    ...(plain ? clusterIPs.flatMap((address, index) => addressWarnings(address, `spec.clusterIPs[${index}]`)) : []),
    ...headlessWarnings(spec),
    ...externalIPs.flatMap((address, index) => addressWarnings(address, `spec.externalIPs[${index}]`)),
    ...(loadBalancerIP ? addressWarnings(loadBalancerIP, 'spec.loadBalancerIP') : []),
    ...loadBalancerSourceRanges.flatMap((range, index) =>
      rangeWarnings(range, `spec.loadBalancerSourceRanges[${index}]`)),
  )
  if (type === 'ExternalName' && externalIPs.length > 0) {
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"')
  }
  if (type !== 'ExternalName' && spec.externalName) {
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"')
  }
  if (spec.trafficDistribution === 'PreferClose') {
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
  }
  return warnings
}

/** Of what a load balancer tells. */
export function serviceStatusWarnings({ status }: Service): string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }, index) =>
    ip ? addressWarnings(ip, `status.loadBalancer.ingress[${index}]`) : [])
}

function headlessWarnings(spec: ServiceSpec): string[] {
  if (spec.type !== 'ClusterIP' || spec.clusterIP !== 'None') return []
  return [
    ...(spec.loadBalancerIP ? ['spec.loadBalancerIP is ignored for headless services'] : []),
    ...(spec.externalIPs?.length ? ['spec.externalIPs is ignored for headless services'] : []),
    ...(spec.sessionAffinity === 'None' ? [] : ['spec.SessionAffinity is ignored for headless services']),
  ]
}
