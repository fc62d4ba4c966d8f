/** A process of its own that opens a store and tells how long that took and what memory it has then. */
import { systemClock } from '#host/clock.ts'
import { systemDisk } from '#host/disk/disk.ts'
import { openEmbeddedStore } from '#storage/embedded/embedded-store.ts'
import { silentLog } from '#world/log.ts'

export interface Restarted {
  readonly ms: number
  readonly cpuMs: number
  readonly entries: number
  readonly valueBytes: number
  /** Resident, beyond what the process had before. */
  readonly memoryBytes: number
}

process.once('message', async (directory: string) => {
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  const cpu = process.cpuUsage()
  const began = performance.now()
  await using store = await openEmbeddedStore({ disk: systemDisk, directory, clock: systemClock, log: silentLog })
  const ms = performance.now() - began
  const { user, system } = process.cpuUsage(cpu)
  const entries = store.current().count({ start: '', end: '\uffff' })
  // What was only needed for opening is given back a little later.
  globalThis.gc?.()
  await systemClock.sleep(300)
  globalThis.gc?.()
  const memoryBytes = process.memoryUsage().rss - before
  const listed = store.current().list({ start: '', end: '\uffff' })
  const valueBytes = listed.reduce((sum, { value }) => sum + value.length, 0)
  const restarted: Restarted = { ms, cpuMs: (user + system) / 1_000, entries, valueBytes, memoryBytes }
  process.send!(restarted)
})
