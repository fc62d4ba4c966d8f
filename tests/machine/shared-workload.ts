/** What clients do to a cluster while things break, what they are told, and what must be true of it afterwards. */
import assert from 'node:assert/strict'
import type { ConfigMap } from '#api/gen/core-v1.ts'
import { configMap } from '#api/core/configmap/configmap.ts'
import type { Client } from '#client/client.ts'
import { ApiError } from '#machinery/errors/api-error.ts'

type Fate = 'written' | 'unknown' | 'refused'

/** What all clients together know. */
export interface Journal {
  readonly creations: Map<string, Fate>
  readonly deletions: Map<string, Fate>
  /** Of each counter: increments that were acknowledged, and those of which nobody knows. */
  readonly counters: Map<string, { acknowledged: number; unknown: number }>
  readonly watched: WatchRecord[]
  readonly faults: string[]
  reads: number
}

export interface WatchRecord {
  readonly server: string
  /** Name → uid and version, as told by the events. */
  readonly state: Map<string, { readonly uid: string; readonly revision: number }>
  /** How often each name was told to be added. */
  readonly added: Map<string, number>
  revision: number
  restarts: number
}

export function createJournal(): Journal {
  return { creations: new Map(), deletions: new Map(), counters: new Map(), watched: [], faults: [], reads: 0 }
}

const perRequestMs = 25_000
/** More of the same tell nothing more. */
const faultsMax = 20

/** Creates objects under names of its own, and deletes every third of them. */
export async function createAndDelete(client: Client, journal: Journal, writer: string, signal: AbortSignal) {
  const maps = client.of(configMap, 'default')
  for (let i = 0; !signal.aborted; i++) {
    const name = `${writer}-${i}`
    const object: ConfigMap = { metadata: { name }, data: { writer } }
    journal.creations.set(name, 'unknown')
    const outcome = await attempt(maps.create(object, { signal: AbortSignal.timeout(perRequestMs) }), journal)
    journal.creations.set(name, outcome.fate)
    // Nobody else knows the name: that it is taken means that it was created, although nobody said so.
    if (outcome.reason === 'AlreadyExists') journal.faults.push(`${name}: AlreadyExists for a name that is new`)
    if (outcome.fate === 'written' && i % 3 === 0) {
      journal.deletions.set(name, 'unknown')
      const deleted = await attempt(maps.delete(name, { signal: AbortSignal.timeout(perRequestMs) }), journal)
      journal.deletions.set(name, deleted.fate)
      if (deleted.reason === 'NotFound') journal.faults.push(`${name}: created, and not found for its deletion`)
    }
    await pause(outcome.fate === 'written' ? 5 : 50)
  }
}

/** Counts a number up that others count up, too: each acknowledged step must be in the sum. */
export async function countUp(client: Client, journal: Journal, counter: string, signal: AbortSignal) {
  const maps = client.of(configMap, 'default')
  const tally = journal.counters.get(counter)!
  while (!signal.aborted) {
    const read = await attempt(maps.get(counter, { signal: AbortSignal.timeout(perRequestMs) }), journal)
    if (!read.value) { await pause(100); continue }
    const count = Number(read.value.data?.['count']) + 1
    const step = await attempt(
      maps.update({ ...read.value, data: { count: String(count) } }, { signal: AbortSignal.timeout(perRequestMs) }),
      journal,
    )
    if (step.fate === 'written') tally.acknowledged++
    else if (step.fate === 'unknown') tally.unknown++
    await pause(step.fate === 'written' ? 5 : 50)
  }
}

/** Reads from one server after the other: what one has shown, the next may not take back. */
export async function readEverywhere(clients: readonly Client[], journal: Journal, name: string, signal: AbortSignal) {
  let newest = 0
  for (let turn = 0; !signal.aborted; turn++) {
    const maps = clients[turn % clients.length]!.of(configMap, 'default')
    const { value } = await attempt(maps.get(name, { signal: AbortSignal.timeout(perRequestMs) }), journal)
    if (value) {
      const revision = Number(value.metadata.resourceVersion)
      if (revision < newest && journal.faults.length < faultsMax) journal.faults.push(`read ${name} at ${revision} after ${newest}`)
      newest = Math.max(newest, revision)
      journal.reads++
    }
    await pause(value ? 2 : 100)
  }
}

