/**
 * A cluster on paper, for tests of the pure part: it holds objects, applies plans to them at once and without
 * fault, and shows them to `observe`. It validates nothing and knows no kind; the tests with the real API server
 * are another matter.
 */
import { ObjectCache } from '#client/object-cache.ts'
import { objectKey, type KubeObject, type OwnerReference, type Stored } from '#machinery/meta/object.ts'
import type { AnyKind, Kind } from '#machinery/schema/define-kind.ts'
import { formatTime } from '#machinery/time.ts'
import { describeAction, type Action, type Outcome, type Plan } from '../driver/action.ts'
import { parseKey, type Cache, type Controller } from '../driver/define-controller.ts'

type AnyStored = Stored<KubeObject>

export class Model {
  now: number
  /** Every action so far, as one line each. */
  readonly log: string[] = []
  /** Which creations fail, and with what. */
  refuseCreate: ((action: Action) => string | undefined) | undefined
  readonly #caches = new Map<string, ObjectCache<KubeObject>>()
  #sequence = 0

  constructor(now: number = Date.UTC(2026, 0, 1)) {
    this.now = now
  }

  cacheOf<T extends KubeObject>(kind: Kind<T>): ObjectCache<T> {
    const id = `${kind.group}/${kind.kind}`
    const cache = this.#caches.get(id) ?? new ObjectCache<KubeObject>()
    this.#caches.set(id, cache)
    return cache as unknown as ObjectCache<T>
  }

  get cache(): Cache {
    return { of: (kind) => this.cacheOf(kind) }
  }

  list<T extends KubeObject>(kind: Kind<T>): readonly Stored<T>[] {
    return this.cacheOf(kind).list()
  }

  get<T extends KubeObject>(kind: Kind<T>, key: string): Stored<T> | undefined {
    return this.cacheOf(kind).byKey(key)
  }

  /** Adds or replaces; what identity lacks is made up. */
  put<T extends KubeObject>(kind: Kind<T>, object: T): Stored<T> {
    const sequence = ++this.#sequence
    const metadata = {
      ...(kind.namespaced && { namespace: 'default' }),
      uid: `uid-${sequence}`, creationTimestamp: formatTime(this.now), generation: 1,
      ...object.metadata,
      name: object.metadata?.name ?? `${object.metadata?.generateName ?? 'object-'}${sequence}`,
      resourceVersion: String(sequence),
    }
    const stored = deepFreezeCopy({ ...object, metadata }) as unknown as Stored<T>
    this.cacheOf(kind).set(stored)
    return stored
  }

  /** Changes one object in place, as another actor would. */
  change<T extends KubeObject>(kind: Kind<T>, key: string, edit: (object: T) => void): Stored<T> {
    const copy = structuredClone(this.get(kind, key)) as unknown as T
    edit(copy)
    return this.put(kind, copy)
  }

  remove<T extends KubeObject>(kind: Kind<T>, key: string): void {
    this.cacheOf(kind).delete(key)
  }

  /** What the controller would do about the key now. */
  async plan(controller: Controller, key: string): Promise<Plan> {
    if (controller.type !== 'reconciler') throw new Error(`${controller.name} does not reconcile keys`)
    const { declaration } = controller
    const context = { now: this.now, client: undefined as never, signal: new AbortController().signal }
    const object = this.cacheOf(declaration.for).byKey(key)
    const state = object
      ? await declaration.observe(object, this.cache, context)
      : await declaration.observeAbsent?.(parseKey(key), this.cache, context)
    return state === undefined ? { actions: [] } : declaration.reconcile(state)
  }

  /** Plans and applies once; gives what was done. */
  async step(controller: Controller, key: string): Promise<readonly string[]> {
    return this.apply(await this.plan(controller, key))
  }

  apply(plan: Plan): readonly string[] {
    const before = this.log.length
    const outcome = this.#applyAll(plan.actions)
    if (plan.afterwards) this.#applyAll(plan.afterwards(outcome))
    return this.log.slice(before)
  }

