/** Carries a plan out: in order, creations with a slow start, every write with its precondition. */
import { assertNever } from '#base/assert.ts'
import type { Scale } from '#api/gen/autoscaling-v1.ts'
import type { Client, KindClient } from '#client/client.ts'
import { referenceTo, type EventRecorder } from '#client/event-recorder.ts'
import { ApiError, isReason } from '#machinery/errors/api-error.ts'
import { objectKey, type KubeObject, type Stored } from '#machinery/meta/object.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { Action, Announcement, AnyObject, Outcome, Plan } from './action.ts'

type Write = Exclude<Action, { readonly type: 'recordEvent' | 'deleteCollection' | 'updateScale' }>
type ScaleWrite = Extract<Action, { readonly type: 'updateScale' }>

/** What a write came to, for the barrier. */
export type Written =
  | { readonly type: 'stored'; readonly kind: AnyKind; readonly resourceVersion: string; readonly changed: boolean }
  | { readonly type: 'removed'; readonly kind: AnyKind; readonly key: string; readonly uid: string }
  | { readonly type: 'unknown'; readonly kind: AnyKind }

export interface ApplyContext {
  readonly client: Client
  readonly events: EventRecorder
  readonly signal: AbortSignal
  /** Called as soon as the outcome of a write is known (or known to be unknown). */
  onWritten(written: Written): void
}

export interface Applied extends Outcome {
  readonly errors: readonly unknown[]
}

/** Deletions and other independent writes that are under way at the same time. */
const parallelMax = 50

/**
 * Groups of like actions run one after the other; a failed group stops what comes after it, except `plan.afterwards`.
 * Never throws for what the server says: failures are in the result.
 */
export async function applyPlan(plan: Plan, context: ApplyContext): Promise<Applied> {
  const applied = await applyActions(plan.actions, context)
  if (!plan.afterwards) return applied
  const after = await applyActions(plan.afterwards(applied), context)
  const errors = [...applied.errors, ...after.errors]
  return {
    succeeded: applied.succeeded + after.succeeded, failed: applied.failed + after.failed,
    error: applied.error ?? after.error, errors,
  }
}

async function applyActions(actions: readonly Action[], context: ApplyContext): Promise<Applied> {
  const result = { succeeded: 0, failed: 0, errors: [] as unknown[] }
  for (const group of groupActions(actions)) {
    if (result.failed > 0 || context.signal.aborted) break
    if (group[0]!.type === 'recordEvent') {
      for (const action of group) if (action.type === 'recordEvent') emit(action, context)
      continue
    }
    if (group[0]!.type === 'deleteCollection') {
      await deleteCollections(group, context, result)
      continue
    }
    if (group[0]!.type === 'updateScale') {
      await applyScale(group[0] as ScaleWrite, context, result)
      continue
    }
    await applyGroup(group as readonly Write[], context, result)
  }
  return { ...result, error: result.errors.length === 0 ? undefined : explain(result.errors[0]) }
}

/** No cache is waited for: who scales asks for the scale each time. */
async function applyScale(
  { resource, object, announce: announcement }: ScaleWrite, context: ApplyContext,
  result: { succeeded: number; failed: number; errors: unknown[] },
): Promise<void> {
  const { name = '', namespace } = object.metadata ?? {}
  try {
    const { client, signal } = context
    await client.resource(resource, namespace).subresource<Scale>(name, 'scale').update(object, { signal })
    announce(announcement, 'success', context, name, '')
    result.succeeded++
  } catch (error) {
    announce(announcement, 'failure', context, name, explain(error).message)
    result.failed++
    result.errors.push(error)
  }
}

