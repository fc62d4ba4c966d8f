/** The arithmetic of rollouts: how many pods of which ReplicaSet, now. Works on drafts. */
import type { DeploymentSpec } from '#api/gen/apps-v1.ts'
import { scaledIntOrPercent } from '#machinery/int-or-string.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { activeDrafts, availableCount, byAge, compareAge, wantedCount, type Draft } from './replicaset-draft.ts'
import { desiredAnnotation, maxAnnotation, numberIn, syncReplicaAnnotations } from './revision.ts'

/** A Deployment's numbers, with the percentages resolved. */
export interface Limits {
  readonly replicas: number
  readonly isRolling: boolean
  readonly maxSurge: number
  readonly maxUnavailable: number
}

/**
 * Surge rounds up, unavailability rounds down; if both come out as zero, one may be unavailable, or nothing
 * would ever move.
 */
export function resolveLimits(spec: DeepReadonly<DeploymentSpec>): Limits {
  const replicas = spec.replicas ?? 1
  const isRolling = spec.strategy?.type !== 'Recreate'
  if (!isRolling) return { replicas, isRolling, maxSurge: 0, maxUnavailable: 0 }
  const { maxSurge = 0, maxUnavailable = 0 } = spec.strategy?.rollingUpdate ?? {}
  const surge = scaledIntOrPercent(maxSurge, replicas, 'up') ?? 0
  const unavailable = scaledIntOrPercent(maxUnavailable, replicas, 'down') ?? 0
  const resolved = surge === 0 && unavailable === 0 ? 1 : unavailable
  return { replicas, isRolling, maxSurge: surge, maxUnavailable: replicas === 0 ? 0 : Math.min(resolved, replicas) }
}

function scaleTo(draft: Draft, replicas: number, limits: Limits): void {
  draft.replicas = replicas
  syncReplicaAnnotations(draft, limits.replicas, limits.replicas + limits.maxSurge)
}

/** How many pods the new ReplicaSet may have beside all that there are. */
export function newReplicas(all: readonly Draft[], current: number, limits: Limits): number {
  if (!limits.isRolling) return limits.replicas
  const room = limits.replicas + limits.maxSurge - wantedCount(all)
  return room <= 0 ? current : current + Math.min(room, limits.replicas - current)
}

/** One step of a rolling update. The new ReplicaSet grows first; only when it cannot, the old ones shrink. */
export function rollForward(newDraft: Draft, old: readonly Draft[], limits: Limits): void {
  const before = newDraft.replicas
  if (before > limits.replicas) scaleTo(newDraft, limits.replicas, limits)
  else if (before < limits.replicas) scaleToIfChanged(newDraft, newReplicas([newDraft, ...old], before, limits), limits)
  if (newDraft.replicas !== before) return
  shrinkOld(newDraft, old, limits)
}

function scaleToIfChanged(draft: Draft, replicas: number, limits: Limits): void {
  if (draft.replicas !== replicas) scaleTo(draft, replicas, limits)
}

/** First what is unhealthy anyway, then healthy pods as far as availability allows, oldest ReplicaSet first. */
function shrinkOld(newDraft: Draft, old: readonly Draft[], limits: Limits): void {
  const active = byAge(activeDrafts(old))
  if (active.length === 0) return
  const minAvailable = limits.replicas - limits.maxUnavailable
  const newUnavailable = newDraft.replicas - availableCount([newDraft])
  let budget = wantedCount([newDraft, ...old]) - minAvailable - newUnavailable
  if (budget <= 0) return
  for (const draft of active) {
    const unhealthy = draft.replicas - availableCount([draft])
    const count = Math.min(budget, unhealthy)
    if (count <= 0) continue
    scaleTo(draft, draft.replicas - count, limits)
    budget -= count
  }
  let spare = availableCount([newDraft, ...active]) - minAvailable
  for (const draft of active) {
    const count = Math.min(spare, draft.replicas)
    if (count <= 0) continue
    scaleTo(draft, draft.replicas - count, limits)
    spare -= count
  }
}

