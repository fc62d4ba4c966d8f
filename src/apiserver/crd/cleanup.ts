/** Deletes all instances of a custom resource whose definition goes. */
import { createClient } from '#client/client.ts'
import type { Transport } from '#client/transport.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { Compacted, WatchOverflow, type Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import { collectionRange } from '../rest/keys.ts'
import { decodeLean } from '../rest/stored-form.ts'

export interface Cleanup {
  readonly store: Store
  readonly transport: Transport
  readonly clock: Clock
  readonly kind: AnyKind
  /** One that is served; undefined: none is, and instances are taken from the store itself. */
  readonly version: string | undefined
}

export interface CleanupFailure {
  readonly reason: 'InstanceDeletionFailed' | 'InstanceDeletionCheck'
  readonly message: string
}

/** How long instances may take to let go of their finalizers before somebody is told. */
const patienceMs = 60_000

/** Resolves when none is left, or with what upstream says about those that stay. */
export async function removeInstances(cleanup: Cleanup, signal: AbortSignal): Promise<CleanupFailure | undefined> {
  const { store, clock, kind } = cleanup
  const range = collectionRange(kind, '')
  const view = store.current()
  const namespaces = new Set(view.list(range).map((entry) => decodeLean(entry).metadata.namespace))
  const failures: string[] = []
  for (const namespace of namespaces) {
    try {
      await removeFrom(cleanup, namespace, signal)
    } catch (error) {
      if (signal.aborted) throw error
      failures.push(error instanceof Error ? error.message : String(error))
    }
  }
  if (failures.length > 0) {
    const all = failures.length === 1 ? failures[0]! : `[${failures.join(', ')}]`
    return { reason: 'InstanceDeletionFailed', message: `could not issue all deletes: ${all}` }
  }
  const patience = new AbortController()
  const timer = clock.schedule(patienceMs, () => patience.abort())
  try {
    await untilEmpty(store, range, AbortSignal.any([signal, patience.signal]))
  } finally {
    timer.cancel()
  }
  signal.throwIfAborted()
  if (store.current().count(range) === 0) return undefined
  return {
    reason: 'InstanceDeletionCheck',
    message: 'could not confirm zero CustomResources remaining: timed out waiting for the condition',
  }
}

async function removeFrom(
  { store, transport, kind, version }: Cleanup, namespace: string | undefined, signal: AbortSignal,
): Promise<void> {
  if (version !== undefined) {
    const name = { group: kind.group, version, resource: kind.plural }
    return await createClient(transport).resource(name, namespace).deleteCollection({ signal })
  }
  // Nobody can ask for them any more, so nobody can let go of their finalizers either.
  for (const entry of store.current().list(collectionRange(kind, namespace ?? ''))) {
    await store.swap(entry.key, entry.modRevision, { type: 'delete' })
  }
}

async function untilEmpty(store: Store, range: ReturnType<typeof collectionRange>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && store.current().count(range) > 0) {
    const { revision } = store.current()
    const stop = new AbortController()
    try {
      for await (const _ of store.watch(range, revision, { signal: AbortSignal.any([signal, stop.signal]) })) {
        if (store.current().count(range) === 0) return stop.abort()
      }
    } catch (error) {
      if (!(error instanceof Compacted) && !(error instanceof WatchOverflow)) throw error
    }
  }
}
