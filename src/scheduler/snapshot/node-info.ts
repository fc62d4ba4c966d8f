/** A node with the pods that are or will be on it, and what is left of it. */
import type { Node, Taint } from '#api/gen/core-v1.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { parseQuantity, quantityValue } from '#machinery/quantity.ts'
import type { HostPort, PodInfo } from './pod-info.ts'
import { addResources, noResources, resourcesOf, subtractResources, type Resources } from './resources.ts'

export interface NodeInfo {
  readonly node: Stored<Node>
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly DeepReadonly<Taint>[]
  readonly allocatable: Resources
  readonly podsMax: number
  readonly requested: Resources
  readonly assumedRequested: Resources
  /** By uid. */
  readonly pods: ReadonlyMap<string, PodInfo>
  /** How many of the pods state pod affinity or anti-affinity of any kind, and how many require anti-affinity. */
  readonly withAffinity: number
  readonly withRequiredAntiAffinity: number
  /** Sizes of the images that are on the node, by each of their names. */
  readonly images: ReadonlyMap<string, number>
}

/** The plugins read NodeInfo; only the cluster's state changes one, through these functions, which give a new one. */
export function nodeInfoOf(node: Stored<Node>, pods: Iterable<PodInfo> = []): NodeInfo {
  const images = new Map<string, number>()
  for (const image of node.status?.images ?? []) for (const name of image.names ?? []) images.set(
    name, image.sizeBytes ?? 0,
  )
  let info: NodeInfo = {
    node,
    name: node.metadata.name,
    labels: node.metadata.labels ?? {},
    taints: node.spec?.taints ?? [],
    allocatable: resourcesOf(node.status?.allocatable),
    podsMax: podsMaxOf(node),
    requested: noResources,
    assumedRequested: noResources,
    pods: new Map(),
    withAffinity: 0,
    withRequiredAntiAffinity: 0,
    images,
  }
  for (const pod of pods) info = addPod(info, pod)
  return info
}

function podsMaxOf(node: Stored<Node>): number {
  const pods = node.status?.allocatable?.['pods']
  return pods === undefined ? 0 : quantityValue(parseQuantity(pods))
}

/** The node with the pods of an earlier state of it. */
export function withPodsOf(info: NodeInfo, earlier: NodeInfo): NodeInfo {
  const { requested, assumedRequested, pods, withAffinity, withRequiredAntiAffinity } = earlier
  return { ...info, requested, assumedRequested, pods, withAffinity, withRequiredAntiAffinity }
}

/** The same node, whose pods may be changed without anybody else seeing it. */
export function withOwnPods(info: NodeInfo): NodeInfo {
  return { ...info, pods: new Map(info.pods) }
}

/** The node as it would be with one pod more. */
export function withPod(info: NodeInfo, pod: PodInfo): NodeInfo {
  return addPod(withOwnPods(info), pod)
}

/**
 * As withPod, but `info` is used up: its pods are the result's. A node of a hundred pods would else be copied for each.
 */
export function addPod(info: NodeInfo, pod: PodInfo): NodeInfo {
  const before = removePod(info, pod.uid)
  ;(before.pods as Map<string, PodInfo>).set(pod.uid, pod)
  return withSums(before, pod, 1)
}

/** The node without one of its pods; `info` is used up. */
export function removePod(info: NodeInfo, uid: string): NodeInfo {
  const pod = info.pods.get(uid)
  if (pod === undefined) return info
  ;(info.pods as Map<string, PodInfo>).delete(uid)
  return withSums(info, pod, -1)
}

function withSums(info: NodeInfo, pod: PodInfo, sign: 1 | -1): NodeInfo {
  const combine = sign > 0 ? addResources : subtractResources
  return {
    node: info.node, name: info.name, labels: info.labels, taints: info.taints, allocatable: info.allocatable,
    podsMax: info.podsMax, images: info.images, pods: info.pods,
    requested: combine(info.requested, pod.requests),
    assumedRequested: combine(info.assumedRequested, pod.assumedRequests),
    withAffinity: info.withAffinity + (hasAffinity(pod) ? sign : 0),
    withRequiredAntiAffinity: info.withRequiredAntiAffinity + (pod.requiredAntiAffinity.length > 0 ? sign : 0),
  }
}

export function hasAffinity(pod: PodInfo): boolean {
  const { requiredAffinity, requiredAntiAffinity, preferredAffinity, preferredAntiAffinity } = pod
  return (
    requiredAffinity.length + requiredAntiAffinity.length + preferredAffinity.length + preferredAntiAffinity.length > 0
  )
}

/** True if no pod of the node has any of the ports; 0.0.0.0 is every address. */
export function hasFreePorts(info: NodeInfo, wanted: readonly HostPort[]): boolean {
  for (const pod of info.pods.values()) {
    for (const used of pod.hostPorts) if (wanted.some((port) => collides(port, used))) return false
  }
  return true
}

function collides(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0')
}
