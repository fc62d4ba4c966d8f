/** The addresses of a load balancer, as Services and Ingresses show them. */

interface IngressPoint {
  readonly ip?: string | undefined
  readonly hostname?: string | undefined
}

/** Sorted, without repetition; the address wins over the host name. Empty when there are none. */
export function formatLoadBalancer(ingress: readonly IngressPoint[] | undefined): string {
  const names = (ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').filter(Boolean)
  return [...new Set(names)].toSorted().join(',')
}
