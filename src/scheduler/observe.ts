/** Turns what informers tell into the cluster's state, the queue's contents and the changes that wake waiting pods. */
import { replicaSet } from '#api/apps/replicaset/replicaset.ts'
import { statefulSet } from '#api/apps/statefulset/statefulset.ts'
import { namespace as namespaceKind } from '#api/core/namespace/namespace.ts'
import { node as nodeKind } from '#api/core/node/node.ts'
import { isPodFinished } from '#api/core/pod/pod-life.ts'
import { pod as podKind } from '#api/core/pod/pod.ts'
import { replicationController } from '#api/core/replicationcontroller/replicationcontroller.ts'
import { service as serviceKind } from '#api/core/service/service.ts'
import type { Node, Pod, PodSpec } from '#api/gen/core-v1.ts'
import type { PodDisruptionBudget } from '#api/gen/policy-v1.ts'
import { podDisruptionBudget } from '#api/policy/poddisruptionbudget/poddisruptionbudget.ts'
import { deepEqual } from '#base/deep-equal.ts'
import type { Informers } from '#client/informers.ts'
import {
  labelSelectorMatcher,
  labelSetMatcher,
  matcherOf,
  type LabelMatcher,
  type LabelRequirement,
} from '#machinery/meta/label-selector.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { controllerOf } from '#machinery/meta/owner-references.ts'
import type { ClusterChange } from './plugin.ts'
import { schedulingGatesOf } from './plugins/scheduling-gates.ts'
import type { SchedulingQueue } from './queue/scheduling-queue.ts'
import { ClusterState } from './snapshot/cluster-state.ts'
import { podInfoOf, type PodInfo } from './snapshot/pod-info.ts'
import { observeVolumes, type VolumeObservation } from './volumes/observe-volumes.ts'

export interface Observation {
  readonly state: ClusterState
  readonly volumes: VolumeObservation
  /** Pods that were promised the node and are not on it yet. */
  readonly nominated: (node: string) => readonly PodInfo[]
  /** Whether there are any such pods at all. */
  readonly hasNominated: boolean
  nominate(info: PodInfo, node: string): void
  unnominate(uid: string): void
  /** Takes back a placement that did not come about; one that did come about after all stays. */
  forget(uid: string): void
  budgets(): readonly DeepReadonly<PodDisruptionBudget>[]
  stop(): void
}

export interface ObservationParts {
  readonly informers: Informers
  readonly queue: SchedulingQueue
  readonly schedulerNames: ReadonlySet<string>
}

export function observeCluster({ informers, queue, schedulerNames }: ObservationParts): Observation {
  const [pods, nodes, namespaces] = [informers.of(podKind), informers.of(nodeKind), informers.of(namespaceKind)]
  const budgets = informers.of(podDisruptionBudget)
  const nominations = new Nominations()
  const volumes = observeVolumes(informers, (change) => queue.changed(change))
  const state = new ClusterState({
    namespaceLabels: (name) => namespaces.get(name)?.metadata.labels,
    groupSelector: groupSelectorFrom(informers),
    volumes: volumes.view,
  })
  const wake = (changes: readonly ClusterChange[]): void => { for (const change of changes) queue.changed(change) }
  const removed = (uid: string): void => {
    nominations.remove(uid)
    queue.remove(uid)
    if (state.remove(uid)) queue.changed('pod deleted')
  }

  const podChanged = (old: Stored<Pod> | undefined, pod: Stored<Pod>): void => {
    const { uid } = pod.metadata
    if (isPodFinished(pod)) return removed(uid)
    if (pod.spec?.nodeName) {
      queue.remove(uid)
      nominations.remove(uid)
      return wake(state.setPod(pod))
    }
    const isOurs = schedulerNames.has(pod.spec?.schedulerName ?? '')
    if (!isOurs || schedulingGatesOf(pod).length > 0 || pod.metadata.deletionTimestamp !== undefined) {
      nominations.remove(uid)
      return queue.remove(uid)
    }
    // The binding is on its way, and this is an older state of the pod or a change that cannot stop it.
    if (state.nodeOf(uid) !== undefined) return
    const info = podInfoOf(pod)
    if (pod.status?.nominatedNodeName) nominations.set(info, pod.status.nominatedNodeName)
    queue.set(info, old !== undefined && isChangedForScheduling(old, pod))
  }

  const unsubscribe = [
    nodes.subscribe({
      onAdd: (node: Stored<Node>) => wake(state.setNode(node)),
      onUpdate: (_, node) => wake(state.setNode(node)),
      onDelete: (node) => state.removeNode(node.metadata.name),
    }),
    pods.subscribe({
      onAdd: (pod) => podChanged(undefined, pod),
      onUpdate: podChanged,
      onDelete: (pod) => removed(pod.metadata.uid),
    }),
    namespaces.subscribe({
      onUpdate: (old, namespace) => {
        if (deepEqual(old.metadata.labels, namespace.metadata.labels)) return
        state.touch()
        queue.changed('namespace labels changed')
      },
    }),
  ]
  return {
    state,
    volumes,
    nominated: (node) => nominations.of(node),
    get hasNominated() { return nominations.size > 0 },
    nominate: (info, node) => nominations.set(info, node),
    unnominate: (uid) => nominations.remove(uid),
    forget(uid) {
      if (state.isPromised(uid) && state.remove(uid)) queue.changed('pod deleted')
    },
    budgets: () => budgets.list(),
    stop: () => { for (const end of [...unsubscribe, volumes.stop]) end() },
  }
}

