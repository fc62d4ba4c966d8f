/**
 * The store's figures: durable puts beside the bare disk, restart, memory. Run alone with `node bench/store.ts
 * [--json]`.
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#host/clock.ts'
import { systemDisk } from '#host/disk/disk.ts'
import { openEmbeddedStore } from '#storage/embedded/embedded-store.ts'
import type { EmbeddedStoreOptions } from '#storage/embedded/embedded-store.ts'
import { prefixRange } from '#storage/store.ts'
import type { Store } from '#storage/store.ts'
import { silentLog } from '#world/log.ts'
import type { Figure, Report } from './figure.ts'

const secondsEach = 2
const podBytes = 3_600
const pods = 150_000

/**
 * Measures in `STORE_BENCH_DIRECTORY`, or beside other temporary files; only that disk's speed is what the figures
 * mean.
 */
export async function run(report: Report): Promise<void> {
  const directory = await mkdtemp(join(process.env['STORE_BENCH_DIRECTORY'] ?? tmpdir(), 'bench-store-'))
  try {
    const bareMs = bareSync(`${directory}/bare`)
    give(report, 'bare fdatasync of 1 KiB, p50', bareMs.p50, 'ms', 'lower')
    give(report, 'bare fdatasync of 1 KiB, p99', bareMs.p99, 'ms', 'lower')
    for (const writers of [1, 100, 1_000]) await durablePuts(
      report, `${directory}/puts-${writers}`, writers, bareMs.p50,
    )
    await restart(report, `${directory}/restart`)
  } finally {
    await rm(directory, { recursive: true })
  }
}

function give(
  report: Report, figure: string, value: number, unit: string, better: Figure['better'], goal?: number,
): void {
  const holds = goal === undefined ? {} : { goal, holds: better === 'higher' ? value >= goal : value <= goal }
  report({ bench: 'store', figure, value: Number(value.toPrecision(4)), unit, better, ...holds })
}

function bareSync(path: string): { p50: number; p99: number } {
  const file = openSync(path, 'w')
  for (let i = 0; i < 16; i++) writeSync(file, Buffer.alloc(2 ** 20), 0, 2 ** 20, i * 2 ** 20)
  fdatasyncSync(file)
  const record = Buffer.alloc(1_024, 'x')
  const times: number[] = []
  for (const until = performance.now() + secondsEach * 500; performance.now() < until;) {
    const began = performance.now()
    writeSync(file, record, 0, record.length, (times.length * record.length) % (16 * 2 ** 20))
    fdatasyncSync(file)
    times.push(performance.now() - began)
  }
  closeSync(file)
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) }
}

const open = (directory: string, options: EmbeddedStoreOptions = {}): Promise<Store> =>
  openEmbeddedStore({ disk: systemDisk, directory, clock: systemClock, log: silentLog, options })

/** Each writer creates keys of its own, one after the other, as fast as the store acknowledges. */
async function durablePuts(report: Report, directory: string, writers: number, bareMs: number): Promise<void> {
  await using store = await open(directory)
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
  const seconds = await all(secondsEach, true)
  const p50 = percentile(times, 0.5)
  give(report, `durable puts of 1 KiB, ${writers} writers`, times.length / seconds, '1/s', 'higher', writers === 1_000
    ? 200_000 : undefined)
  give(report, `durable put of 1 KiB, ${writers} writers, p50`, p50, 'ms', 'lower')
  give(report, `durable put of 1 KiB, ${writers} writers, p99`, percentile(times, 0.99), 'ms', 'lower')
  if (writers === 1) give(
    report, 'durable put of 1 KiB, 1 writer, p50 / bare fdatasync', p50 / bareMs, 'ratio', 'lower', 4,
  )
}

async function restart(report: Report, directory: string): Promise<void> {
  {
    // A short history, so that what is read back is what a cluster at rest has: a snapshot and little log.
    await using store = await open(directory, { historyChanges: 1_000, snapshotAfterBytes: 32 * 2 ** 20 })
    const value = new Uint8Array(podBytes).fill(120)
    for (let i = 0; i < pods;) {
      const group: Promise<unknown>[] = []
      for (let end = i + 1_000; i < end; i++) {
        group.push(store.swap(`/registry/pods/ns-${i % 100}/pod-${i}`, 0, { type: 'put', value: value.slice() }))
      }
      await Promise.all(group)
    }
  }
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  const began = performance.now()
  await using store = await open(directory)
  const ms = performance.now() - began
  give(report, `restart with ${pods} entries of ${podBytes} bytes`, ms, 'ms', 'lower', 1_000)
  const view = store.current()
  if (view.count(prefixRange('/registry/pods/')) !== pods) throw new Error('the restart lost entries')
  globalThis.gc?.()
  give(report, 'memory for each entry after the restart, beyond its bytes', (
    process.memoryUsage().rss - before
  ) / pods - podBytes, 'bytes', 'lower')
  const listed = performance.now()
  const entries = view.list(prefixRange('/registry/pods/'), 10_000)
  give(report, `list of ${entries.length} entries`, performance.now() - listed, 'ms', 'lower')
}

function percentile(times: readonly number[], at: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * at)] ?? 0
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
