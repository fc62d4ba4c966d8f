/** Feeds the node graph from the store. */
import type { PersistentVolume, Pod } from '#api/gen/core-v1.ts'
import type { ResourceSlice } from '#api/gen/resource-v1.ts'
import type { VolumeAttachment } from '#api/gen/storage-v1.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { collectionRange } from '../rest/keys.ts'
import { decodeLean } from '../rest/stored-form.ts'
import type { FollowedRange } from '../store-follower.ts'
import type { NodeGraph } from './node-graph.ts'

/** `kinds` finds a kind by group and plural; a kind that is not declared is left out. */
export function nodeGraphRanges(
  graph: NodeGraph, kinds: (group: string, plural: string) => AnyKind | undefined,
): FollowedRange[] {
  return [
    range<Pod>(kinds('', 'pods'), (pod) => graph.setPod(pod), (namespace, name) => graph.deletePod(namespace, name)),
    range<PersistentVolume>(
      kinds('', 'persistentvolumes'),
      (volume) => graph.setVolume(volume),
      (_, name) => graph.deleteVolume(name),
    ),
    range<VolumeAttachment>(
      kinds('storage.k8s.io', 'volumeattachments'),
      (attachment) => graph.setAttachment(attachment),
      (_, name) => graph.deleteAttachment(name),
    ),
    range<ResourceSlice>(
      kinds('resource.k8s.io', 'resourceslices'),
      (slice) => graph.setSlice(slice),
      (_, name) => graph.deleteSlice(name),
    ),
  ].filter((part) => part !== undefined)
}

function range<T extends KubeObject>(
  kind: AnyKind | undefined, set: (object: T) => void, remove: (namespace: string, name: string) => void,
): FollowedRange | undefined {
  if (!kind) return undefined
  const known = new Map<string, readonly [namespace: string, name: string]>()
  return {
    range: collectionRange(kind, ''),
    clear() {
      for (const [namespace, name] of known.values()) remove(namespace, name)
      known.clear()
    },
    put(entry) {
      const object = decodeLean(entry)
      known.set(entry.key, [object.metadata.namespace ?? '', object.metadata.name])
      set(object as unknown as T)
    },
    delete(entry) {
      const old = known.get(entry.key)
      if (!old) return
      known.delete(entry.key)
      remove(...old)
    },
  }
}
