/** What the scheduler knows of the cluster, kept up by events and by its own decisions that are still on their way. */
import type { Node, Pod } from '#api/gen/core-v1.ts'
import { deepEqual } from '#base/deep-equal.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { ClusterChange } from '../plugin.ts'
import type { VolumeView } from '../volumes/volume-view.ts'
import { addPod, nodeInfoOf, removePod, withPodsOf, type NodeInfo } from './node-info.ts'
import { podInfoOf, type PodInfo } from './pod-info.ts'
import type { Snapshot } from './snapshot.ts'

export type Surroundings = Required<Pick<Snapshot, 'namespaceLabels' | 'groupSelector'>> & Pick<Snapshot, 'volumes'>

/** A pod that came to a node (1) or left it (-1). */
export interface PodChange {
  readonly node: string
  readonly pod: PodInfo
  readonly sign: 1 | -1
}

/** Older changes are forgotten; who needs them looks at everything again. */
const changesMax = 16_384

interface Placed {
  readonly node: string
  readonly info: PodInfo
}

/** Also the snapshot of the present: a decision is one synchronous step, so nothing changes while it looks. */
export class ClusterState implements Snapshot {
  readonly nodes: NodeInfo[] = []
  readonly namespaceLabels: Surroundings['namespaceLabels']
  readonly groupSelector: Surroundings['groupSelector']
  readonly volumes?: VolumeView
  readonly #positions = new Map<string, number>()
  /** Every pod that is on a node or was promised to one, by uid. */
  readonly #placed = new Map<string, Placed>()
  /** Pods of nodes that are not known (yet, or any more). */
  readonly #homeless = new Map<string, Map<string, PodInfo>>()
  readonly #images = new Map<string, number>()
  #changes: PodChange[] = []
  #changesForgotten = 0
  #layout = 0
  #withAffinity = 0
  #withRequiredAntiAffinity = 0

  constructor(surroundings: Surroundings) {
    this.namespaceLabels = surroundings.namespaceLabels
    this.groupSelector = surroundings.groupSelector
    if (surroundings.volumes !== undefined) this.volumes = surroundings.volumes
  }