/** Watches, beginning again where it was, and with a list where that is gone. */
export async function watchAll(client: Client, journal: Journal, server: string, signal: AbortSignal) {
  const maps = client.of(configMap, 'default')
  const record: WatchRecord = { server, state: new Map(), added: new Map(), revision: 0, restarts: 0 }
  journal.watched.push(record)
  while (!signal.aborted) {
    try {
      if (record.revision === 0) {
        const list = await maps.list({ signal })
        record.state.clear()
        for (const { metadata } of list.items) record.state.set(metadata.name, place(metadata))
        record.revision = Number(list.metadata?.resourceVersion)
      }
      for await (const events of maps.watch({ resourceVersion: String(record.revision) }, signal)) {
        for (const event of events) take(record, event as WatchedEvent, journal)
      }
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof ApiError && error.code === 410) {
        record.revision = 0
        record.restarts++
      }
      await pause(100)
    }
  }
}

interface WatchedEvent {
  readonly type: string
  readonly object: {
    readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string }
  }
}

function take(record: WatchRecord, { type, object: { metadata } }: WatchedEvent, journal: Journal): void {
  const { name } = metadata
  const now = place(metadata)
  if (now.revision <= record.revision) {
    journal.faults.push(`watch at ${record.server}: ${type} ${name} at ${now.revision} after ${record.revision}`)
  }
  record.revision = now.revision
  if (type === 'DELETED') {
    record.state.delete(name)
    return
  }
  if (type === 'ADDED') {
    record.added.set(name, (record.added.get(name) ?? 0) + 1)
    if (record.state.has(name)) journal.faults.push(`watch at ${record.server}: ${name} was added twice`)
  }
  record.state.set(name, now)
}

function place(metadata: { readonly uid: string; readonly resourceVersion: string }) {
  return { uid: metadata.uid, revision: Number(metadata.resourceVersion) }
}

async function attempt<T>(call: Promise<T>, journal: Journal): Promise<{ fate: Fate; value?: T; reason?: string }> {
  try {
    return { fate: 'written', value: await call }
  } catch (error) {
    if (!(error instanceof ApiError)) return { fate: 'unknown' }
    if (error.code === 500 && !/etcdserver|context deadline|no connection|connection/i.test(error.message)) {
      journal.faults.push(`an answer that nobody should get: ${error.message}`)
    }
    return error.code < 500 ? { fate: 'refused', reason: error.reason } : { fate: 'unknown' }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** What must hold at the end, when all clients are quiet and `clients` reach all servers. */
export async function verify(clients: readonly Client[], journal: Journal): Promise<Record<string, number>> {
  const lists = await Promise.all(clients.map((client) => client.of(configMap, 'default').list()))
  const [first] = lists.map(({ items }) => new Map(items.map((item) => [item.metadata.name, place(item.metadata)])))
  for (const { items } of lists) {
    assert.deepEqual(new Map(items.map((item) => [item.metadata.name, place(item.metadata)])), first)
  }
  assert.deepEqual(journal.faults, [])
  for (const [name, fate] of journal.creations) {
    const gone = journal.deletions.get(name)
    if (fate === 'written' && gone === undefined) assert.ok(first!.has(name), `${name} was acknowledged and is lost`)
    if (gone === 'written') assert.ok(!first!.has(name), `${name} was deleted and is there`)
  }
  for (const [name, { acknowledged, unknown }] of journal.counters) {
    const count = Number(lists[0]!.items.find(({ metadata }) => metadata.name === name)?.data?.['count'])
    assert.ok(count >= acknowledged, `${name} is ${count}, and ${acknowledged} steps were acknowledged`)
    assert.ok(count <= acknowledged + unknown, `${name} is ${count}: more than ${acknowledged} and ${unknown} steps`)
  }
  for (const record of journal.watched) {
    assert.deepEqual(
      new Map([...record.state].toSorted()), new Map([...first!].toSorted()), `the watch at ${record.server}`,
    )
    for (const [name, times] of record.added) assert.equal(times, 1, `${name} was created ${times} times`)
  }
  const fates = [...journal.creations.values()]
  return {
    written: fates.filter((fate) => fate === 'written').length,
    unknown: fates.filter((fate) => fate === 'unknown').length,
    counted: [...journal.counters.values()].reduce((sum, { acknowledged }) => sum + acknowledged, 0),
    countsUnknown: [...journal.counters.values()].reduce((sum, { unknown }) => sum + unknown, 0),
    reads: journal.reads,
    watchRestarts: journal.watched.reduce((sum, { restarts }) => sum + restarts, 0),
  }
}
