/** Addresses that a containerd which died in the middle of a pod's start has reserved for ever. */
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { join } from 'node:path'

export interface Lease {
  readonly file: string
  /** The sandbox that the address was reserved for. */
  readonly sandboxId: string
  /** Wall-clock milliseconds of the reservation. */
  readonly reservedAt: number
}

/** Pure: the leases from before `before` whose sandbox is none of those that the runtime knows. */
export function decideOrphans(leases: readonly Lease[], sandboxIds: ReadonlySet<string>, before: number): Lease[] {
  return leases.filter(({ sandboxId, reservedAt }) => reservedAt < before && !sandboxIds.has(sandboxId))
}

/** host-local's files: named after the address, the sandbox's id on the first line. */
function readLeases(directory: string): Lease[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => isIPv4(path.split('/').at(-1)!))
    .flatMap((path) => {
      const file = join(directory, path)
      try {
        return [
          {
            file,
            sandboxId: readFileSync(file, 'utf8').split(/\r?\n/, 1)[0]!.trim(),
            reservedAt: statSync(file).mtimeMs,
          },
        ]
      } catch {
        // Given back meanwhile.
        return []
      }
    })
}

/** Gives how many addresses are free again. */
export function removeOrphanedLeases(directory: string, sandboxIds: ReadonlySet<string>, before: number): number {
  const orphans = decideOrphans(readLeases(directory), sandboxIds, before)
  for (const { file } of orphans) rmSync(file, { force: true })
  return orphans.length
}
