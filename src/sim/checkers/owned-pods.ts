/**
 * Which pods count for whom, and what an owner asked for lately: shared by the checkers of replicas and of
 * availability.
 */
import type { Deployment, ReplicaSet } from '#api/gen/apps-v1.ts'
import type { Pod, ReplicationController } from '#api/gen/core-v1.ts'
import { labelSelectorMatcher, labelSetMatcher, type LabelMatcher } from '#machinery/meta/label-selector.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { History } from '../history.ts'
import { staleMs } from './checker.ts'

export type Owner = Stored<ReplicaSet> | Stored<ReplicationController>

export function controllerUid(object: Stored<KubeObject>): string | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller)?.uid
}

export function ownersOf(history: History): ReadonlyMap<string, Owner> {
  return new Map(
    [
      ...history.of<ReplicaSet>('replicasets.apps').values(),
      ...history.of<ReplicationController>('replicationcontrollers').values(),
    ].map((owner) => [owner.metadata.uid, owner]),
  )
}

export function deploymentOf(history: History, set: Owner): Stored<Deployment> | undefined {
  const uid = controllerUid(set)
  if (uid === undefined) return undefined
  return [...history.of<Deployment>('deployments.apps').values()].find(({ metadata }) => metadata.uid === uid)
}

export function selectorOf(owner: Owner): LabelMatcher {
  const selector = owner.spec?.selector as ReplicaSet['spec'] extends { selector: infer S } | undefined ? S : never
  return owner.kind === 'ReplicaSet'
    ? labelSelectorMatcher(selector)
    : labelSetMatcher(owner.spec?.selector as Record<string, string>)
}

export function isActive({ metadata, status }: Stored<Pod>): boolean {
  return !metadata.deletionTimestamp && status?.phase !== 'Succeeded' && status?.phase !== 'Failed'
}

export function isReady({ status }: Stored<Pod>): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false
}

/** Active pods that it controls and selects. */
export function podsOf(history: History, owner: Owner): readonly Stored<Pod>[] {
  const selector = selectorOf(owner)
  return [...history.of<Pod>('pods').values()].filter(
    (pod) => isActive(pod) && controllerUid(pod) === owner.metadata.uid && selector.matches(pod.metadata.labels),
  )
}

/** A number per uid, and what it was before, as far back as somebody may still believe it. */
export class Lately {
  readonly #values = new Map<string, { readonly value: number; readonly until: number }[]>()
  readonly #current = new Map<string, number>()

  set(uid: string, value: number, at: number): void {
    const before = this.#current.get(uid)
    if (before === value) return
    if (before !== undefined) {
      const past = (this.#values.get(uid) ?? []).filter(({ until }) => at - until < staleMs)
      this.#values.set(uid, [...past, { value: before, until: at }])
    }
    this.#current.set(uid, value)
  }

  /** Every value that somebody may believe to be the current one. */
  values(uid: string, at: number): readonly number[] {
    const past = (this.#values.get(uid) ?? []).filter(({ until }) => at - until < staleMs).map(({ value }) => value)
    const current = this.#current.get(uid)
    return current === undefined ? past : [...past, current]
  }
}
