/** Evicting a pod: a deletion that PodDisruptionBudgets may refuse (upstream: core/pod/storage/eviction.go). */
import type { Pod, PodCondition } from '#api/gen/core-v1.ts'
import type { Eviction, PodDisruptionBudget } from '#api/gen/policy-v1.ts'
import {
  ApiError,
  badRequest,
  forbidden,
  internalError,
  isReason,
  tooManyRequests,
} from '#machinery/errors/api-error.ts'
import { withCondition } from '#machinery/meta/conditions.ts'
import { labelSelectorMatcher, type LabelSelector } from '#machinery/meta/label-selector.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import { cloneJson } from '#machinery/patch/json.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import { formatTime } from '#machinery/time.ts'
import type { RequestScope, RestContext } from '../rest/context.ts'
import { checkPreconditions, deleteObject, deleteParametersOf, type DeleteParameters } from '../rest/delete.ts'
import { getObject } from '../rest/get.ts'
import { collectionRange } from '../rest/keys.ts'
import { scopeWith } from '../rest/scope.ts'
import { decodeStored } from '../rest/stored-form.ts'
import { updateObject } from '../rest/update.ts'
import { successStatus, type Creation } from './kinds-of-subresource.ts'

/** As often as upstream's EvictionsRetry. */
const maxAttempts = 20
/** More evictions at once than this wait for the controller to confirm the earlier ones. */
const maxDisruptedPods = 2000

const evictionKind = defineKind<Eviction>({
  group: 'policy', kind: 'Eviction', plural: 'evictions', scope: 'Namespaced', verbs: ['create'],
  versions: [{ version: 'v1', schema: 'io.k8s.api.policy.v1.Eviction', served: true, stored: true }],
})

export const podEviction: Creation = {
  type: 'creation',
  kind: evictionKind,
  // Clients of before v1.22 still send it.
  alsoAccepts: ['policy/v1beta1'],
  async create(context, scope, object, parameters) {
    const eviction = object as Eviction
    if (eviction.metadata?.name !== scope.name) throw badRequest('name in URL does not match name in Eviction object')
    const given = deleteParametersOf(eviction.deleteOptions ?? {})
    const options: DeleteParameters = { ...given, dryRun: given.dryRun || parameters.dryRun }
    const pods = context.kinds.findStored('', 'pods')!
    const podScope = scopeWith(scope, { ...pods, subresource: '' })
    await evict(context, podScope, options)
    return { type: 'object', status: 201, object: successStatus }
  },
}

/** A pod that changes while it is looked at is looked at again, unless the client means one version of it. */
async function evict(context: RestContext, scope: RequestScope, options: DeleteParameters): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const pod = decodeStored<Pod>(await getObject(context, scope))
    if (!ignoresBudgets(pod)) return await evictWithinBudget(context, scope, pod, options)
    try {
      await remove(context, scope, options, isFinished(pod) ? undefined : pod.metadata.resourceVersion)
      return
    } catch (error) {
      const isLost = isReason(error, 'Conflict') && options.preconditions?.resourceVersion === undefined
      const now = isLost && decodeStored<Pod>(await getObject(context, scope))
      if (!now || now.metadata.resourceVersion === pod.metadata.resourceVersion || attempt >= maxAttempts) throw error
    }
  }
}

async function evictWithinBudget(
  context: RestContext, scope: RequestScope, pod: Stored<Pod>, options: DeleteParameters,
): Promise<void> {
  const { budget, unchangedSince } = await claimDisruption(context, scope, pod, options.dryRun)
  try {
    await remove(context, scope, options, unchangedSince)
  } catch (error) {
    // The pod has changed since the budget was looked at; the client is to try again.
    const isOurs = unchangedSince !== undefined && options.preconditions?.resourceVersion === undefined
    throw isOurs && isReason(error, 'Conflict') ? stillProcessed(budget) : error
  }
}

/** Says in the pod's status why it ends, for whoever sees it end (a Job), and deletes it. */
async function remove(
  context: RestContext, scope: RequestScope, options: DeleteParameters, unchangedSince: string | undefined,
): Promise<void> {
  const wanted = {
    uid: options.preconditions?.uid, resourceVersion: options.preconditions?.resourceVersion ?? unchangedSince,
  }
  const marked = options.dryRun ? undefined : await markDisrupted(context, scope, wanted)
  const resourceVersion = wanted.resourceVersion && (marked ?? wanted.resourceVersion)
  await deleteObject(context, scope, { ...options, preconditions: { uid: wanted.uid, resourceVersion } })
}

