/** A Deployment's status: what it has, whether that is enough, and whether it still moves. */
import type { Deployment, DeploymentCondition, DeploymentStatus } from '#api/gen/apps-v1.ts'
import { findCondition, withoutCondition } from '#machinery/meta/conditions.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { formatTime, timeToMilliseconds } from '#machinery/time.ts'
import {
  actualCount,
  availableCount,
  readyCount,
  terminatingCount,
  wantedCount,
  type Draft,
} from './replicaset-draft.ts'
import type { Limits } from './rollout.ts'

export type Conditions = readonly DeepReadonly<DeploymentCondition>[]
type Status = DeepReadonly<DeploymentStatus>

const never = 2 ** 31 - 1

/** 2^31-1 means "none", as does absence. */
export function progressDeadlineOf({ spec }: Stored<Deployment>): number | undefined {
  const seconds = spec?.progressDeadlineSeconds
  return seconds === undefined || seconds === never ? undefined : seconds
}

export function historyLimitOf({ spec }: Stored<Deployment>): number | undefined {
  const limit = spec?.revisionHistoryLimit
  return limit === undefined || limit === never ? undefined : limit
}

/** Nothing changes while status and reason stay; the transition time changes only with the status. */
export function setCondition(
  conditions: Conditions,
  { type, status, reason, message }: Pick<DeploymentCondition, 'type' | 'status'> & { reason: string; message: string },
  now: number,
): Conditions {
  const old = findCondition(conditions, type)
  if (old?.status === status && old.reason === reason) return conditions
  return replaceCondition(conditions, { type, status, reason, message }, now)
}

function replaceCondition(
  conditions: Conditions,
  { type, status, reason, message }: Pick<DeploymentCondition, 'type' | 'status'> & { reason: string; message: string },
  now: number,
): Conditions {
  const old = findCondition(conditions, type)
  const time = formatTime(now)
  const since = old?.status === status ? old.lastTransitionTime ?? time : time
  return [
    ...withoutCondition(conditions, type),
    { type, status, lastUpdateTime: time, lastTransitionTime: since, reason, message },
  ]
}

export interface StatusInput {
  readonly deployment: Stored<Deployment>
  readonly limits: Limits
  readonly newDraft: Draft | undefined
  readonly old: readonly Draft[]
  /** The stored ones, with what this step added. */
  readonly conditions: Conditions
  readonly now: number
}

/** Counts and the Available condition. */
export function computeCounts({ deployment, limits, newDraft, old, conditions, now }: StatusInput): Status {
  const all = newDraft ? [...old, newDraft] : old
  const available = availableCount(all)
  const isAvailable = available >= limits.replicas - limits.maxUnavailable
  const { collisionCount } = deployment.status ?? {}
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: actualCount(all),
    updatedReplicas: newDraft ? actualCount([newDraft]) : 0,
    readyReplicas: readyCount(all),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, wantedCount(all) - available),
    terminatingReplicas: terminatingCount(all),
    ...(collisionCount !== undefined && { collisionCount }),
    conditions: setCondition(
      conditions,
      isAvailable
        ? {
            type: 'Available',
            status: 'True',
            reason: 'MinimumReplicasAvailable',
            message: 'Deployment has minimum availability.',
          }
        : {
            type: 'Available',
            status: 'False',
            reason: 'MinimumReplicasUnavailable',
            message: 'Deployment does not have minimum availability.',
          },
      now,
    ),
  }
}

/** Counts, and on top of them whether the rollout is done, moves, or has stopped. */
export function computeRolloutStatus(input: StatusInput): Status {
  const { newDraft, old } = input
  const status = computeCounts(input)
  const conditions = progressConditions(input, status)
  const failure = replicaFailure(newDraft ? [newDraft, ...old] : old)
  return {
    ...status,
    conditions: failure ? setFailure(conditions, failure) : withoutCondition(conditions, 'ReplicaFailure'),
  }
}

