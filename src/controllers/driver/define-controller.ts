/** What a controller is: what wakes it, what it sees, what it decides. Everything else is the driver's. */
import type { Client } from '#client/client.ts'
import type { EventRecorder } from '#client/event-recorder.ts'
import type { Informers } from '#client/informers.ts'
import type { Lister } from '#client/object-cache.ts'
import {
  objectKey,
  type DeepReadonly,
  type KubeObject,
  type OwnerReference,
  type Stored,
} from '#machinery/meta/object.ts'
import { controllerOf } from '#machinery/meta/owner-references.ts'
import type { AnyKind, Kind } from '#machinery/schema/define-kind.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import type { Plan } from './action.ts'

/** Read access to the kinds that the controller declared. */
export interface Cache {
  of<T extends KubeObject>(kind: Kind<T>): Lister<T>
}

export interface ObserveContext {
  /** Wall clock, milliseconds. */
  readonly now: number
  /** For the few that must ask the server itself (or something else) before they decide. */
  readonly client: Client
  readonly signal: AbortSignal
}

/** Objects of another kind that wake keys of this controller. Called for the old and the new state of a change. */
export interface Watch {
  readonly kind: AnyKind
  wakes(object: Stored<KubeObject>, cache: Cache): readonly string[]
  /** Which changes matter. Default: all. */
  changed?(old: Stored<KubeObject>, object: Stored<KubeObject>): boolean
  /** True: that one is new matters to nobody. */
  readonly ignoresNew?: boolean
}

export interface FollowContext {
  wake(key: string): void
  readonly informers: Informers
  readonly cache: Cache
}

export interface ReconcilerDeclaration<T extends KubeObject, S> {
  readonly name: string
  /** Whose objects are reconciled, one at a time. */
  readonly for: Kind<T>
  /** Objects of these kinds wake their controller (`metadata.ownerReferences`), if it is of kind `for`. */
  readonly owns?: readonly AnyKind[]
  readonly watches?: readonly Watch[]
  /** Read by `observe`, but waking nobody. */
  readonly reads?: readonly AnyKind[]
  /** Wakes keys for what no fixed list of kinds has: custom objects. Runs beside the workers, until it is aborted. */
  follow?(context: FollowContext, signal: AbortSignal): Promise<void>
  /** Which changes of the object itself matter. Default: all. */
  changed?(old: Stored<T>, object: Stored<T>): boolean
  /** Reads, and nothing else. undefined: nothing to decide. */
  observe(object: Stored<T>, cache: Cache, context: ObserveContext): S | undefined | Promise<S | undefined>
  /** When the object is gone and something must be done about it. */
  observeAbsent?(key: ObjectName, cache: Cache, context: ObserveContext): S | undefined | Promise<S | undefined>
  /** Pure: the same state gives the same plan, and the plan carried out gives a state whose plan is empty. */
  reconcile(state: S): Plan
  /** Keys handled at the same time. Default 5. */
  readonly workers?: number
  /** Keys that wake together are handled together after this many milliseconds. Default 0. */
  readonly batchMs?: number
  /**
   * The account that it acts as, in kube-system, and by default the source of its events. Default: `<name>-controller`.
   */
  readonly serviceAccount?: string
  readonly eventSource?: string
}

/** What a controller of its own shape gets. */
export interface ControllerContext {
  readonly client: Client
  readonly informers: Informers
  readonly events: EventRecorder
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly statistics: ControllerStatistics
}

/** The few whose work is not one object at a time: the garbage collector's graph, the nodes' health. */
export interface LoopDeclaration {
  readonly name: string
  readonly serviceAccount?: string
  readonly eventSource?: string
  run(context: ControllerContext, signal: AbortSignal): Promise<void>
}

export interface ObjectName {
  readonly namespace: string | undefined
  readonly name: string
}

export interface ControllerStatistics {
  reconciles: number
  writes: number
  /** Writes that changed nothing: a sign of a hot loop. */
  noopWrites: number
  conflicts: number
  failures: number
  /** Keys that had to wait for the cache to see their own last write. */
  parked: number
  queueLength: number
}

export type Controller =
  | { readonly type: 'reconciler'; readonly name: string; readonly serviceAccount: string; readonly eventSource: string
      readonly declaration: ReconcilerDeclaration<KubeObject, unknown> }
  | { readonly type: 'loop'; readonly name: string; readonly serviceAccount: string; readonly eventSource: string
      readonly declaration: LoopDeclaration }

export function defineController<T extends KubeObject, S>(declaration: ReconcilerDeclaration<T, S>): Controller {
  const serviceAccount = declaration.serviceAccount ?? `${declaration.name}-controller`
  return {
    type: 'reconciler', name: declaration.name, serviceAccount, eventSource: declaration.eventSource ?? serviceAccount,
    // The driver hands each declaration only objects of its own kind and the states that it observed itself.
    declaration: declaration as unknown as ReconcilerDeclaration<KubeObject, unknown>,
  }
}

export function defineLoop(declaration: LoopDeclaration): Controller {
  const serviceAccount = declaration.serviceAccount ?? `${declaration.name}-controller`
  return {
    type: 'loop',
    name: declaration.name,
    serviceAccount,
    eventSource: declaration.eventSource ?? serviceAccount,
    declaration,
  }
}

/** Wakes whatever keys `wakes` gives for an object of `kind`. */
export function wakeFrom<T extends KubeObject>(
  kind: Kind<T>, wakes: (object: Stored<T>, cache: Cache) => readonly string[],
  changed?: (old: Stored<T>, object: Stored<T>) => boolean,
): Watch {
  return { kind, wakes, ...(changed && { changed }) } as unknown as Watch
}

export function newStatistics(): ControllerStatistics {
  return { reconciles: 0, writes: 0, noopWrites: 0, conflicts: 0, failures: 0, parked: 0, queueLength: 0 }
}

/** The key of the object's controller if that is of `kind`. Groups are compared, versions are not. */
export function keyOfController(kind: AnyKind, object: Stored<KubeObject>): string | undefined {
  const owner = controllerOf(object)
  if (!owner || owner.kind !== kind.kind || groupOf(owner) !== kind.group) return undefined
  const namespace = kind.namespaced ? object.metadata.namespace : undefined
  return objectKey({ metadata: { name: owner.name, ...(namespace !== undefined && { namespace }) } })
}

function groupOf({ apiVersion }: DeepReadonly<OwnerReference>): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}

export function parseKey(key: string): ObjectName {
  const slash = key.indexOf('/')
  return slash < 0
    ? { namespace: undefined, name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}
