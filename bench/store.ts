/**
 * The store's figures, each beside what the bare machine does in the same run. Run alone with `node bench/store.ts
 * [--json]`.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '#host/clock.ts'
import { systemDisk } from '#host/disk/disk.ts'
import { openEmbeddedStore, type EmbeddedStoreOptions } from '#storage/embedded/embedded-store.ts'
import type { Keyspace } from '#storage/keyspace.ts'
import { prefixRange } from '#storage/store.ts'
import type { Disk } from '#world/disk.ts'
import { silentLog } from '#world/log.ts'
import { figuresOf, percentile, type Report } from './figure.ts'
import { bareBatches, bareRead, bareSyncs, countingDisk } from './store-disk.ts'
import type { Restarted } from './store-restart.ts'

const secondsEach = 2
const everything = { start: '', end: '\uffff' }

type Give = ReturnType<typeof figuresOf>

/**
 * Measures in `STORE_BENCH_DIRECTORY`, or beside other temporary files; only that disk's speed is what the figures
 * mean.
 */
export async function run(report: Report): Promise<void> {
  const give = figuresOf('store', report)
  const directory = await mkdtemp(join(process.env['STORE_BENCH_DIRECTORY'] ?? tmpdir(), 'bench-store-'))
  try {
    const bare = bareSyncs(`${directory}/bare`, secondsEach / 2)
    give('bare fdatasync of 1 KiB, p50', bare.p50, 'ms', 'lower')
    give('bare fdatasync of 1 KiB, p99', bare.p99, 'ms', 'lower')
    for (const writers of [1, 100, 1_000]) await durablePuts(give, directory, writers, bare.p50)
    await writtenBytes(give, `${directory}/written`)
    await reads(give, `${directory}/reads`)
    await restart(give, `${directory}/pods`, { entries: 150_000, bytes: 3_600, what: 'pods of 3.6 KB', goal: 1_000 })
    await restart(give, `${directory}/million`, { entries: 1_000_000, bytes: 1_024, what: 'keys of 1 KiB' })
  } finally {
    await rm(directory, { recursive: true })
  }
}

const open = (directory: string, options: EmbeddedStoreOptions = {}, disk: Disk = systemDisk): Promise<Keyspace> =>
  openEmbeddedStore({ disk, directory, clock: systemClock, log: silentLog, options })

/** Each writer creates keys of its own, one after the other, as fast as the store acknowledges. */
async function durablePuts(give: Give, directory: string, writers: number, bareMs: number): Promise<void> {
  const disk = countingDisk()
  await using store = await open(`${directory}/puts-${writers}`, {}, disk)
  const value = new Uint8Array(1_024).fill(120)
  const times: number[] = []
  const write = async (writer: number, until: number, measured: boolean): Promise<void> => {
    for (let i = 0; performance.now() < until; i++) {
      const key = `/registry/pods/ns-${writer}/pod-${i % 200}`
      const began = performance.now()
      const result = await store.swap(key, store.current().get(key)?.modRevision ?? 0, { type: 'put', value })
      if (result.type !== 'swapped') throw new Error('a writer lost a race that nobody else ran')
      if (measured) times.push(performance.now() - began)
    }
  }
  const all = async (seconds: number, measured: boolean): Promise<number> => {
    const began = performance.now()
    await Promise.all(Array.from({ length: writers }, (_, i) => write(i, began + seconds * 1_000, measured)))
    return (performance.now() - began) / 1_000
  }
  await all(0.5, false)
  const callsBefore = disk.writes
  const seconds = await all(secondsEach, true)
  const groupBytes = (times.length / Math.max(1, disk.writes - callsBefore)) * 1_100
  const rate = times.length / seconds
  const p50 = percentile(times, 0.5)
  const who = `${writers} ${writers === 1 ? 'writer' : 'writers'}`
  give(`durable puts of 1 KiB, ${who}`, rate, '1/s', 'higher', writers === 1_000 ? 200_000 : undefined)
  give(`durable put of 1 KiB, ${who}, p50`, p50, 'ms', 'lower')
  give(`durable put of 1 KiB, ${who}, p99`, percentile(times, 0.99), 'ms', 'lower')
  if (writers === 1) give('durable put of 1 KiB, 1 writer, p50 / bare fdatasync', p50 / bareMs, 'ratio', 'lower', 2)
  else {
    const bare = bareBatches(`${directory}/batches`, Math.ceil(groupBytes / 4_096) * 4_096, secondsEach / 2) / 1_100
    give(`the bare disk with the same groups, ${who}`, bare, '1/s', 'higher')
    give(`durable puts / the bare disk with the same groups, ${who}`, rate / bare, 'ratio', 'higher', 0.5)
  }
}

/** What reaches the disk for each byte of keys and values, in logs and snapshots, and what an idle store writes. */
async function writtenBytes(give: Give, directory: string): Promise<void> {
  const disk = countingDisk()
  await using store = await open(directory, { historyChanges: 20_000 }, disk)
  let logical = 0
  const value = new Uint8Array(1_024).fill(120)
  for (let round = 0; round < 400; round++) {
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => {
      const key = `/registry/pods/ns/pod-${(round * 1_000 + i) % 100_000}`
      logical += key.length + value.length
      return store.swap(key, store.current().get(key)?.modRevision ?? 0, { type: 'put', value })
    }))
  }
  await systemClock.sleep(3_000)
  // Half of it are the zeros that make a log before it is written to.
  give('bytes written for each byte put', disk.written / logical, 'ratio', 'lower', 5)
  const before = disk.writes
  await systemClock.sleep(3_000)
  give('writes of an idle store in 3 s', disk.writes - before, '', 'lower', 0)
}

