/** One step towards `spec.replicas` running pods. */
import { isPodActive, isPodReady, isPodTerminating } from '#api/core/pod/pod-life.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { ReplicaSetStatus } from '#api/gen/apps-v1.ts'
import type { PodTemplateSpec } from '#api/gen/core-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { findCondition, withoutCondition } from '#machinery/meta/conditions.ts'
import { labelSetMatcher, type LabelMatcher } from '#machinery/meta/label-selector.ts'
import type { DeepReadonly, KubeObject, Stored } from '#machinery/meta/object.ts'
import { controllerOf } from '#machinery/meta/owner-references.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { formatTime } from '#machinery/time.ts'
import { create, remove, type Action, type AnyObject, type Outcome, type Plan } from '../driver/action.ts'
import { planClaims } from '../workload/adoption.ts'
import { choosePodsToDelete } from '../workload/deletion-order.ts'
import { isPodAvailable, nextAvailability, podFromTemplate, type StoredPod } from '../workload/pods.ts'

/** A ReplicaSet or a ReplicationController, which differ only in how they write their selector. */
export interface ReplicaState {
  readonly kind: AnyKind
  readonly owner: Stored<KubeObject>
  readonly replicas: number
  readonly minReadySeconds: number
  readonly selector: LabelMatcher
  readonly template: DeepReadonly<PodTemplateSpec>
  readonly status: DeepReadonly<ReplicaSetStatus> | undefined
  /** Pods that it controls and orphans of its namespace that match. */
  readonly pods: readonly StoredPod[]
  /** Pods of the other ReplicaSets of the same Deployment: those that share a node are deleted first. */
  readonly related: readonly StoredPod[]
  readonly now: number
}

/** No more pods than this are created or deleted in one step. */
const burstReplicas = 500

export function reconcile(state: ReplicaState): Plan {
  const { kind, owner, replicas, minReadySeconds, pods, now } = state
  const { claimed, actions: claims } = planClaims(state, pod, pods.filter(isPodActive))
  const isDeleting = owner.metadata.deletionTimestamp !== undefined
  const surplus = claimed.length - replicas
  const scaling = isDeleting ? [] : surplus < 0 ? createPods(state, -surplus) : deletePods(state, claimed, surplus)
  return {
    actions: [...claims, ...scaling],
    afterwards: (outcome) => statusUpdate(state, claimed, surplus, isDeleting ? undefined : outcome.error),
    wakeAt: nextAvailability(claimed, minReadySeconds, now),
    ...(isDeleting && { because: `${kind.kind} is being deleted` }),
  }
}

function createPods({ kind, owner, template }: ReplicaState, missing: number): Action[] {
  const object = podFromTemplate(template, kind, owner)
  const announce = {
    kind, about: owner,
    success: { reason: 'SuccessfulCreate', message: 'Created pod: {name}' },
    failure: { reason: 'FailedCreate', message: 'Error creating: {error}' },
  }
  return Array.from({ length: Math.min(missing, burstReplicas) }, () => create(pod, object, { announce }))
}

function deletePods(
  { kind, owner, related, now }: ReplicaState,
  claimed: readonly StoredPod[],
  surplus: number,
): Action[] {
  const announce = {
    kind, about: owner,
    success: { reason: 'SuccessfulDelete', message: 'Deleted pod: {name}' },
    failure: { reason: 'FailedDelete', message: 'Error deleting: {error}' },
  }
  if (surplus <= 0) return []
  return choosePodsToDelete(claimed, [...claimed, ...related], Math.min(surplus, burstReplicas), now)
    .map((victim) => remove(pod, victim, { announce }))
}

/** The status tells what was seen before this step; the pods' own events bring the next. */
function statusUpdate(
  state: ReplicaState, claimed: readonly StoredPod[], surplus: number, error: Outcome['error'],
): Action[] {
  const { kind, owner, status: old, template, minReadySeconds, now } = state
  const templateLabels = labelSetMatcher(template.metadata?.labels)
  const uid = owner.metadata.uid
  const status: DeepReadonly<ReplicaSetStatus> = {
    ...old,
    replicas: claimed.length,
    fullyLabeledReplicas: claimed.filter(({ metadata }) => templateLabels.matches(metadata.labels)).length,
    readyReplicas: claimed.filter(isPodReady).length,
    availableReplicas: claimed.filter((candidate) => isPodAvailable(candidate, minReadySeconds, now)).length,
    ...(kind.kind === 'ReplicaSet' && {
      terminatingReplicas: state.pods.filter(
        (candidate) => isPodTerminating(candidate) && controllerOf(candidate)?.uid === uid,
      ).length,
    }),
    conditions: failureConditions(old?.conditions, surplus, error, now),
  }
  const observed = { ...status, observedGeneration: owner.metadata.generation ?? 0 }
  if (semanticEqual(zeroed(old), zeroed(observed))) return []
  return [{ type: 'updateStatus', kind, object: { ...owner, status: observed } as AnyObject }]
}

function failureConditions(
  old: DeepReadonly<ReplicaSetStatus>['conditions'], surplus: number, error: Outcome['error'], now: number,
): NonNullable<DeepReadonly<ReplicaSetStatus>['conditions']> {
  if (!error || surplus === 0) return withoutCondition(old, 'ReplicaFailure')
  if (findCondition(old, 'ReplicaFailure')) return old ?? []
  return [...(old ?? []), {
    type: 'ReplicaFailure', status: 'True', lastTransitionTime: formatTime(now),
    reason: surplus < 0 ? 'FailedCreate' : 'FailedDelete', message: error.message,
  }]
}

/** An absent count and zero are the same on the wire. */
function zeroed(status: DeepReadonly<ReplicaSetStatus> | undefined): object {
  return {
    ...status,
    replicas: status?.replicas ?? 0, fullyLabeledReplicas: status?.fullyLabeledReplicas ?? 0,
    readyReplicas: status?.readyReplicas ?? 0, availableReplicas: status?.availableReplicas ?? 0,
    terminatingReplicas: status?.terminatingReplicas ?? 0, observedGeneration: status?.observedGeneration ?? 0,
  }
}
