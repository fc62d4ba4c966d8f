/** Ingress: HTTP routes from outside to Services. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { Ingress } from '../../gen/networking-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { formatLoadBalancer } from '../../printing/load-balancer.ts'
import { separateStatus } from '../../strategy.ts'
import {
  ingressWarnings,
  validateIngressStatusUpdate,
  validateIngressUpdate,
  validateNewIngress,
} from './ingress.validation.ts'

export const ingress = defineKind<Ingress>({
  group: 'networking.k8s.io', kind: 'Ingress', plural: 'ingresses', shortNames: ['ing'], scope: 'Namespaced',
  versions: [{ version: 'v1', schema: 'io.k8s.api.networking.v1.Ingress', served: true, stored: true }],
  ...separateStatus<Ingress>({ loadBalancer: {} }),
  validateCreate: validateNewIngress,
  validateUpdate: validateIngressUpdate,
  warnings: ingressWarnings,
  validateStatusUpdate: validateIngressStatusUpdate,
  generation: 'spec',
  subresources: { status: true, keptByStatus: [] },
  columns: [
    nameColumn(),
    text('Class', 'The name of the IngressClass resource that should be used for additional configuration',
      ({ spec }) => spec?.ingressClassName ?? '<none>'),
    text('Hosts', 'Hosts that incoming requests are matched against before the ingress rule', formatHosts),
    text('Address', 'Address is a list containing ingress points for the load-balancer',
      ({ status }) => formatLoadBalancer(status?.loadBalancer?.ingress)),
    text('Ports', 'Ports of TLS configurations that open', ({ spec }) => (spec?.tls?.length ? '80, 443' : '80')),
    ageColumn(),
  ],
})

const maxHosts = 3

/** Rules without a host match every host, so they are not listed; the count of what is left out goes by rules. */
function formatHosts({ spec }: Stored<Ingress>): string {
  const rules = spec?.rules ?? []
  const hosts: string[] = []
  let more = false
  for (const { host } of rules) {
    if (hosts.length === maxHosts) more = true
    else if (host) hosts.push(host)
  }
  if (hosts.length === 0) return '*'
  return more ? `${hosts.join(',')} + ${rules.length - maxHosts} more...` : hosts.join(',')
}
