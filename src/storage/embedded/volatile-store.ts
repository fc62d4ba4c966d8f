/** A store without a disk: for tests, for the simulator and for clusters that nobody will miss. */
import type { Clock } from '#world/clock.ts'
import type { Store } from '../store.ts'
import { JournaledStore, type HistoryOptions } from './journaled-store.ts'
import { Versions } from './versions.ts'

/** An empty store in memory. Every change is visible by the time `swap` returns; nothing survives the process. */
export function openVolatileStore(world: { readonly clock: Clock; readonly options?: HistoryOptions }): Store {
  return new JournaledStore({
    versions: new Versions(), journal: undefined, clock: world.clock, options: world.options ?? {},
  })
}