  get hasAffinity(): boolean { return this.#withAffinity > 0 }
  get hasRequiredAntiAffinity(): boolean { return this.#withRequiredAntiAffinity > 0 }

  /** Grows whenever nodes come, go or change in anything but their pods. */
  get layout(): number { return this.#layout }
  /** How many changes of pods there have been. */
  get changeCount(): number { return this.#changesForgotten + this.#changes.length }

  /** The changes since there were `count` of them; undefined if some are forgotten. */
  changesSince(count: number): readonly PodChange[] | undefined {
    return count < this.#changesForgotten ? undefined : this.#changes.slice(count - this.#changesForgotten)
  }

  /** Something else that decisions depend on has changed. */
  touch(): void {
    this.#layout++
  }

  positionOf(name: string): number | undefined {
    return this.#positions.get(name)
  }

  node(name: string): NodeInfo | undefined {
    const position = this.#positions.get(name)
    return position === undefined ? undefined : this.nodes[position]
  }

  nodesWithImage(name: string): number {
    return this.#images.get(name) ?? 0
  }

  nodeOf(uid: string): string | undefined {
    return this.#placed.get(uid)?.node
  }

  /** True for a placement that only the scheduler knows of so far. */
  isPromised(uid: string): boolean {
    const placed = this.#placed.get(uid)
    return placed !== undefined && !placed.info.pod.spec?.nodeName
  }

  /** Takes in a new or changed node; gives what that may mean to pods that wait. */
  setNode(node: Stored<Node>): readonly ClusterChange[] {
    const { name } = node.metadata
    const old = this.node(name)
    if (old === undefined) {
      const info = nodeInfoOf(node, this.#homeless.get(name)?.values())
      this.#homeless.delete(name)
      this.#positions.set(name, this.nodes.length)
      this.nodes.push(info)
      this.#count(info, 1)
      this.#layout++
      return ['node added']
    }
    const info = withPodsOf(nodeInfoOf(node), old)
    const changes = changesOf(old, info)
    // Heartbeats change nothing that a decision looks at.
    if (changes.length > 0 || !deepEqual(old.node.status?.images, node.status?.images)) this.#layout++
    this.#replace(old, info)
    return changes
  }

  removeNode(name: string): void {
    const position = this.#positions.get(name)
    const info = this.node(name)
    if (position === undefined || info === undefined) return
    this.#count(info, -1)
    this.#layout++
    if (info.pods.size > 0) this.#homeless.set(name, new Map(info.pods))
    const last = this.nodes.pop()!
    this.#positions.delete(name)
    if (last !== info) {
      this.nodes[position] = last
      this.#positions.set(last.name, position)
    }
  }

  /**
   * Puts a pod on a node: because it is there, or (before the binding is known to have worked) because it was decided.
   */
  place(info: PodInfo, node: string): void {
    const before = this.#placed.get(info.uid)
    if (before !== undefined && before.node !== node) this.remove(info.uid)
    this.#placed.set(info.uid, { node, info })
    const target = this.node(node)
    if (target !== undefined) {
      const replaced = target.pods.get(info.uid)
      if (replaced !== undefined) this.#record({ node, pod: replaced, sign: -1 })
      this.#replace(target, addPod(target, info))
      return this.#record({ node, pod: info, sign: 1 })
    }
    let homeless = this.#homeless.get(node)
    if (homeless === undefined) this.#homeless.set(node, homeless = new Map())
    homeless.set(info.uid, info)
  }

  /** True if it was anywhere. */
  remove(uid: string): boolean {
    const placed = this.#placed.get(uid)
    if (placed === undefined) return false
    this.#placed.delete(uid)
    const node = this.node(placed.node)
    if (node !== undefined) {
      const pod = node.pods.get(uid)
      this.#replace(node, removePod(node, uid))
      if (pod !== undefined) this.#record({ node: node.name, pod, sign: -1 })
    } else {
      const homeless = this.#homeless.get(placed.node)
      homeless?.delete(uid)
      if (homeless?.size === 0) this.#homeless.delete(placed.node)
    }
    return true
  }

  /** Takes in an assigned pod; gives what that may mean to pods that wait. */
  setPod(pod: Stored<Pod>): readonly ClusterChange[] {
    const info = podInfoOf(pod)
    const before = this.#placed.get(info.uid)
    this.place(info, pod.spec?.nodeName ?? '')
    // One that was promised and has arrived is news too: until now nobody but the scheduler knew.
    if (before === undefined || !before.info.pod.spec?.nodeName) return ['pod assigned']
    const changes: ClusterChange[] = []
    if (!deepEqual(before.info.labels, info.labels)) changes.push('pod labels changed')
    if (isSmaller(info, before.info)) changes.push('pod shrunk')
    return changes
  }

  #replace(old: NodeInfo, info: NodeInfo): void {
    this.nodes[this.#positions.get(old.name)!] = info
    if (old.images !== info.images) {
      this.#countImages(old, -1)
      this.#countImages(info, 1)
    }
    this.#withAffinity += info.withAffinity - old.withAffinity
    this.#withRequiredAntiAffinity += info.withRequiredAntiAffinity - old.withRequiredAntiAffinity
  }

  #record(change: PodChange): void {
    this.#changes.push(change)
    if (this.#changes.length <= changesMax) return
    this.#changesForgotten += this.#changes.length >>> 1
    this.#changes = this.#changes.slice(this.#changes.length >>> 1)
  }

  #count(info: NodeInfo, sign: 1 | -1): void {
    this.#countImages(info, sign)
    this.#withAffinity += sign * info.withAffinity
    this.#withRequiredAntiAffinity += sign * info.withRequiredAntiAffinity
  }

  #countImages({ images }: NodeInfo, sign: 1 | -1): void {
    for (const name of images.keys()) {
      const count = (this.#images.get(name) ?? 0) + sign
      if (count === 0) this.#images.delete(name)
      else this.#images.set(name, count)
    }
  }
}

function changesOf(old: NodeInfo, info: NodeInfo): readonly ClusterChange[] {
  const changes: ClusterChange[] = []
  if (old.podsMax !== info.podsMax || !deepEqual(old.node.status?.allocatable, info.node.status?.allocatable)) {
    changes.push('node resources changed')
  }
  if (!deepEqual(old.labels, info.labels)) changes.push('node labels changed')
  if (!deepEqual(old.taints, info.taints)) changes.push('node taints changed')
  if (old.node.spec?.unschedulable !== info.node.spec?.unschedulable) changes.push('node unschedulable changed')
  return changes
}

function isSmaller({ requests: now }: PodInfo, { requests: before }: PodInfo): boolean {
  return now.milliCpu < before.milliCpu || now.memory < before.memory
}
