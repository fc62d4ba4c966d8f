/** What a decision sees of the cluster: nodes with their pods, and labels of namespaces. */
import type { LabelMatcher } from '#machinery/meta/label-selector.ts'
import type { VolumeView } from '../volumes/volume-view.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'

export interface Snapshot {
  /** In the order in which they became known. */
  readonly nodes: readonly NodeInfo[]
  node(name: string): NodeInfo | undefined
  namespaceLabels(namespace: string): Readonly<Record<string, string>> | undefined
  /** On how many nodes an image is, by name. */
  nodesWithImage(name: string): number
  /** What the pods of the same Services and workload have in common; undefined if the pod belongs to none. */
  groupSelector?(pod: PodInfo): LabelMatcher | undefined
  /** Absent: pods' claims are not looked at. */
  readonly volumes?: VolumeView
  /** Whether any pod on any node states pod affinity of any kind; lets decisions skip looking for it. */
  readonly hasAffinity: boolean
  readonly hasRequiredAntiAffinity: boolean
}

/** A snapshot of a fixed set of nodes, for tests and for asking "what if". */
export function snapshotOf(
  nodes: readonly NodeInfo[], around: Partial<Pick<Snapshot, 'namespaceLabels' | 'groupSelector' | 'volumes'>> = {},
): Snapshot {
  const byName = new Map(nodes.map((info) => [info.name, info]))
  return {
    nodes,
    namespaceLabels: around.namespaceLabels ?? (() => undefined),
    ...(around.groupSelector !== undefined && { groupSelector: around.groupSelector }),
    ...(around.volumes !== undefined && { volumes: around.volumes }),
    node: (name) => byName.get(name),
    nodesWithImage: (name) => nodes.filter((info) => info.images.has(name)).length,
    hasAffinity: nodes.some((info) => info.withAffinity > 0),
    hasRequiredAntiAffinity: nodes.some((info) => info.withRequiredAntiAffinity > 0),
  }
}

/** The same cluster with one node looking differently. */
export function withNode(snapshot: Snapshot, changed: NodeInfo): Snapshot {
  return snapshotOf(snapshot.nodes.map((info) => info.name === changed.name ? changed : info), snapshot)
}
