/** Runs one controller: queue, barrier, workers, back-off. Knows no kind. */
import { aborted, withTaskGroup } from '#base/task-group.ts'
import type { Client } from '#client/client.ts'
import type { EventRecorder } from '#client/event-recorder.ts'
import type { Informer } from '#client/informer.ts'
import type { Informers } from '#client/informers.ts'
import { WorkQueue } from '#client/workqueue.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import { objectKey, type KubeObject, type Stored } from '#machinery/meta/object.ts'
import { newerResourceVersion } from '#machinery/resource-version.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import { describeAction } from './action.ts'
import { applyPlan, type Written } from './apply.ts'
import { Barrier, hasSeen, type Mark } from './barrier.ts'
import {
  keyOfController,
  parseKey,
  type Cache,
  type ControllerStatistics,
  type ReconcilerDeclaration,
} from './define-controller.ts'

export interface DriverOptions {
  readonly declaration: ReconcilerDeclaration<KubeObject, unknown>
  readonly client: Client
  readonly informers: Informers
  readonly events: EventRecorder
  readonly clock: Clock
  readonly log: Log
  readonly statistics: ControllerStatistics
}

const defaultWorkers = 5

/** Runs until the signal aborts. What the server refuses is retried; only a broken invariant throws. */
export async function runReconciler(options: DriverOptions, signal: AbortSignal): Promise<void> {
  await new Driver(options).run(signal)
}

class Driver {
  readonly #options: DriverOptions
  readonly #informerOf = new Map<AnyKind, Informer<KubeObject>>()
  readonly #barrier = new Barrier()
  readonly #queue: WorkQueue
  readonly #cache: Cache

