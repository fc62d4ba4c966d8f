/**
 * Deleting objects of any kind: at once, gracefully, or step by step with finalizers (upstream: store.go Delete,
 * rest/delete.go).
 */
import type { DeleteOptions } from '#api/gen/meta-v1.ts'
import { deepEqual } from '#base/deep-equal.ts'
import { conflict, invalid } from '#machinery/errors/api-error.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, notSupported } from '#machinery/errors/field-errors.ts'
import { foregroundFinalizer, orphanFinalizer } from '#machinery/meta/finalizers.ts'
import type { DeepReadonly, KubeObject, ObjectMeta, Stored } from '#machinery/meta/object.ts'
import { cloneJson } from '#machinery/patch/json.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { formatTime } from '#machinery/time.ts'
import type { Entry } from '#storage/store.ts'
import { markDefinition } from '../crd/definition-status.ts'
import { withKeys } from '../encryption/encrypted-store.ts'
import { runMutatingAdmission, runValidatingAdmission } from './admit.ts'
import { kindSubject, resourceSubject, type Outcome, type RequestScope, type RestContext } from './context.ts'
import { encodeForStore, objectNotFound } from './create.ts'
import { loadObject, ownEntry } from './forms.ts'
import { objectKeyInStore } from './keys.ts'

export interface DeleteParameters {
  readonly gracePeriodSeconds?: number | undefined
  readonly propagationPolicy?: string | undefined
  /** The older spelling of propagation; not both. */
  readonly orphanDependents?: boolean | undefined
  readonly preconditions?: {
    readonly uid?: string | undefined; readonly resourceVersion?: string | undefined,
  } | undefined
  readonly dryRun: boolean
}

export interface Deletion {
  readonly outcome: Outcome
  /** False: it has only been marked, and goes when its finalizers or its owner say so. */
  readonly deleted: boolean
}

const maxAttempts = 50

/** Kinds whose DELETE answers with the object; all others with a Status. */
const answersWithObject: ReadonlySet<string> = new Set([
  '/namespaces',
  '/persistentvolumeclaims',
  '/persistentvolumes',
  '/pods',
  '/podtemplates',
  '/resourcequotas',
  '/serviceaccounts',
  '/services',
  'resource.k8s.io/deviceclasses',
  'resource.k8s.io/devicetaintrules',
  'resource.k8s.io/resourceclaims',
  'resource.k8s.io/resourceclaimtemplates',
  'resource.k8s.io/resourcepoolstatusrequests',
  'resource.k8s.io/resourceslices',
  'storage.k8s.io/csidrivers',
  'storage.k8s.io/csinodes',
  'storage.k8s.io/storageclasses',
  'storage.k8s.io/volumeattachments',
  'storage.k8s.io/volumeattributesclasses',
  'storage.k8s.io/csistoragecapacities',
])

export async function deleteObject(
  context: RestContext, scope: RequestScope, parameters: DeleteParameters,
): Promise<Deletion> {
  checkParameters(parameters)
  return await withKeys(() => deleteReadable(context, scope, parameters))
}

async function deleteReadable(
  context: RestContext, scope: RequestScope, parameters: DeleteParameters,
): Promise<Deletion> {
  const key = objectKeyInStore(scope.kind, scope.namespace, scope.name)
  let entry = context.store.current().get(key)
  if (!entry) throw objectNotFound(scope)
  const admitted = { revision: -1 }
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const step = await attemptDelete(context, scope, parameters, entry, admitted)
    if (step.type === 'done') return step.deletion
    if (!step.current) {
      if (step.last) return { outcome: deletedOutcome(scope.kind, step.last), deleted: true }
      throw objectNotFound(scope)
    }
    entry = step.current
  }
  throw conflict(resourceSubject(scope.kind), scope.name, 'the object changes faster than it can be deleted')
}

type Step =
  | { readonly type: 'done'; readonly deletion: Deletion }
  | { readonly type: 'lost'; readonly current: Entry | undefined; readonly last?: Stored<KubeObject> }

async function attemptDelete(
  context: RestContext, scope: RequestScope, parameters: DeleteParameters, stored: Entry,
  admitted: { revision: number },
): Promise<Step> {
  const { kind } = scope
  const entry = await ownEntry(scope, stored)
  const old = loadObject(kind, entry)
  checkPreconditions(scope, parameters, old)
  const plan = planFor(kind, old, parameters, context.clock.now())
  if (plan.type === 'already') return done(deletedOutcome(kind, old), false)
  if (admitted.revision !== entry.modRevision) {
    const request = {
      operation: 'DELETE', scope, name: scope.name, object: undefined, old, dryRun: parameters.dryRun,
    } as const
    await runMutatingAdmission(context, request)
    await runValidatingAdmission(context, request)
    admitted.revision = entry.modRevision
  }
  let current = entry
  if (plan.type === 'mark') {
    if (!plan.thenDelete && deepEqual(plan.object, old)) return done({ type: 'entry', status: 200, entry }, false)
    if (parameters.dryRun) return done({ type: 'object', status: 200, object: plan.object }, plan.thenDelete)
    const result = await context.store.swap(
      entry.key, entry.modRevision, { type: 'put', value: await encodeForStore(scope, plan.object) },
    )
    if (result.type === 'conflict') return { type: 'lost', current: result.current }
    current = result.entry
    if (!plan.thenDelete) {
      return done({ type: 'entry', status: 200, entry: await ownEntry(scope, current) }, false)
    }
  }
  if (parameters.dryRun) return done(deletedOutcome(kind, old), true)
  const result = await context.store.swap(current.key, current.modRevision, { type: 'delete' })
  // Someone else may have deleted it between the two steps; that is as good.
  if (result.type === 'conflict') {
    return { type: 'lost', current: result.current, ...(plan.type === 'mark' && { last: old }) }
  }
  await context.hooks.get(`${kind.group}/${kind.plural}`)?.afterDelete?.(old)
  return done(deletedOutcome(kind, loadObject(kind, kind.remote ? entry : result.entry)), true)
}