/** Each by itself: that one resource cannot be emptied must not keep the others. */
async function deleteCollections(
  group: readonly Action[],
  { client, signal }: ApplyContext,
  result: { succeeded: number; failed: number; errors: unknown[] },
): Promise<void> {
  for (const action of group) {
    if (action.type !== 'deleteCollection') continue
    try {
      const objects = client.resource(action.resource, action.namespace)
      await objects.deleteCollection({ propagationPolicy: 'Background', signal }).catch(async (error: unknown) => {
        // Other API servers need not be able to do that.
        if (!isReason(error, 'MethodNotAllowed')) throw error
        for (const { metadata } of await objects.listAll({ signal })) {
          await objects.delete(metadata.name, { propagationPolicy: 'Background', signal }).catch((reason: unknown) => {
            if (!isReason(reason, 'NotFound')) throw reason
          })
        }
      })
      result.succeeded++
    } catch (error) {
      result.failed++
      result.errors.push(error)
    }
  }
}

/**
 * Creations start with one and double while all succeed: a refusal (quota, admission) then costs one
 * request, not hundreds.
 */
async function applyGroup(
  group: readonly Write[], context: ApplyContext, result: { succeeded: number; failed: number; errors: unknown[] },
): Promise<void> {
  let size = group[0]!.type === 'create' ? 1 : Math.min(group.length, parallelMax)
  for (let start = 0; start < group.length; start += size, size = Math.min(size * 2, parallelMax * 10)) {
    const batch = group.slice(start, start + size)
    const outcomes = await Promise.all(batch.map((action) => applyOne(action, context)))
    for (const error of outcomes) {
      if (error === undefined) result.succeeded++
      else {
        result.failed++
        result.errors.push(error)
      }
    }
    if (result.failed > 0 || context.signal.aborted) return
  }
}

const joinable: ReadonlySet<Action['type']> = new Set(['create', 'delete', 'post'])

/** Neighbours of the same type and kind; updates stay one by one, as their order may matter. */
function groupActions(actions: readonly Action[]): readonly (readonly Action[])[] {
  const groups: Action[][] = []
  for (const action of actions) {
    const last = groups.at(-1)
    const first = last?.[0]
    const joins = first?.type === action.type && (action.type === 'deleteCollection' || action.type === 'recordEvent'
      || (joinable.has(action.type) && 'kind' in first && 'kind' in action && first.kind === action.kind))
    if (joins) last!.push(action)
    else groups.push([action])
  }
  return groups
}

/** undefined: done (or needless). Otherwise the failure. */
async function applyOne(action: Write, context: ApplyContext): Promise<unknown> {
  try {
    if (action.ifAlive) await demandAlive(action.ifAlive, context)
    const name = await write(action, context)
    announce(action.announce, 'success', context, name, '')
    return undefined
  } catch (error) {
    if (!isAnswer(error)) context.onWritten({ type: 'unknown', kind: action.kind })
    if (isHarmless(action, error)) return undefined
    announce(action.announce, 'failure', context, targetOf(action).metadata?.name ?? '', explain(error).message)
    return error
  }
}

/** Gives the name of the object that was written. */
async function write(action: Write, { client, signal, onWritten }: ApplyContext): Promise<string> {
  const target = targetOf(action)
  const { name = '', namespace } = target.metadata ?? {}
  const objects: KindClient<KubeObject> = client.of(action.kind, namespace)
  const stored = (object: Stored<KubeObject>): string => {
    const { resourceVersion = '' } = object.metadata ?? {}
    if (resourceVersion !== '') {
      onWritten({
        type: 'stored',
        kind: action.kind,
        resourceVersion,
        changed: resourceVersion !== target.metadata?.resourceVersion,
      })
    }
    return object.metadata?.name ?? name
  }
  switch (action.type) {
    case 'create': return stored(await objects.create(action.object, { signal }))
    case 'updateStatus': return stored(await objects.updateStatus(action.object, { signal }))
    case 'update':
      if (!action.subresource) return stored(await objects.update(action.object, { signal }))
      return stored(
        (await objects.subresource(name, action.subresource).update(action.object, { signal })) as Stored<KubeObject>,
      )
    case 'patch':
      return stored(
        await objects.patch(name, action.patchType, withUid(action.patch, target), {
          signal,
          subresource: action.subresource,
        }),
      )
    case 'post':
      await objects.subresource(name, action.subresource).create(action.object, { signal })
      return name
    case 'delete': {
      const answer = await deleteObject(action, objects, signal)
      const { uid = '' } = target.metadata ?? {}
      const isLeft =
        answer?.metadata?.uid === uid && answer.metadata.deletionTimestamp !== undefined && answer.kind !== 'Status'
      if (isLeft) stored(answer as Stored<KubeObject>)
      else onWritten({ type: 'removed', kind: action.kind, key: objectKey(target), uid })
      return name
    }
    default: return assertNever(action)
  }
}

