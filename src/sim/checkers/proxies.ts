/** The packet filter of every node says what a fresh one would: small changes add up to the whole. */
import type { Service } from '#api/gen/core-v1.ts'
import type { EndpointSlice } from '#api/gen/discovery-v1.ts'
import { planService } from '#proxy/plan.ts'
import { Ruleset } from '#proxy/ruleset.ts'
import { serviceCidr } from '../control-plane-machine.ts'
import type { Laboratory } from '../laboratory.ts'
import { proxyTable } from '../node-machine.ts'
import { createSimulatedPacketFilter, type SimulatedPacketFilter } from '../packet-filter.ts'
import type { Checker } from './checker.ts'

export function proxies(): Checker {
  return {
    promise: 'packet filters have what services and slices say',
    settled(lab) {
      return lab.nodes.filter(({ packetFilter, name }) => contents(packetFilter) !== contents(fresh(lab, name)))
        .map(({ name }) => `the packet filter of ${name} is not what its services say`)
    },
  }
}

function fresh({ history }: Laboratory, nodeName: string): SimulatedPacketFilter {
  const slices = [...history.of<EndpointSlice>('endpointslices.discovery.k8s.io').values()]
  const ruleset = new Ruleset(serviceCidr)
  for (const [name, service] of history.of<Service>('services')) {
    const own = slices.filter(({ metadata }) => metadata.namespace === service.metadata.namespace
      && metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name)
    ruleset.set(`service ${name}`, planService(service, own, { nodeName }))
  }
  const filter = createSimulatedPacketFilter()
  void filter.apply(proxyTable, ruleset.planFull())
  return filter
}

/** Without regard to order, which a map has not, and to empty maps, which match nothing. */
function contents({ tables }: SimulatedPacketFilter): string {
  const { sets } = tables.get(proxyTable) ?? { sets: new Map<string, Map<string, string>>() }
  return [...sets]
    .filter(([, elements]) => elements.size > 0)
    .map(
      ([name, elements]) =>
        `${name}: ${[...elements]
          .map((element) => element.join('='))
          .toSorted()
          .join(' ')}`,
    )
    .toSorted()
    .join('\n')
}
