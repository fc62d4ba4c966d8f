/** Feeds the node graph from the store. */
import type { PersistentVolume, Pod } from '#api/gen/core-v1.ts'
import type { ResourceSlice } from '#api/gen/resource-v1.ts'
import type { VolumeAttachment } from '#api/gen/storage-v1.ts'
import { latin1Text, utf8Encode } from '#base/bytes.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { Entry, KeyRange } from '#storage/store.ts'
import { collectionRange } from '../rest/keys.ts'
import { decodeLean } from '../rest/stored-form.ts'
import type { FollowedRange } from '../store-follower.ts'
import type { NodeGraph } from './node-graph.ts'

export interface NodeGraphSource {
  readonly ranges: readonly FollowedRange[]
  /** Looks at so many of the pods that there were at the beginning. False when none is left. */
  catchUp(most: number): boolean
}

/** `kinds` finds a kind by group and plural; a kind that is not declared is left out. */
export function nodeGraphSource(
  graph: NodeGraph, kinds: (group: string, plural: string) => AnyKind | undefined,
): NodeGraphSource {
  const podKind = kinds('', 'pods')
  const pods = podKind && new PodRange(graph, podKind)
  graph.beforeAsked = () => { pods?.catchUp(Number.POSITIVE_INFINITY) }
  return {
    catchUp: (most) => pods?.catchUp(most) ?? false,
    ranges: [
      pods,
      objectRange<PersistentVolume>(
        kinds('', 'persistentvolumes'),
        (volume) => graph.setVolume(volume),
        (name) => graph.deleteVolume(name),
      ),
      objectRange<VolumeAttachment>(
        kinds('storage.k8s.io', 'volumeattachments'),
        (attachment) => graph.setAttachment(attachment),
        (name) => graph.deleteAttachment(name),
      ),
      objectRange<ResourceSlice>(
        kinds('resource.k8s.io', 'resourceslices'),
        (slice) => graph.setSlice(slice),
        (name) => graph.deleteSlice(name),
      ),
    ].filter((part) => part !== undefined),
  }
}

/**
 * Pods are many: for each it is only found out, without decoding, on which node it may be, and even that not before
 * the server can answer.
 */
class PodRange implements FollowedRange {
  readonly range: KeyRange
  readonly #graph: NodeGraph
  /** What has come and was not looked at, in order; undefined once everything was. */
  #late: { readonly entry: Entry; readonly isGone: boolean }[] | undefined = []
  #looked = 0

  constructor(graph: NodeGraph, kind: AnyKind) {
    this.#graph = graph
    this.range = collectionRange(kind, '')
  }

  clear(): void {
    this.#graph.deletePods()
    this.#late = []
    this.#looked = 0
  }

  put(entry: Entry): void {
    if (this.#late === undefined) this.#set(entry)
    else this.#late.push({ entry, isGone: false })
  }

  delete(entry: Entry): void {
    if (this.#late === undefined) this.#graph.deletePod(this.#nameOf(entry))
    else this.#late.push({ entry, isGone: true })
  }

  catchUp(most: number): boolean {
    for (let left = most; this.#late !== undefined && left > 0; left--) {
      const next = this.#late[this.#looked++]
      if (next === undefined) this.#late = undefined
      else if (next.isGone) this.#graph.deletePod(this.#nameOf(next.entry))
      else this.#set(next.entry)
    }
    return this.#late !== undefined
  }

  #set(entry: Entry): void {
    this.#graph.setPod(this.#nameOf(entry), nodesNamedIn(entry.value), () => decodeLean(entry) as Pod)
  }

  #nameOf({ key }: Entry): string {
    return key.slice(this.range.start.length)
  }
}

/** The volumes and the like of a cluster, which are far fewer. None of them is namespaced. */
function objectRange<T extends KubeObject>(
  kind: AnyKind | undefined, set: (object: T) => void, remove: (name: string) => void,
): FollowedRange | undefined {
  if (!kind) return undefined
  const names = new Map<string, string>()
  return {
    range: collectionRange(kind, ''),
    clear() {
      for (const name of names.values()) remove(name)
      names.clear()
    },
    put(entry) {
      const object = decodeLean(entry)
      names.set(entry.key, object.metadata.name)
      set(object as unknown as T)
    },
    delete(entry) {
      const name = names.get(entry.key)
      if (name === undefined) return
      names.delete(entry.key)
      remove(name)
    },
  }
}

const nodeNameField = utf8Encode('"nodeName":"')
/** Capital letters are rare in the JSON of a pod. */
const rareByte = nodeNameField.indexOf('N'.charCodeAt(0))
const quote = '"'.charCodeAt(0)

/**
 * All that the JSON of a pod has as the value of a field, a label or whatever else, that is called nodeName. Within a
 * text the quotes would be escaped.
 */
export function nodesNamedIn(json: Uint8Array): readonly string[] {
  let found: string[] | undefined
  for (let at = json.indexOf(nodeNameField[rareByte]!); at >= 0; at = json.indexOf(nodeNameField[rareByte]!, at + 1)) {
    if (!nodeNameField.every((byte, index) => json[at - rareByte + index] === byte)) continue
    const start = at - rareByte + nodeNameField.length
    const node = latin1Text(json, start, json.indexOf(quote, start))
    if (found === undefined) found = [node]
    else if (!found.includes(node)) found.push(node)
  }
  return found ?? nowhere
}

const nowhere: readonly string[] = []