/** True while an active ReplicaSet remembers another size of the Deployment than it has now. */
export function wasScaled(all: readonly Draft[], limits: Limits): boolean {
  return activeDrafts(all).some((draft) => {
    const desired = numberIn(draft, desiredAnnotation)
    return desired !== undefined && desired !== limits.replicas
  })
}

/** Follows a change of `spec.replicas` without speeding the rollout up: all sizes change in proportion. */
export function scaleProportionally(
  newDraft: Draft | undefined,
  old: readonly Draft[],
  limits: Limits,
  statusReplicas: number,
): void {
  const all = newDraft ? [...old, newDraft] : old
  const only = activeOrLatest(newDraft, old)
  if (only) {
    if (only.replicas !== limits.replicas) scaleTo(only, limits.replicas, limits)
    return
  }
  if (newDraft && isSaturated(newDraft, limits)) {
    for (const draft of activeDrafts(old)) scaleTo(draft, 0, limits)
    return
  }
  if (limits.isRolling) spread(activeDrafts(all), limits, statusReplicas)
}

function activeOrLatest(newDraft: Draft | undefined, old: readonly Draft[]): Draft | undefined {
  const active = activeDrafts(newDraft ? [...old, newDraft] : old)
  if (active.length === 0) return newDraft ?? byAge(old).at(-1)
  return active.length === 1 ? active[0] : undefined
}

function isSaturated(draft: Draft, { replicas }: Limits): boolean {
  return (
    draft.replicas === replicas
    && numberIn(draft, desiredAnnotation) === replicas
    && availableCount([draft]) === replicas
  )
}

/** Larger ReplicaSets get more of the change; among equals, newer ones grow first and older ones shrink first. */
function spread(active: readonly Draft[], limits: Limits, statusReplicas: number): void {
  const allowed = limits.replicas > 0 ? limits.replicas + limits.maxSurge : 0
  const toAdd = allowed - wantedCount(active)
  const ordered = active.toSorted(
    (a, b) => b.replicas - a.replicas || (toAdd > 0 ? -compareAge(a, b) : compareAge(a, b)),
  )
  let added = 0
  const sizes = ordered.map((draft) => {
    const share = proportionOf(draft, limits, statusReplicas, toAdd, added)
    added += share
    return draft.replicas + share
  })
  if (toAdd !== 0) sizes[0] = Math.max(0, sizes[0]! + toAdd - added)
  for (const [i, draft] of ordered.entries()) scaleTo(draft, sizes[i]!, limits)
}

function proportionOf(draft: Draft, limits: Limits, statusReplicas: number, toAdd: number, added: number): number {
  if (draft.replicas === 0 || toAdd === 0 || toAdd === added) return 0
  const fraction = fractionOf(draft, limits, statusReplicas)
  return toAdd > 0 ? Math.min(fraction, toAdd - added) : Math.max(fraction, toAdd - added)
}

function fractionOf(draft: Draft, limits: Limits, statusReplicas: number): number {
  if (limits.replicas === 0) return -draft.replicas
  const before = numberIn(draft, maxAnnotation) || statusReplicas
  if (before === 0) return 0
  const size = draft.replicas * (limits.replicas + limits.maxSurge) / before
  return roundHalfAwayFromZero(size) - draft.replicas
}

function roundHalfAwayFromZero(value: number): number {
  return value < 0 ? Math.trunc(value - 0.5) : Math.trunc(value + 0.5)
}

/** Recreate: all old pods go before the first new one comes. */
export function scaleDownForRecreate(old: readonly Draft[], limits: Limits): boolean {
  const active = activeDrafts(old)
  for (const draft of active) scaleTo(draft, 0, limits)
  return active.length > 0
}

export function scaleUpForRecreate(newDraft: Draft, limits: Limits): void {
  if (newDraft.replicas !== limits.replicas) scaleTo(newDraft, limits.replicas, limits)
}