function progressConditions(input: StatusInput, status: Status): Conditions {
  const { deployment, newDraft, now } = input
  const conditions = status.conditions ?? []
  const deadlineSeconds = progressDeadlineOf(deployment)
  if (deadlineSeconds === undefined) return withoutCondition(conditions, 'Progressing')
  const current = findCondition(input.conditions, 'Progressing')
  if (status.replicas === status.updatedReplicas && current?.reason === 'NewReplicaSetAvailable') return conditions
  const subject = newDraft ? `ReplicaSet "${newDraft.name}"` : `Deployment "${deployment.metadata.name}"`
  if (isComplete(deployment, input.limits, status)) {
    return setCondition(
      conditions,
      {
        type: 'Progressing',
        status: 'True',
        reason: 'NewReplicaSetAvailable',
        message: `${subject} has successfully progressed.`,
      },
      now,
    )
  }
  if (hasProgressed(deployment.status, status)) {
    // Replaced even if status and reason stay: the update time is what the deadline counts from.
    return replaceCondition(
      conditions,
      {
        type: 'Progressing',
        status: 'True',
        reason: 'ReplicaSetUpdated',
        message: `${subject} is progressing.`,
      },
      now,
    )
  }
  if (hasTimedOut(current, deadlineSeconds, now)) {
    return setCondition(
      conditions,
      {
        type: 'Progressing',
        status: 'False',
        reason: 'ProgressDeadlineExceeded',
        message: `${subject} has timed out progressing.`,
      },
      now,
    )
  }
  return conditions
}

export function isComplete(
  { metadata }: Stored<Deployment>,
  { replicas }: Limits,
  status: Status | undefined,
): boolean {
  return (status?.updatedReplicas ?? 0) === replicas && (status?.replicas ?? 0) === replicas
    && (status?.availableReplicas ?? 0) === replicas && (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0)
}

function hasProgressed(before: Status | undefined, after: Status): boolean {
  const old = (status: Status | undefined): number => (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0)
  return (after.updatedReplicas ?? 0) > (before?.updatedReplicas ?? 0)
    || old(after) < old(before)
    || (after.readyReplicas ?? 0) > (before?.readyReplicas ?? 0)
    || (after.availableReplicas ?? 0) > (before?.availableReplicas ?? 0)
}

function hasTimedOut(condition: Conditions[number] | undefined, deadlineSeconds: number, now: number): boolean {
  if (!condition || condition.reason === 'NewReplicaSetAvailable') return false
  if (condition.reason === 'ProgressDeadlineExceeded') return true
  return timeToMilliseconds(condition.lastUpdateTime ?? '') + deadlineSeconds * 1000 < now
}

/** When to look again whether a rollout that stands still has run out of time. */
export function progressCheckAt(
  deployment: Stored<Deployment>,
  limits: Limits,
  status: Status,
  now: number,
): number | undefined {
  const deadlineSeconds = progressDeadlineOf(deployment)
  const condition = findCondition(status.conditions, 'Progressing')
  if (deadlineSeconds === undefined || !condition || condition.reason === 'ProgressDeadlineExceeded') return undefined
  if (isComplete(deployment, limits, status) || condition.reason === 'NewReplicaSetAvailable') return undefined
  const due = timeToMilliseconds(condition.lastUpdateTime ?? '') + deadlineSeconds * 1000
  return Number.isNaN(due) ? undefined : Math.max(now, due) + 1000
}

/** The first ReplicaSet that cannot make or remove its pods speaks for the Deployment; the new one first. */
function replicaFailure(drafts: readonly Draft[]): Conditions[number] | undefined {
  for (const { stored } of drafts) {
    const condition = findCondition(stored?.status?.conditions, 'ReplicaFailure')
    if (!condition) continue
    const { type, status, reason, message, lastTransitionTime } = condition
    return {
      type, status, ...(lastTransitionTime !== undefined && { lastUpdateTime: lastTransitionTime, lastTransitionTime }),
      ...(reason !== undefined && { reason }), ...(message !== undefined && { message }),
    }
  }
  return undefined
}

function setFailure(conditions: Conditions, failure: Conditions[number]): Conditions {
  const old = findCondition(conditions, failure.type)
  if (old?.status === failure.status && old.reason === failure.reason) return conditions
  return [...withoutCondition(conditions, failure.type), failure]
}
