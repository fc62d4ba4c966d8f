/** Endpoints and slices hold the addresses of ready pods that exist, all of them, and no others. */
import type { Endpoints, Pod, Service } from '#api/gen/core-v1.ts'
import type { EndpointSlice } from '#api/gen/discovery-v1.ts'
import { labelSetMatcher } from '#machinery/meta/label-selector.ts'
import type { Checker } from './checker.ts'
import { isActive, isReady } from './owned-pods.ts'

export function endpoints(): Checker {
  return {
    promise: 'endpoints hold the ready addresses of existing pods',
    settled({ history }) {
      const problems: string[] = []
      const pods = [...history.of<Pod>('pods').values()]
      const slices = [...history.of<EndpointSlice>('endpointslices.discovery.k8s.io').values()]
      const show = (addresses: readonly string[]): string => [...new Set(addresses)].toSorted().join(' ')
      for (const [name, { spec, metadata }] of history.of<Service>('services')) {
        if (!spec?.selector) continue
        const selector = labelSetMatcher(spec.selector)
        const ready = show(
          pods
            .filter(
              (pod) =>
                pod.metadata.namespace === metadata.namespace
                && selector.matches(pod.metadata.labels)
                && isActive(pod)
                && isReady(pod),
            )
            .map(({ status }) => status?.podIP ?? ''),
        )
        const sliced = show(
          slices
            .filter(
              (slice) =>
                slice.metadata.namespace === metadata.namespace
                && slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name,
            )
            .flatMap((slice) => slice.endpoints ?? [])
            .filter(({ conditions }) => conditions?.ready !== false)
            .flatMap(({ addresses }) => addresses),
        )
        if (sliced !== ready) problems.push(`slices of ${name} have [${sliced}], ready are [${ready}]`)
        const listed = show((history.of<Endpoints>('endpoints').get(name)?.subsets ?? [])
          .flatMap((subset) => subset.addresses ?? []).map(({ ip }) => ip))
        if (listed !== ready) problems.push(`endpoints of ${name} have [${listed}], ready are [${ready}]`)
      }
      for (const slice of slices) {
        const name = slice.metadata.labels?.['kubernetes.io/service-name']
        if (!history.of('services').has(`${slice.metadata.namespace}/${name}`)) {
          problems.push(`slice ${slice.metadata.name} has no service`)
        }
      }
      return problems
    },
  }
}
