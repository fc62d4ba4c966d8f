/** One command at a time changes a cluster, and one at a time hands out numbers. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemDisk } from '#host/disk/disk.ts'
import { DiskError, type DiskLock } from '#world/disk.ts'
import { homeDirectories } from '../cluster-registry.ts'
import { CommandFailure, exitCode } from './failure.ts'

/** Throws CommandFailure (in use) while another `up`, `down` or `reset` of this cluster is at work. */
export async function lockCluster(name: string): Promise<DiskLock> {
  try {
    return await lock(`${name}.lock`)
  } catch (error) {
    if (!(error instanceof DiskError) || error.reason !== 'locked') throw error
    throw new CommandFailure('E-BUSY', `another skiff command is at work on cluster "${name}" (${error.message})`,
      'wait until it has ended and try again', exitCode.inUse, { cause: error })
  }
}

const numbersRetryMs = 20
const numbersLimitMs = 10_000

/** Held for milliseconds only, so others wait; nobody can be told when it becomes free, so they ask again. */
export async function lockNumbers(): Promise<DiskLock> {
  const until = performance.now() + numbersLimitMs
  for (;;) {
    try {
      return await lock('numbers')
    } catch (error) {
      if (!(error instanceof DiskError) || error.reason !== 'locked' || performance.now() > until) throw error
      await sleep(numbersRetryMs)
    }
  }
}

function lock(name: string): Promise<DiskLock> {
  const directory = join(homeDirectories().data, 'clusters')
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  return systemDisk.lock(join(directory, name))
}