/** Gives the version of the pod that is marked. Throws ApiError 409 for another pod than the wanted one. */
async function markDisrupted(
  context: RestContext, scope: RequestScope, wanted: NonNullable<DeleteParameters['preconditions']>,
): Promise<string | undefined> {
  const apply = (existing: Stored<KubeObject> | undefined): KubeObject => {
    checkPreconditions(scope, { preconditions: wanted }, existing!)
    const pod = cloneJson(existing) as Pod
    const condition: PodCondition = {
      type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting',
      ...(pod.metadata?.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    }
    const conditions = [...withCondition(pod.status?.conditions, condition, formatTime(context.clock.now()))]
    pod.status = { ...pod.status, conditions }
    return pod as KubeObject
  }
  const outcome = await updateObject(
    context, scopeWith(scope, { subresource: 'status' }), { apply, internal: true },
    { dryRun: false, fieldManager: '', fieldValidation: 'Ignore' },
  )
  return outcome.type === 'entry' ? String(outcome.entry.modRevision) : undefined
}

function isFinished(pod: Stored<Pod>): boolean {
  return (
    pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' || pod.metadata.deletionTimestamp !== undefined
  )
}

/** Pods that are over, or not yet begun, disrupt nobody. */
function ignoresBudgets(pod: Stored<Pod>): boolean {
  return isFinished(pod) || pod.status?.phase === 'Pending'
}

interface Claim {
  readonly budget: string
  /** The pod may be deleted without touching the budget, but only as it was seen. */
  readonly unchangedSince: string | undefined
}

async function claimDisruption(
  context: RestContext, scope: RequestScope, pod: Stored<Pod>, dryRun: boolean,
): Promise<Claim> {
  const budgets = budgetsOf(context, pod)
  if (budgets.length > 1) {
    throw new ApiError({
      ...internalError('').status,
      message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    })
  }
  const budget = budgets[0]
  if (!budget) return { budget: '', unchangedSince: undefined }
  const name = budget.metadata.name
  if (!isReady(pod) && mayEvictUnready(budget)) return { budget: name, unchangedSince: pod.metadata.resourceVersion }
  const resource = context.kinds.findStored('policy', 'poddisruptionbudgets')!
  const budgetScope = scopeWith(scope, { ...resource, name, subresource: 'status' })
  await updateObject(
    context,
    budgetScope,
    {
      apply: (existing) => decrement(context, existing as unknown as Stored<PodDisruptionBudget>, pod.metadata.name),
      prepare: () => {},
      validate: () => [],
      internal: true,
    },
    { dryRun, fieldManager: '', fieldValidation: 'Ignore' },
  )
  return { budget: name, unchangedSince: undefined }
}

function budgetsOf(context: RestContext, pod: Stored<Pod>): Stored<PodDisruptionBudget>[] {
  const resource = context.kinds.findStored('policy', 'poddisruptionbudgets')
  if (!resource) return []
  const range = collectionRange(resource.kind, pod.metadata.namespace ?? '')
  return context.store
    .current()
    .list(range)
    .map((entry) => decodeStored<PodDisruptionBudget>(entry))
    .filter(
      ({ spec }) =>
        spec?.selector !== undefined
        && labelSelectorMatcher(spec.selector as LabelSelector).matches(pod.metadata.labels),
    )
}

function isReady(pod: Stored<Pod>): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}

/** A pod that is not ready does not count as healthy; evicting it costs nothing, if the budget's policy lets it. */
function mayEvictUnready({ spec, status }: Stored<PodDisruptionBudget>): boolean {
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true
  const desired = status?.desiredHealthy ?? 0
  return (status?.currentHealthy ?? 0) >= desired && desired > 0
}

function decrement(context: RestContext, budget: Stored<PodDisruptionBudget>, pod: string): KubeObject {
  const { name, generation = 0 } = budget.metadata
  const status = budget.status
  if ((status?.observedGeneration ?? 0) < generation) throw stillProcessed(name)
  const allowed = status?.disruptionsAllowed ?? 0
  const subject = { group: 'policy', resource: 'poddisruptionbudget' }
  if (allowed < 0) throw forbidden(subject, name, 'pdb disruptions allowed is negative')
  if (Object.keys(status?.disruptedPods ?? {}).length > maxDisruptedPods) {
    throw forbidden(subject, name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller')
  }
  if (allowed === 0) {
    throw refused(
      `The disruption budget ${name} needs ${status?.desiredHealthy ?? 0} healthy pods and has ${status?.currentHealthy ?? 0} currently`,
    )
  }
  const next = cloneJson(budget) as unknown as PodDisruptionBudget
  const left = allowed - 1
  next.status = {
    ...next.status!,
    disruptionsAllowed: left,
    disruptedPods: { ...next.status!.disruptedPods, [pod]: formatTime(context.clock.now()) },
  }
  if (left === 0) {
    const now = formatTime(context.clock.now())
    const others = (next.status.conditions ?? []).filter(({ type }) => type !== 'DisruptionAllowed')
    next.status.conditions = [...others, {
      type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods', message: '', lastTransitionTime: now,
      observedGeneration: next.status.observedGeneration ?? 0,
    }]
  }
  return next
}

function stillProcessed(budget: string): ApiError {
  return refused(`The disruption budget ${budget} is still being processed by the server.`, 10)
}

function refused(message: string, retryAfterSeconds = 0): ApiError {
  const error = tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", retryAfterSeconds)
  const details = {
    ...(retryAfterSeconds > 0 && { retryAfterSeconds }), causes: [{ reason: 'DisruptionBudget', message }],
  }
  return new ApiError({ ...error.status, details })
}
