/** What a controller may ask for: a closed union of values, so that a decision can be shown, compared and replayed. */
import type { Scale } from '#api/gen/autoscaling-v1.ts'
import type { ResourceName } from '#client/client.ts'
import { objectKey, type DeepReadonly, type KubeObject, type Stored } from '#machinery/meta/object.ts'
import type { AnyKind, Kind } from '#machinery/schema/define-kind.ts'

export type AnyObject = DeepReadonly<KubeObject>

export type Action =
  | ({ readonly type: 'create'; readonly kind: AnyKind; readonly object: AnyObject } & CreateOptions)
  /** Replaces the object that `object.metadata.resourceVersion` names; a newer one is a conflict. */
  | ({
      readonly type: 'update'
      readonly kind: AnyKind
      readonly object: AnyObject
      readonly subresource?: string
    } & ActionOptions)
  | ({ readonly type: 'updateStatus'; readonly kind: AnyKind; readonly object: AnyObject } & ActionOptions)
  /** The uid of `target` is always part of the patch, so that it never hits a later object of the same name. */
  | ({
      readonly type: 'patch'
      readonly kind: AnyKind
      readonly target: AnyObject
      readonly patchType: 'strategic' | 'merge'
      readonly patch: object
      readonly subresource?: string
    } & ActionOptions)
  /** Only the object with this uid; one that is gone already counts as done. */
  | ({ readonly type: 'delete'; readonly kind: AnyKind; readonly object: AnyObject } & DeleteActionOptions)
  /** Creates on a subresource of `target`: an Eviction, a Binding. */
  | ({
      readonly type: 'post'
      readonly kind: AnyKind
      readonly target: AnyObject
      readonly subresource: string
      readonly object: AnyObject
    } & ActionOptions)
  /** Writes the `scale` subresource of whatever resource has one, built in or not. */
  | ({
      readonly type: 'updateScale'
      readonly resource: ResourceName
      readonly object: DeepReadonly<Scale>
    } & ActionOptions)
  /** Everything of one resource in one namespace. */
  | { readonly type: 'deleteCollection'; readonly resource: ResourceName; readonly namespace: string }
  | {
      readonly type: 'recordEvent'
      readonly kind: AnyKind
      readonly about: AnyObject
      readonly eventType: 'Normal' | 'Warning'
      readonly reason: string
      readonly message: string
    }

export interface ActionOptions {
  /** An event about the outcome. */
  readonly announce?: Announcement
  /**
   * Right before the write: read this object from the server; unless it has the same uid and is not being deleted, do
   * nothing and fail.
   */
  readonly ifAlive?: { readonly kind: AnyKind; readonly object: AnyObject }
  /** An object that is gone makes the write pointless, not a failure. */
  readonly ifGone?: 'ignore'
}

export interface CreateOptions extends ActionOptions {
  /** An object of that name serves as well. Without it AlreadyExists is a failure, and the key is tried again. */
  readonly ifExists?: 'ignore'
}

export interface DeleteActionOptions extends ActionOptions {
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
  readonly gracePeriodSeconds?: number
  /** Also refuse when the object has changed since it was read. */
  readonly ifUnchanged?: boolean
}

/** `{name}` in a message becomes the name of the object, `{error}` the server's message. */
export interface Announcement {
  readonly kind: AnyKind
  readonly about: AnyObject
  readonly success?: { readonly reason: string; readonly message: string }
  readonly failure?: { readonly reason: string; readonly message: string }
}

/** What came of a plan's actions. */
export interface Outcome {
  readonly succeeded: number
  readonly failed: number
  /** The first failure, if any. */
  readonly error: { readonly reason: string; readonly message: string } | undefined
}

export interface Plan {
  readonly actions: readonly Action[]
  /**
   * Decided when the actions are through, whether or not they succeeded: a status that must tell of failures.
   * Pure, as reconcile.
   */
  readonly afterwards?: (outcome: Outcome) => readonly Action[]
  /** Reconcile again then (wall clock, milliseconds), even if nothing happens. */
  readonly wakeAt?: number | undefined
  /** Why this plan does nothing yet: for people and traces. */
  readonly because?: string
}

export const nothing: Plan = { actions: [] }

/** For `wakeAt`: the first of several moments, where undefined is never. */
export function earliest(...moments: readonly (number | undefined)[]): number | undefined {
  const known = moments.filter((moment) => moment !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

export function create<T extends KubeObject>(
  kind: Kind<T>,
  object: DeepReadonly<T>,
  options: CreateOptions = {},
): Action {
  return { type: 'create', kind, object, ...options }
}

export function update<T extends KubeObject>(
  kind: Kind<T>, object: DeepReadonly<T>, options: ActionOptions & { readonly subresource?: string } = {},
): Action {
  return { type: 'update', kind, object, ...options }
}

export function updateStatus<T extends KubeObject>(
  kind: Kind<T>,
  object: DeepReadonly<T>,
  options: ActionOptions = {},
): Action {
  return { type: 'updateStatus', kind, object, ...options }
}

export function patch<T extends KubeObject>(
  kind: Kind<T>, target: Stored<T>, patchOf: object,
  options: ActionOptions & { readonly patchType?: 'strategic' | 'merge'; readonly subresource?: string } = {},
): Action {
  return { type: 'patch', kind, target, patchType: 'strategic', patch: patchOf, ...options }
}

export function remove<T extends KubeObject>(
  kind: Kind<T>,
  object: Stored<T>,
  options: DeleteActionOptions = {},
): Action {
  return { type: 'delete', kind, object, ...options }
}

export function recordEvent<T extends KubeObject>(
  kind: Kind<T>, about: Stored<T>, eventType: 'Normal' | 'Warning', reason: string, message: string,
): Action {
  return { type: 'recordEvent', kind, about, eventType, reason, message }
}

/** One line for tests and logs: `delete Pod default/web-1`. */
export function describeAction(action: Action): string {
  switch (action.type) {
    case 'recordEvent':
      return `event ${action.eventType} ${action.reason}: ${action.message}`
    case 'patch':
      return `patch ${action.kind.kind} ${objectKey(action.target)} ${JSON.stringify(action.patch)}`
    case 'deleteCollection':
      return `delete all ${action.resource.resource}.${action.resource.group} in ${action.namespace}`
    case 'updateScale':
      return `scale ${action.resource.resource} ${objectKey(action.object)} to ${action.object.spec?.replicas}`
    case 'post':
      return `post ${action.kind.kind} ${objectKey(action.target)}/${action.subresource}`
    case 'create': {
      const { name, generateName } = action.object.metadata ?? {}
      const { namespace } = action.object.metadata ?? {}
      return `create ${action.kind.kind} ${objectKey({ metadata: { ...(namespace !== undefined && { namespace }), name: name ?? `${generateName}*` } })}`
    }
    default:
      return `${action.type} ${action.kind.kind} ${objectKey(action.object)}`
  }
}
