/** A store without a disk: for tests, for the simulator and for clusters that nobody will miss. */
import { crc32 } from '#base/crc32.ts'
import type { Clock } from '#world/clock.ts'
import type { Keyspace } from '../keyspace.ts'
import type { HistoryOptions } from './history-limits.ts'
import { JournaledStore } from './journaled-store.ts'
import { Versions } from './versions.ts'

/** An empty store in memory. Every change is visible by the time `swap` returns; nothing survives the process. */
export function openVolatileStore(world: { readonly clock: Clock; readonly options?: HistoryOptions }): Keyspace {
  return new JournaledStore({
    versions: new Versions(), state: { leases: new Map(), alarms: new Set() }, journal: undefined, clock: world.clock,
    checksum: crc32, options: world.options ?? {},
  })
}