function planFor(kind: AnyKind, old: Stored<KubeObject>, parameters: DeleteParameters, now: number): DeletionPlan {
  switch (`${kind.group}/${kind.plural}`) {
    case '/namespaces': return planNamespaceDeletion(old, parameters, now)
    case 'apiextensions.k8s.io/customresourcedefinitions':
      // Its instances go first (upstream: apiextensions-apiserver/pkg/registry/customresourcedefinition).
      if (!old.metadata.deletionTimestamp) {
        return { type: 'mark', object: markDefinition(old, formatTime(now)), thenDelete: false }
      }
  }
  return planDeletion(kind, old, parameters, now)
}

function done(outcome: Outcome, deleted: boolean): Step {
  return { type: 'done', deletion: { outcome, deleted } }
}

/** What a DELETE answers once nothing more is to be written. */
function deletedOutcome(kind: AnyKind, object: Stored<KubeObject>): Outcome {
  if (answersWithObject.has(`${kind.group}/${kind.plural}`)) {
    return { type: 'object', status: 200, object: object as KubeObject }
  }
  const { name, uid } = object.metadata
  const details = { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural, uid }
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }
  return { type: 'object', status: 200, object: status as KubeObject }
}

type DeletionPlan =
  /** A deletion is under way already, and this request does not hasten it. */
  | { readonly type: 'already' }
  | { readonly type: 'now' }
  | { readonly type: 'mark'; readonly object: KubeObject; readonly thenDelete: boolean }

function planDeletion(kind: AnyKind, old: Stored<KubeObject>, parameters: DeleteParameters, now: number): DeletionPlan {
  const grace = planGrace(kind, old, parameters, now)
  if (grace === 'pending') return { type: 'already' }
  const finalizers = collectorFinalizers(kind, old, parameters)
  const changed = !sameSet(finalizers, old.metadata.finalizers ?? [])
  if (grace === undefined && finalizers.length === 0) return { type: 'now' }
  const object = cloneJson(old) as KubeObject
  const metadata = object.metadata!
  if (changed) setFinalizers(metadata, finalizers)
  if (grace === undefined) {
    markAsDeleting(metadata, now)
    return { type: 'mark', object, thenDelete: false }
  }
  if (!metadata.deletionTimestamp && (metadata.generation ?? 0) > 0) metadata.generation!++
  metadata.deletionTimestamp = formatTime(grace.deletionTime)
  metadata.deletionGracePeriodSeconds = grace.seconds
  return { type: 'mark', object, thenDelete: grace.seconds === 0 && finalizers.length === 0 }
}

/**
 * How long the object still lives; undefined when its kind has no grace; 'pending' when it is dying and may not be
 * hurried by this.
 */
function planGrace(
  kind: AnyKind, old: Stored<KubeObject>, parameters: DeleteParameters, now: number,
): { readonly seconds: number; readonly deletionTime: number } | 'pending' | undefined {
  if (!kind.graceSeconds) return undefined
  const requested =
    parameters.gracePeriodSeconds === undefined ? undefined : Math.max(parameters.gracePeriodSeconds, -1)
  const asked = requested === -1 ? 1 : requested
  const { deletionTimestamp, deletionGracePeriodSeconds } = old.metadata
  if (deletionTimestamp) {
    const current = deletionGracePeriodSeconds ?? 0
    if (current === 0) return undefined
    if (asked === undefined || asked >= current) return 'pending'
    const shortened = Date.parse(deletionTimestamp) + 1000 * (asked - current)
    if (shortened >= now) return { seconds: asked, deletionTime: shortened }
    // The whole period is over; a graceful request still leaves the last step to the object's owner.
    return { seconds: asked === 0 ? 0 : 1, deletionTime: now }
  }
  const seconds = kind.graceSeconds(old, asked)
  return seconds === undefined ? undefined : { seconds, deletionTime: now + 1000 * seconds }
}

/** For kinds without grace: what finalizers wait for. */
function markAsDeleting(metadata: ObjectMeta, now: number): void {
  if (!metadata.deletionTimestamp && (metadata.generation ?? 0) > 0) metadata.generation!++
  if (!metadata.deletionTimestamp || Date.parse(metadata.deletionTimestamp) > now) {
    metadata.deletionTimestamp = formatTime(now)
  }
  metadata.deletionGracePeriodSeconds = 0
}

