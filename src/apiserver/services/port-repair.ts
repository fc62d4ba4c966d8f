/** Brings node ports and services together again after a server died between taking a port and writing the service. */
import { StoreUnavailable } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { NodePorts } from './node-ports.ts'

const repairMs = 3 * 60_000
/** A port without a service may belong to one that is just being made; after so many rounds it does not. */
const roundsUntilLeaked = 3

/** Runs until aborted, every three minutes as upstream does. */
export async function runPortRepair(
  { ports, clock, log }: { readonly ports: NodePorts; readonly clock: Clock; readonly log: Log }, signal: AbortSignal,
): Promise<void> {
  let seen = new Map<number, number>()
  while (!signal.aborted) {
    const leaked = new Set([...seen].filter(([, rounds]) => rounds >= roundsUntilLeaked).map(([port]) => port))
    try {
      const orphans = await ports.repair(leaked)
      if (leaked.size > 0) log.warn('gave back node ports that no service had', { ports: [...leaked] })
      seen = new Map(orphans.map((port) => [port, (seen.get(port) ?? 0) + 1]))
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
    }
    await clock.sleep(repairMs, signal).catch(() => undefined)
  }
}