class Nominations {
  readonly #byNode = new Map<string, Map<string, PodInfo>>()
  readonly #nodes = new Map<string, string>()

  get size(): number {
    return this.#nodes.size
  }

  of(node: string): readonly PodInfo[] {
    const pods = this.#byNode.get(node)
    return pods === undefined ? [] : [...pods.values()]
  }

  set(info: PodInfo, node: string): void {
    this.remove(info.uid)
    let pods = this.#byNode.get(node)
    if (pods === undefined) this.#byNode.set(node, pods = new Map())
    pods.set(info.uid, info)
    this.#nodes.set(info.uid, node)
  }

  remove(uid: string): void {
    const node = this.#nodes.get(uid)
    if (node === undefined) return
    this.#nodes.delete(uid)
    const pods = this.#byNode.get(node)
    pods?.delete(uid)
    if (pods?.size === 0) this.#byNode.delete(node)
  }
}

/** Status is the scheduler's own writing, and who manages which field concerns nobody here. */
function isChangedForScheduling(old: Stored<Pod>, pod: Stored<Pod>): boolean {
  const schedulable = (
    { metadata, spec }: Stored<Pod>,
  ): readonly [unknown, DeepReadonly<PodSpec> | undefined] => [metadata.labels, spec]
  return !deepEqual(schedulable(old), schedulable(pod))
}

/** Upstream's DefaultSelector: the selectors of the pod's Services and of the workload that controls it, together. */
function groupSelectorFrom(informers: Informers): (pod: PodInfo) => LabelMatcher | undefined {
  const services = informers.of(serviceKind)
  const [replicaSets, statefulSets, controllers] = [
    informers.of(replicaSet), informers.of(statefulSet), informers.of(replicationController),
  ]
  return ({ pod, namespace, labels }) => {
    const requirements: LabelRequirement[] = []
    for (const { spec } of services.list(namespace)) {
      if (spec?.selector === undefined || Object.keys(spec.selector).length === 0) continue
      const selector = labelSetMatcher(spec.selector)
      if (selector.matches(labels)) requirements.push(...selector.requirements ?? [])
    }
    const owner = controllerOf(pod)
    if (owner?.kind === 'ReplicaSet') {
      requirements.push(...requirementsOf(replicaSets.get(owner.name, namespace)?.spec?.selector))
    } else if (owner?.kind === 'StatefulSet') {
      requirements.push(...requirementsOf(statefulSets.get(owner.name, namespace)?.spec?.selector))
    } else if (owner?.kind === 'ReplicationController') {
      requirements.push(...labelSetMatcher(controllers.get(owner.name, namespace)?.spec?.selector).requirements ?? [])
    }
    return requirements.length === 0 ? undefined : matcherOf(requirements)
  }
}

function requirementsOf(selector: Parameters<typeof labelSelectorMatcher>[0]): readonly LabelRequirement[] {
  return selector === undefined ? [] : labelSelectorMatcher(selector).requirements ?? []
}
