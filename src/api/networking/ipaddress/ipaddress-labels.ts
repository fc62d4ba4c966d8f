/** The labels of an IPAddress that was taken for a Service. */
import type { IpAddress } from '#base/ip.ts'

export const managedByLabel = 'ipaddress.kubernetes.io/managed-by'
export const serviceAllocator = 'ipallocator.k8s.io'

export function allocatedLabels({ family }: Pick<IpAddress, 'family'>): Readonly<Record<string, string>> {
  return { 'ipaddress.kubernetes.io/ip-family': family === 4 ? 'IPv4' : 'IPv6', [managedByLabel]: serviceAllocator }
}