async function reads(give: Give, directory: string): Promise<void> {
  await using store = await open(directory)
  await fill(store, 100_000, 1_024)
  const view = store.current()
  const listed = performance.now()
  const entries = view.list(everything)
  const listMs = performance.now() - listed
  give('range of 100,000 keys', listMs, 'ms', 'lower')
  const walked = performance.now()
  const bytes = entries.reduce((sum, { value }) => sum + value.length, 0)
  give('every value of them looked at', performance.now() - walked, 'ms', 'lower')
  if (bytes !== 100_000 * 1_024) throw new Error('the range lost values')
  const began = performance.now()
  await store.hash(store.revision)
  give('digest of 100,000 keys', performance.now() - began, 'ms', 'lower')
  await watches(give, store, 1_000, 2_000)
}

/** Every watcher sees every change: from the put to the last watcher. */
async function watches(give: Give, store: Keyspace, watchers: number, changes: number): Promise<void> {
  const stop = new AbortController()
  let seen = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  const follow = async (): Promise<void> => {
    for await (const batch of store.watch(prefixRange('/w/'), store.revision, { signal: stop.signal })) {
      seen += batch.length
      if (seen === watchers * changes) resolve()
    }
  }
  const following = Array.from({ length: watchers }, follow)
  const began = performance.now()
  const value = new Uint8Array(1_024)
  await Promise.all(Array.from({ length: changes }, (_, i) => store.swap(`/w/${i}`, 0, { type: 'put', value })))
  await promise
  const seconds = (performance.now() - began) / 1_000
  give(`events to ${watchers} watches`, (watchers * changes) / seconds, '1/s', 'higher')
  stop.abort()
  await Promise.all(following)
}

async function restart(
  give: Give, directory: string,
  { entries, bytes, what, goal }: {
    readonly entries: number; readonly bytes: number; readonly what: string; readonly goal?: number
  },
): Promise<void> {
  {
    // A short history, so that what is read back is what a cluster at rest has: a snapshot and some log.
    await using store = await open(directory, { historyChanges: 1_000 })
    await fill(store, entries, bytes)
    const began = performance.now()
    let backup = 0
    for await (const chunk of store.backup(new AbortController().signal)) backup += chunk.length
    give(`backup of ${entries} ${what}`, backup / 1e3 / (performance.now() - began), 'MB/s', 'higher')
    const forked = performance.now()
    await store.fork()[Symbol.asyncDispose]()
    give(`fork of ${entries} ${what}`, performance.now() - forked, 'ms', 'lower')
  }
  await bareRead(directory)
  const bare = await bareRead(directory)
  give(`${Math.round(bare.bytes / 2 ** 20)} MiB of files read and checksummed`, bare.ms, 'ms', 'lower')
  const runs: Restarted[] = []
  for (let i = 0; i < 3; i++) runs.push(await restartOnce(directory))
  const best = runs.toSorted((a, b) => a.ms - b.ms)[0]!
  if (best.entries !== entries) throw new Error('the restart lost entries')
  give(`restart with ${entries} ${what}, best of 3`, best.ms, 'ms', 'lower', goal)
  give(`restart with ${entries} ${what}, processor time`, best.cpuMs, 'ms', 'lower')
  give(`memory for each of ${what} after it, beyond its value`, (
    best.memoryBytes - best.valueBytes
  ) / entries, 'bytes', 'lower')
}

async function restartOnce(directory: string): Promise<Restarted> {
  const child = fork(fileURLToPath(new URL('store-restart.ts', import.meta.url)), { execArgv: ['--expose-gc'] })
  try {
    child.send(directory)
    const [restarted] = await once(child, 'message') as [Restarted]
    await new Promise((resolve) => { child.once('exit', resolve).disconnect() })
    return restarted
  } finally {
    child.kill()
  }
}

async function fill(store: Keyspace, entries: number, bytes: number): Promise<void> {
  const value = new Uint8Array(bytes).fill(120)
  for (let i = 0; i < entries;) {
    const group: Promise<unknown>[] = []
    for (const end = i + 1_000; i < end; i++) {
      group.push(store.swap(`/registry/pods/ns-${i % 100}/pod-${i}`, 0, { type: 'put', value }))
    }
    await Promise.all(group)
  }
}

if (import.meta.main) {
  const asJson = process.argv.includes('--json')
  await run((figure) => {
    const { value, unit, goal, holds } = figure
    const verdict = goal === undefined ? '' : `  goal ${goal}: ${holds === true ? 'holds' : 'does not hold'}`
    process.stdout.write(asJson
      ? `${JSON.stringify(figure)}\n` : `${figure.figure.padEnd(62)} ${String(value).padStart(9)} ${unit}${verdict}\n`)
  })
}