  constructor(options: DriverOptions) {
    this.#options = options
    const { declaration, informers, clock } = options
    const watched = (declaration.watches ?? []).map(({ kind }) => kind)
    for (const kind of [declaration.for, ...(declaration.owns ?? []), ...watched, ...(declaration.reads ?? [])]) {
      this.#informerOf.set(kind, informers.of<KubeObject>(kind))
    }
    this.#queue = new WorkQueue({ clock, onOverflow: () => this.#addAll() })
    this.#cache = {
      of: (kind) => {
        const informer = this.#informerOf.get(kind)
        if (!informer) throw new Error(`controller ${declaration.name} reads ${kind.kind} without having declared it`)
        return informer as never
      },
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    const { declaration, clock, informers: shared } = this.#options
    if (!await this.#catchUp(signal)) return
    await shared.turn()
    if (signal.aborted) return
    const unsubscribe = this.#subscribe()
    const close = (): void => this.#queue.close()
    signal.addEventListener('abort', close, { once: true })
    try {
      await withTaskGroup(undefined, async (group) => {
        for (let worker = 0; worker < (declaration.workers ?? defaultWorkers); worker++) {
          group.start(() => this.#work(signal))
        }
        const { informers } = this.#options
        const context = { wake: (key: string) => this.#wake(key), informers, cache: this.#cache }
        if (declaration.follow) group.start(() => declaration.follow!(context, signal))
        await group.settled()
      })
    } finally {
      signal.removeEventListener('abort', close)
      for (const end of unsubscribe) end()
      close()
    }
    this.#options.log.debug('stopped', { at: clock.now() })
  }

  /**
   * Waits until every cache has seen what the server has now: a predecessor's last writes may be newer than a
   * cache that has been running along. A cache that still has to list is new enough by itself. False when the
   * signal aborted first.
   */
  async #catchUp(signal: AbortSignal): Promise<boolean> {
    const older = [...this.#informerOf].filter(([, informer]) => informer.hasSynced)
    for (const informer of this.#informerOf.values()) if (!await this.#settled(informer.synced, signal)) return false
    for (const [kind, informer] of older) {
      const marks = await this.#marksOfNow(kind, informer, undefined, signal)
      if (marks === undefined || !await this.#settled(seen(informer, marks), signal)) return false
    }
    return !signal.aborted
  }

  async #settled(promise: Promise<void>, signal: AbortSignal): Promise<boolean> {
    await Promise.race([promise, aborted(signal)])
    return !signal.aborted
  }

  /**
   * What the cache must have seen to be as new as a consistent list made now; asks until the server answers. The
   * list's own version will not do: it counts writes to other kinds too, and a quiet kind's cache hears of those
   * only with the next bookmark.
   */
  async #marksOfNow(
    kind: AnyKind, informer: Informer<KubeObject>, namespace: string | undefined, signal: AbortSignal,
  ): Promise<readonly Mark[] | undefined> {
    const { informers: { client }, clock, log } = this.#options
    for (let waitMs = 250; !signal.aborted; waitMs = Math.min(waitMs * 2, 30_000)) {
      // What the cache has before the list is made: it may hear of newer objects while the answer is on its way.
      const cached = informer.list(namespace)
      try {
        return marksOf(informer, cached, await client.of<KubeObject>(kind, namespace).listAll({ signal }))
      } catch (error) {
        if (signal.aborted) return undefined
        log.warn('could not list', { kind: kind.kind, error: String(error), retryMs: waitMs })
        await clock.sleep(waitMs, signal).catch(() => undefined)
      }
    }
    return undefined
  }

  #wake(key: string): void {
    const { batchMs } = this.#options.declaration
    if (batchMs) this.#queue.addAfter(key, batchMs)
    else this.#queue.add(key)
  }

  #subscribe(): (() => void)[] {
    const { declaration } = this.#options
    const ends: (() => void)[] = []
    const wake = (key: string): void => this.#wake(key)
    const wakeAll = (keys: readonly string[]): void => { for (const key of keys) wake(key) }

    ends.push(this.#informerOf.get(declaration.for)!.subscribe({
      onAdd: (object) => wake(objectKey(object)),
      onUpdate: (old, object) => { if (declaration.changed?.(old, object) ?? true) wake(objectKey(object)) },
      onDelete: (object) => wake(objectKey(object)),
    }))
    for (const kind of declaration.owns ?? []) {
      const owner = (object: Stored<KubeObject>): readonly string[] => {
        const key = keyOfController(declaration.for, object)
        return key === undefined ? nobody : [key]
      }
      ends.push(this.#informerOf.get(kind)!.subscribe({
        onAdd: (object) => wakeAll(owner(object)),
        onUpdate: (old, object) => wakeAll([...new Set([...owner(old), ...owner(object)])]),
        onDelete: (object) => wakeAll(owner(object)),
      }))
    }
    for (const watch of declaration.watches ?? []) {
      ends.push(this.#informerOf.get(watch.kind)!.subscribe({
        ...(watch.ignoresNew !== true && { onAdd: (object) => wakeAll(watch.wakes(object, this.#cache)) }),
        onUpdate: (old, object) => {
          if (!(watch.changed?.(old, object) ?? true)) return
          wakeAll([...new Set([...watch.wakes(old, this.#cache), ...watch.wakes(object, this.#cache)])])
        },
        onDelete: (object) => wakeAll(watch.wakes(object, this.#cache)),
      }))
    }
    const release = { onAdvance: () => wakeAll(this.#barrier.release()) }
    for (const informer of this.#informerOf.values()) ends.push(informer.subscribe(release))
    return ends
  }

  #addAll(): void {
    for (const object of this.#informerOf.get(this.#options.declaration.for)!.list()) this.#queue.add(objectKey(object))
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { statistics, log } = this.#options
    for (;;) {
      const key = await this.#queue.take(signal)
      if (key === undefined) return
      try {
        await this.#handle(key, signal)
      } catch (error) {
        if (signal.aborted) return
        statistics.failures++
        const retryMs = this.#queue.addRateLimited(key)
        log.error('could not reconcile', {
          key,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
          retryMs,
        })
      } finally {
        this.#queue.done(key)
        statistics.queueLength = this.#queue.length
      }
    }
  }

  async #handle(key: string, signal: AbortSignal): Promise<void> {
    const { declaration, clock, client, events, statistics, log } = this.#options
    if (!await this.#passBarrier(key, signal)) return
    const context = { now: clock.now(), client, signal }
    const object = this.#informerOf.get(declaration.for)!.byKey(key)
    const state = object
      ? await declaration.observe(object, this.#cache, context)
      : await declaration.observeAbsent?.(parseKey(key), this.#cache, context)
    statistics.reconciles++
    if (state === undefined) {
      this.#queue.forget(key)
      return
    }
    const plan = declaration.reconcile(state)
    const applied = await applyPlan(plan, { client, events, signal, onWritten: (written) => this.#note(key, written) })
    if (signal.aborted) return
    if (plan.actions.length > 0) {
      log.debug('applied', {
        key,
        actions: plan.actions.slice(0, 10).map(describeAction),
        failed: applied.failed,
        because: plan.because,
      })
    }
    if (applied.errors.length > 0) this.#retry(key, applied.errors)
    else this.#queue.forget(key)
    if (plan.wakeAt !== undefined) this.#queue.addAfter(key, Math.max(1, plan.wakeAt - clock.now()))
  }

  async #passBarrier(key: string, signal: AbortSignal): Promise<boolean> {
    for (const informer of this.#barrier.takeUnknown(key)) {
      const kind = [...this.#informerOf].find(([, candidate]) => candidate === informer)![0]
      const marks = await this.#marksOfNow(
        kind,
        informer,
        kind.namespaced ? parseKey(key).namespace : undefined,
        signal,
      )
      if (marks === undefined) return false
      for (const mark of marks) this.#barrier.note(key, mark)
    }
    if (this.#barrier.enter(key)) return true
    this.#options.statistics.parked++
    return false
  }

  #note(key: string, written: Written): void {
    const { statistics } = this.#options
    const informer = this.#informerOf.get(written.kind)
    if (written.type !== 'unknown') statistics.writes++
    if (written.type === 'stored' && !written.changed) statistics.noopWrites++
    if (!informer) return
    switch (written.type) {
      case 'stored':
        if (written.changed) {
          this.#barrier.note(key, { type: 'reached', informer, resourceVersion: written.resourceVersion })
        }
        return
      case 'removed':
        this.#barrier.note(key, { type: 'gone', informer, key: written.key, uid: written.uid })
        return
      case 'unknown':
        this.#barrier.note(key, { type: 'unknown', informer })
    }
  }

  #retry(key: string, errors: readonly unknown[]): void {
    const { statistics, log } = this.#options
    const retryMs = this.#queue.addRateLimited(key)
    const onlyConflicts = errors.every((error) => error instanceof ApiError && error.reason === 'Conflict')
    if (onlyConflicts) statistics.conflicts++
    else statistics.failures++
    const fields = { key, errors: errors.slice(0, 3).map(String), retryMs }
    if (onlyConflicts) log.debug('met a newer object', fields)
    else log.warn('could not carry a plan out', fields)
  }
}

const nobody: readonly string[] = []

/** The newest of the listed objects, and the absence of what was cached and is not among them. */
function marksOf(
  informer: Informer<KubeObject>, cached: readonly Stored<KubeObject>[], listed: readonly Stored<KubeObject>[],
): readonly Mark[] {
  const uids = new Set(listed.map(({ metadata }) => metadata.uid))
  const newest = listed.reduce((version, { metadata }) => newerResourceVersion(version, metadata.resourceVersion), '')
  const gone = cached.filter(({ metadata }) => !uids.has(metadata.uid))
  return [
    ...(newest === '' ? [] : [{ type: 'reached' as const, informer, resourceVersion: newest }]),
    ...gone.map((object) => ({ type: 'gone' as const, informer, key: objectKey(object), uid: object.metadata.uid })),
  ]
}

/** Resolves when the informer has seen all of it. */
function seen(informer: Informer<KubeObject>, marks: readonly Mark[]): Promise<void> {
  return new Promise((resolve) => {
    const end = informer.subscribe({
      onAdvance() {
        if (!marks.every(hasSeen)) return
        // The first call comes from within `subscribe`, before there is anything to end.
        void Promise.resolve().then(() => end())
        resolve()
      },
    })
  })
}
