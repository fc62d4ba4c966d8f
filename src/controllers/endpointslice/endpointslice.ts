/** EndpointSlices: where the pods of each Service can be reached. */
import { zoneLabel } from '#api/core/node/node-labels.ts'
import { node } from '#api/core/node/node.ts'
import { pod } from '#api/core/pod/pod.ts'
import { service } from '#api/core/service/service.ts'
import { managedByLabel, serviceNameLabel } from '#api/discovery/endpointslice/endpointslice-labels.ts'
import { endpointSlice } from '#api/discovery/endpointslice/endpointslice.ts'
import { defineController, wakeFrom, type Cache } from '../driver/define-controller.ts'
import type { StoredPod } from '../workload/pods.ts'
import { selectedPods, wakeFromPods } from '../workload/service-pods.ts'
import { managedBy, reconcile, type SliceState } from './reconcile.ts'

export const endpointSliceController = defineController({
  name: 'endpointslice',
  for: service,
  watches: [
    wakeFromPods,
    wakeFrom(endpointSlice, ({ metadata }) => {
      const name = metadata.labels?.[serviceNameLabel]
      return name && metadata.labels?.[managedByLabel] === managedBy ? [`${metadata.namespace}/${name}`] : []
    }),
  ],
  reads: [pod, node],
  observe: (object, cache): SliceState | undefined => {
    if (object.spec?.selector === undefined) return undefined
    const pods = selectedPods(object, cache)
    const slices = cache.of(endpointSlice).list(object.metadata.namespace ?? '').filter(({ metadata }) =>
      metadata.labels?.[serviceNameLabel] === object.metadata.name && metadata.labels[managedByLabel] === managedBy)
    return {
      service: object,
      pods,
      slices: slices.filter(({ metadata }) => !metadata.deletionTimestamp),
      zones: zonesOf(pods, cache),
    }
  },
  reconcile,
})

function zonesOf(pods: readonly StoredPod[], cache: Cache): ReadonlyMap<string, string> {
  const zones = new Map<string, string>()
  for (const { spec } of pods) {
    const zone = spec?.nodeName ? cache.of(node).get(spec.nodeName)?.metadata.labels?.[zoneLabel] : undefined
    if (zone !== undefined) zones.set(spec!.nodeName!, zone)
  }
  return zones
}