/** The object's finalizers with the garbage collector's own two as the request wants them. */
function collectorFinalizers(kind: AnyKind, old: Stored<KubeObject>, parameters: DeleteParameters): string[] {
  const existing = old.metadata.finalizers ?? []
  // Events own nothing, so collecting what they own is unsupported.
  const isEvent = kind.plural === 'events' && (kind.group === '' || kind.group === 'events.k8s.io')
  const finalizers = existing.filter((finalizer) => finalizer !== orphanFinalizer && finalizer !== foregroundFinalizer)
  if (isEvent) return finalizers
  const { orphanDependents, propagationPolicy } = parameters
  if (orphanDependents !== undefined) return orphanDependents ? [...finalizers, orphanFinalizer] : finalizers
  if (propagationPolicy !== undefined) {
    if (propagationPolicy === 'Orphan') finalizers.push(orphanFinalizer)
    if (propagationPolicy === 'Foreground') finalizers.push(foregroundFinalizer)
    return finalizers
  }
  const chosen = existing.find((finalizer) => finalizer === orphanFinalizer || finalizer === foregroundFinalizer)
  if (chosen !== undefined) finalizers.push(chosen)
  else if (kind.defaultPropagation === 'Orphan') finalizers.push(orphanFinalizer)
  return finalizers
}

/**
 * A namespace is first marked, whatever its finalizers; it goes when `spec.finalizers` is empty (upstream:
 * core/namespace/storage).
 */
function planNamespaceDeletion(old: Stored<KubeObject>, parameters: DeleteParameters, now: number): DeletionPlan {
  const spec = (old as { spec?: { finalizers?: readonly string[] } }).spec
  if (old.metadata.deletionTimestamp) {
    if ((spec?.finalizers?.length ?? 0) > 0) return { type: 'already' }
    return planDeletion(namespaceRules, old, parameters, now)
  }
  const object = cloneJson(old) as KubeObject & { status?: { phase?: string } }
  object.metadata!.deletionTimestamp = formatTime(now)
  object.status = { ...object.status, phase: 'Terminating' }
  const finalizers = new Set(old.metadata.finalizers ?? [])
  const want = (finalizer: string, policy: string, legacy: boolean): void => {
    const { orphanDependents, propagationPolicy } = parameters
    if (orphanDependents === undefined && propagationPolicy === undefined) return
    if (orphanDependents !== undefined ? orphanDependents === legacy : propagationPolicy === policy) {
      finalizers.add(finalizer)
    } else finalizers.delete(finalizer)
  }
  want(orphanFinalizer, 'Orphan', true)
  want(foregroundFinalizer, 'Foreground', false)
  setFinalizers(object.metadata!, [...finalizers])
  return { type: 'mark', object, thenDelete: false }
}

const namespaceRules = { group: '', plural: 'namespaces' } as AnyKind

function setFinalizers(metadata: ObjectMeta, finalizers: string[]): void {
  if (finalizers.length === 0) delete metadata.finalizers
  else metadata.finalizers = finalizers
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item))
}

function checkParameters(parameters: DeleteParameters): void {
  const { propagationPolicy, orphanDependents } = parameters
  const errors: FieldError[] = []
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    errors.push(invalidValue(
      'propagationPolicy', propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set',
    ))
  }
  if (propagationPolicy !== undefined && !['Orphan', 'Background', 'Foreground'].includes(propagationPolicy)) {
    errors.push(notSupported('propagationPolicy', propagationPolicy, ['Foreground', 'Background', 'Orphan', 'nil']))
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', resource: 'DeleteOptions' }, '', errors)
}

/** Throws ApiError 409 where the object is not the one that the client means. */
export function checkPreconditions(
  { kind }: RequestScope, { preconditions }: Pick<DeleteParameters, 'preconditions'>, old: Stored<KubeObject>,
): void {
  const { name, uid, resourceVersion } = old.metadata
  if (preconditions?.uid && preconditions.uid !== uid) {
    throw conflict(
      kindSubject(kind),
      name,
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record `
        + `(${uid}). The object might have been deleted and then recreated`,
    )
  }
  if (preconditions?.resourceVersion && preconditions.resourceVersion !== resourceVersion) {
    throw conflict(
      kindSubject(kind),
      name,
      `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not `
        + `match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    )
  }
}

/** DeleteOptions as they come in a body or as query parameters. */
export type GivenDeleteOptions = { readonly [Key in keyof DeleteOptions]: DeepReadonly<DeleteOptions[Key]> | undefined }

/** What a deletion heeds of them. Any `dryRun` stands for all of it. */
export function deleteParametersOf(options: GivenDeleteOptions): DeleteParameters {
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions, dryRun } = options
  return {
    gracePeriodSeconds, propagationPolicy, orphanDependents,
    preconditions: preconditions && { uid: preconditions.uid, resourceVersion: preconditions.resourceVersion },
    dryRun: (dryRun ?? []).length > 0,
  }
}