/** undefined: it was gone, or another object has its name by now. */
async function deleteObject(
  action: Extract<Action, { readonly type: 'delete' }>, objects: KindClient<KubeObject>, signal: AbortSignal,
): Promise<KubeObject | Stored<KubeObject> | undefined> {
  const { name = '', uid, resourceVersion } = action.object.metadata ?? {}
  try {
    return await objects.delete(name, {
      signal, propagationPolicy: action.propagationPolicy, gracePeriodSeconds: action.gracePeriodSeconds,
      preconditions: { uid, ...(action.ifUnchanged && { resourceVersion }) },
    })
  } catch (error) {
    if (
      isReason(error, 'NotFound')
      || (isReason(error, 'Conflict') && /Precondition failed: UID/.test(error.message))
    ) {
      return undefined
    }
    throw error
  }
}

class NotAlive extends Error {}

async function demandAlive(
  { kind, object }: { readonly kind: AnyKind; readonly object: AnyObject },
  { client, signal }: ApplyContext,
): Promise<void> {
  const { name = '', namespace, uid } = object.metadata ?? {}
  const fresh = await client.of(kind, namespace).get(name, { signal })
  const where = namespace ? `${namespace}/${name}` : name
  if (fresh.metadata.uid !== uid) {
    throw new NotAlive(`original ${kind.kind} ${where} is gone: got uid ${fresh.metadata.uid}, wanted ${uid}`)
  }
  if (fresh.metadata.deletionTimestamp) {
    throw new NotAlive(`${where} has just been deleted at ${fresh.metadata.deletionTimestamp}`)
  }
}

function withUid(patch: object, target: AnyObject): object {
  const metadata = (patch as { readonly metadata?: object }).metadata ?? {}
  return { ...patch, metadata: { ...metadata, uid: target.metadata?.uid } }
}

function targetOf(action: Write): AnyObject {
  return action.type === 'patch' || action.type === 'post' ? action.target : action.object
}

/** The server has spoken, and nothing was written; everything else may or may not have happened. */
function isAnswer(error: unknown): boolean {
  return error instanceof NotAlive || (error instanceof ApiError && error.code < 500)
}

function isHarmless(action: Write, error: unknown): boolean {
  if (action.type === 'create') {
    // Nothing can be made in a namespace that goes away; trying again would only make noise.
    return isNamespaceTerminating(error) || (action.ifExists === 'ignore' && isReason(error, 'AlreadyExists'))
  }
  return action.ifGone === 'ignore' && isReason(error, 'NotFound')
}

function isNamespaceTerminating(error: unknown): boolean {
  return (
    error instanceof ApiError
    && (error.status.details?.causes ?? []).some((cause) => cause.reason === 'NamespaceTerminating')
  )
}

function explain(error: unknown): { readonly reason: string; readonly message: string } {
  if (error instanceof ApiError) return { reason: error.reason, message: error.message }
  return { reason: 'Unknown', message: error instanceof Error ? error.message : String(error) }
}

function announce(
  announcement: Announcement | undefined,
  outcome: 'success' | 'failure',
  { events }: ApplyContext,
  name: string,
  error: string,
): void {
  const template = announcement?.[outcome]
  if (!announcement || !template) return
  const message = template.message.replaceAll('{name}', () => name).replaceAll('{error}', () => error)
  events.record(
    referenceTo(announcement.kind, announcement.about),
    outcome === 'success' ? 'Normal' : 'Warning',
    template.reason,
    message,
  )
}

function emit(action: Extract<Action, { readonly type: 'recordEvent' }>, { events }: ApplyContext): void {
  events.record(referenceTo(action.kind, action.about), action.eventType, action.reason, action.message)
}
