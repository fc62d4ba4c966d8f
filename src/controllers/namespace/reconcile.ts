/** One step of deleting a namespace's content. */
import { namespace as namespaceKind } from '#api/core/namespace/namespace.ts'
import type { Namespace, NamespaceCondition } from '#api/gen/core-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { ResourceName } from '#client/client.ts'
import { findCondition } from '#machinery/meta/conditions.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { formatTime } from '#machinery/time.ts'
import { update, updateStatus, type Action, type Plan } from '../driver/action.ts'

/** What is left of one resource in the namespace. */
export interface Remaining {
  readonly resource: ResourceName
  readonly count: number
  /** Some are not being deleted yet. */
  readonly isUntouched: boolean
  readonly graceSeconds: number
  /** Finalizers, and how many objects each of them keeps. */
  readonly finalizers: ReadonlyMap<string, number>
}

export interface NamespaceState {
  readonly namespace: Stored<Namespace>
  readonly remaining: readonly Remaining[]
  /** Resources that could not be listed. */
  readonly failures: readonly string[]
  /** Why there may be resources that nobody has looked at. */
  readonly undiscovered?: string | undefined
  readonly now: number
}

const finalizer = 'kubernetes'
/** How long upstream expects a finalizer to take. */
const finalizerSeconds = 15
const checkAgainMs = 100
/** Servers come back by themselves too, and then it is told sooner. */
const discoverAgainMs = 5_000

export function reconcile({ namespace, remaining, failures, undiscovered, now }: NamespaceState): Plan {
  if (remaining.length === 0 && failures.length === 0) {
    if (undiscovered === undefined) return { actions: [finalize(namespace)] }
    return {
      actions: tell(namespace, { remaining, failures, undiscovered }, now), wakeAt: now + discoverAgainMs,
      because: undiscovered,
    }
  }
  const untouched = remaining.filter(({ isUntouched }) => isUntouched)
  const deletions = untouched.map(({ resource }): Action =>
    ({ type: 'deleteCollection', resource, namespace: namespace.metadata.name }))
  const seconds = Math.max(
    ...remaining.map(({ graceSeconds, finalizers }) => (finalizers.size > 0 ? finalizerSeconds : graceSeconds)),
    0,
  )
  return {
    actions: deletions,
    afterwards: ({ error }) => tell(
      namespace, { remaining, failures: error ? [...failures, error.message] : failures, undiscovered }, now,
    ),
    wakeAt: now + (untouched.length > 0 ? checkAgainMs : (Math.floor(seconds / 2) + 1) * 1000),
    because:
      remaining.map(({ resource, count }) => `${count} ${resource.resource}`).join(', ')
      || 'not everything could be listed',
  }
}

function finalize(namespace: Stored<Namespace>): Action {
  const finalizers = (namespace.spec?.finalizers ?? []).filter((name) => name !== finalizer)
  return update(
    namespaceKind,
    { ...namespace, spec: { ...namespace.spec, finalizers } },
    { subresource: 'finalize', ifGone: 'ignore' },
  )
}

type Condition = DeepReadonly<NamespaceCondition>

type Findings = Pick<NamespaceState, 'remaining' | 'failures' | 'undiscovered'>

function tell(namespace: Stored<Namespace>, findings: Findings, now: number): Action[] {
  const old = namespace.status?.conditions ?? []
  const conditions = computeConditions(findings).map((condition): Condition => {
    const before = findCondition(old, condition.type)
    const time = before?.status === condition.status ? before.lastTransitionTime : undefined
    return { ...condition, lastTransitionTime: time ?? formatTime(now) }
  })
  const status = { ...namespace.status, phase: 'Terminating' as const, conditions }
  return semanticEqual(namespace.status, status)
    ? []
    : [updateStatus(namespaceKind, { ...namespace, status }, { ifGone: 'ignore' })]
}

/** Always the same five, in upstream's order and words. */
function computeConditions({ remaining, failures, undiscovered }: Findings): readonly Condition[] {
  const finalizers = new Map<string, number>()
  for (const resource of remaining) {
    for (const [name, count] of resource.finalizers) finalizers.set(name, (finalizers.get(name) ?? 0) + count)
  }
  const contents = remaining.map(
    ({ resource: { resource, group }, count }) => `${resource}.${group} has ${count} resource instances`,
  )
  const waiting = [...finalizers].map(([name, count]) => `${name} in ${count} resource instances`)
  const condition = (
    type: string,
    bad: string | undefined,
    reason: string,
    okReason: string,
    okMessage: string,
  ): Condition =>
    bad === undefined
      ? { type, status: 'False', reason: okReason, message: okMessage }
      : { type, status: 'True', reason, message: bad }
  return [
    condition(
      'NamespaceDeletionDiscoveryFailure',
      undiscovered,
      'DiscoveryFailed',
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ),
    condition(
      'NamespaceDeletionGroupVersionParsingFailure',
      undefined,
      '',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    condition('NamespaceDeletionContentFailure',
      failures.length === 0 ? undefined
        : `Failed to delete all resource types, ${failures.length} remaining: ${failures.toSorted().join(', ')}`,
      'ContentDeletionFailed', 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization'),
    condition('NamespaceContentRemaining',
      contents.length === 0 ? undefined : `Some resources are remaining: ${contents.toSorted().join(', ')}`,
      'SomeResourcesRemain', 'ContentRemoved', 'All content successfully removed'),
    condition(
      'NamespaceFinalizersRemaining',
      waiting.length === 0
        ? undefined
        : `Some content in the namespace has finalizers remaining: ${waiting.toSorted().join(', ')}`,
      'SomeFinalizersRemain',
      'ContentHasNoFinalizers',
      'All content-preserving finalizers finished',
    ),
  ]
}
