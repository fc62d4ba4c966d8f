/** A disk of which one call fails, in one of the ways in which calls fail. */
import { DiskError, type Disk, type DiskFile } from '#world/disk.ts'
import type { SimDisk } from '../disk.ts'
import { interceptDisk } from './intercepted-disk.ts'

/** EDQUOT is the same as ENOSPC to whoever uses a disk, and EINTR (where it comes through at all) the same as EIO. */
export const callErrors = ['EIO', 'ENOSPC', 'short write', 'failed sync'] as const
export type CallError = typeof callErrors[number]

export interface FaultyDisk {
  readonly disk: Disk
  /** How many calls there were. */
  calls(): number
  /** What failed. Undefined: the call that should fail did not come, or cannot fail like this. */
  failed(): string | undefined
  /** What the store must never do, if it did it. */
  misuse(): string | undefined
}

/** Call number `index` (from 1) fails as `error`; 0: none. */
export function faultyDisk(disk: SimDisk, index: number, error: CallError): FaultyDisk {
  let calls = 0
  let failed: string | undefined
  let misuse: string | undefined
  const distrusted = new Set<DiskFile>()
  const intercepted = interceptDisk(disk, async ({ operation, path, file, bytes }, work) => {
    calls++
    if (operation === 'datasync' && distrusted.has(file!)) misuse ??= `${path} was synced again after a failed sync`
    if (operation === 'write' && distrusted.has(file!)) misuse ??= `${path} was written to after a failed sync`
    if (calls !== index) return await work()
    const fail = (reason: DiskError['reason']): DiskError => {
      failed = `${operation} of ${path}`
      return new DiskError(reason, `${path}: planted ${error}`)
    }
    switch (error) {
      case 'EIO':
        if (operation === 'datasync') distrusted.add(file!)
        // Closing closes, whatever it says.
        if (operation === 'close') await work()
        throw fail('failed')
      case 'ENOSPC':
        if (operation === 'read' || operation === 'close') return await work()
        throw fail('full')
      case 'short write':
        if (operation !== 'write' || bytes!.length < 2) return await work()
        await work(bytes!.subarray(0, bytes!.length >> 1))
        throw fail('failed')
      case 'failed sync':
        if (operation !== 'datasync') return await work()
        distrusted.add(file!)
        disk.failSync(file!)
        throw fail('failed')
    }
  })
  return { disk: intercepted, calls: () => calls, failed: () => failed, misuse: () => misuse }
}
