/**
 * Where the API servers of this cluster are, as upstream's lease endpoint reconciler knows it: each keeps a key below
 * `/registry/masterleases/` fresh, and the endpoints of `default/kubernetes` are those whose keys are.
 *
 * Upstream lets etcd's leases delete the keys. Here, servers watch each other: a key that has not been written for
 * fifteen seconds by this server's own monotonic clock belongs to a server that is gone. No clocks are compared.
 */
import type { Endpoints } from '#api/gen/core-v1.ts'
import { formatTime } from '#machinery/time.ts'
import { prefixRange, type Revision, type Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import { encodeStored } from '../rest/stored-form.ts'

export interface ServingAddressesOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** This server's own. */
  readonly address: string
  /** Called after each round; what it throws is logged, and the next round comes. */
  readonly onRound: (addresses: readonly string[], signal: AbortSignal) => Promise<void>
}

const prefix = '/registry/masterleases/'
const renewMs = 10_000
const expiryMs = 15_000

/** All that are kept in the store now, and this server's own, in order. */
export function servingAddresses(store: Store, own: string): readonly string[] {
  const keys = store.current().list(prefixRange(prefix)).map(({ key }) => key.slice(prefix.length))
  return [...new Set([...keys, own])].toSorted()
}

/** Runs until aborted, and then takes this server's address out, so that no client is sent to it any more. */
export async function runServingAddresses(options: ServingAddressesOptions, signal: AbortSignal): Promise<void> {
  const { store, clock, log, address, onRound } = options
  const seen = new Map<string, { readonly revision: Revision; readonly at: number }>()
  const never = new AbortController().signal
  while (!signal.aborted) {
    try {
      await write(options)
      await removeExpired(store, clock, seen)
      await onRound(servingAddresses(store, address), signal)
    } catch (error) {
      if (!signal.aborted) log.warn('could not tell where this server is', { error: String(error) })
    }
    await clock.sleep(renewMs, signal).catch(() => undefined)
  }
  try {
    await remove(store, `${prefix}${address}`)
    const others = servingAddresses(store, address).filter((other) => other !== address)
    if (others.length > 0) await onRound(others, never)
  } catch (error) {
    log.warn('could not take this server out of the endpoints', { error: String(error) })
  }
}

async function write({ store, clock, random, address }: ServingAddressesOptions): Promise<void> {
  const key = `${prefix}${address}`
  const endpoints: Endpoints = {
    kind: 'Endpoints', apiVersion: 'v1',
    metadata: { name: address, uid: random.uuid(), creationTimestamp: formatTime(clock.now()) },
    subsets: [{ addresses: [{ ip: address }] }],
  }
  const value = encodeStored(endpoints)
  const result = await store.swap(key, store.current().get(key)?.modRevision ?? 0, { type: 'put', value })
  if (result.type === 'conflict') await store.swap(key, result.current?.modRevision ?? 0, { type: 'put', value })
}

async function removeExpired(
  store: Store, clock: Clock, seen: Map<string, { readonly revision: Revision; readonly at: number }>,
): Promise<void> {
  const now = clock.monotonic()
  for (const { key, modRevision } of store.current().list(prefixRange(prefix))) {
    const before = seen.get(key)
    if (before?.revision !== modRevision) seen.set(key, { revision: modRevision, at: now })
    else if (now - before.at > expiryMs) {
      await store.swap(key, modRevision, { type: 'delete' })
      seen.delete(key)
    }
  }
}

async function remove(store: Store, key: string): Promise<void> {
  const entry = store.current().get(key)
  if (entry) await store.swap(key, entry.modRevision, { type: 'delete' })
}