  /** Steps all keys of all controllers until nobody wants anything more; throws when that takes more than `rounds`. */
  async settle(controllers: readonly Controller[], rounds = 50, between?: () => void): Promise<number> {
    for (let round = 1; round <= rounds; round++) {
      const before = this.#sequence
      for (const controller of controllers) {
        if (controller.type !== 'reconciler') continue
        for (const object of this.cacheOf(controller.declaration.for).list()) {
          await this.step(controller, objectKey(object))
        }
      }
      between?.()
      if (this.#sequence === before) return round
    }
    throw new Error(`still not settled after ${rounds} rounds; the last actions:\n${this.log.slice(-20).join('\n')}`)
  }

  #applyAll(actions: readonly Action[]): Outcome {
    let succeeded = 0
    for (const action of actions) {
      this.log.push(describeAction(action))
      const refusal = action.type === 'create' ? this.refuseCreate?.(action) : undefined
      if (refusal !== undefined) return { succeeded, failed: 1, error: { reason: 'Forbidden', message: refusal } }
      this.#applyOne(action)
      succeeded++
    }
    return { succeeded, failed: 0, error: undefined }
  }

  #applyOne(action: Action): void {
    switch (action.type) {
      case 'create':
        this.put(action.kind, action.object)
        return
      case 'update': {
        this.#mustBeCurrent(action.kind, action.object as AnyStored)
        const old = this.cacheOf(action.kind).byKey(objectKey(action.object))!
        const object = structuredClone(action.object) as KubeObject & { spec?: unknown }
        if (JSON.stringify(object.spec) !== JSON.stringify((old as { spec?: unknown }).spec)) {
          object.metadata!.generation = (old.metadata.generation ?? 0) + 1
        }
        this.put(action.kind, object)
        return
      }
      case 'updateStatus':
        this.#mustBeCurrent(action.kind, action.object as AnyStored)
        this.put(action.kind, action.object as KubeObject)
        return
      case 'patch':
        this.#patch(action.kind, objectKey(action.target), action.patch)
        return
      case 'delete':
        this.cacheOf(action.kind).delete(objectKey(action.object))
        this.#sequence++
        return
      case 'deleteCollection':
      case 'updateScale':
      case 'post':
        this.#sequence++
        return
      case 'recordEvent':
        return
    }
  }

  #mustBeCurrent(kind: AnyKind, object: AnyStored): void {
    const current = this.cacheOf(kind).byKey(objectKey(object))
    if (current?.metadata.resourceVersion !== object.metadata.resourceVersion) {
      throw new Error(`a plan writes ${kind.kind} ${objectKey(object)} twice`)
    }
  }

  #patch(kind: AnyKind, key: string, patch: object): void {
    const old = this.cacheOf(kind).byKey(key)
    if (!old) throw new Error(`a plan patches ${kind.kind} ${key}, which does not exist`)
    const object = structuredClone(old) as unknown as Record<string, unknown>
    merge(object, patch as Readonly<Record<string, unknown>>)
    this.put(kind, object as unknown as KubeObject)
  }
}

/** As much of strategic merge as plans use: owner references by uid, everything else as a merge patch. */
function merge(target: Record<string, unknown>, patch: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete target[name]
    else if (name === 'ownerReferences') {
      target[name] = mergeOwners(target[name] as OwnerReference[] | undefined, value as OwnerPatch[])
    } else if (typeof value === 'object' && !Array.isArray(value)) {
      const inner = (target[name] ?? {}) as Record<string, unknown>
      target[name] = inner
      merge(inner, value as Readonly<Record<string, unknown>>)
    } else target[name] = value
  }
}

type OwnerPatch = OwnerReference & { readonly $patch?: string }

function mergeOwners(old: readonly OwnerReference[] | undefined, patch: readonly OwnerPatch[]): OwnerReference[] {
  const kept = (old ?? []).filter(({ uid }) => !patch.some((change) => change.uid === uid))
  return [...kept, ...patch.filter(({ $patch }) => $patch !== 'delete')]
}

function deepFreezeCopy<T>(value: T): T {
  const copy = structuredClone(value)
  freeze(copy)
  return copy
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.freeze(value)
  for (const item of Object.values(value)) freeze(item)
}
