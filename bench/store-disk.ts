/** What the bare disk does with the store's own writes, and a disk that counts what is written to it. */
import { closeSync, constants, fdatasyncSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { systemDisk } from '#host/disk/disk.ts'
import type { Disk, DiskFile } from '#world/disk.ts'
import { percentile } from './figure.ts'

const laneBytes = 64 * 2 ** 20

/** One write of 1 KiB and its fdatasync, one after the other, into a file that is there already. */
export function bareSyncs(path: string, seconds: number): { readonly p50: number; readonly p99: number } {
  const times: number[] = []
  overwrite(path, constants.O_WRONLY, (file) => {
    const record = Buffer.alloc(1_024, 'x')
    for (const until = performance.now() + seconds * 1_000; performance.now() < until;) {
      const began = performance.now()
      writeSync(file, record, 0, record.length, (times.length * record.length) % laneBytes)
      fdatasyncSync(file)
      times.push(performance.now() - began)
    }
  })
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) }
}

/** Durable writes of this size, one after the other: bytes a second. */
export function bareBatches(path: string, bytes: number, seconds: number): number {
  const batch = Buffer.alloc(bytes, 'x')
  let written = 0
  let elapsed = 0
  overwrite(path, constants.O_WRONLY | constants.O_DSYNC, (file) => {
    const began = performance.now()
    for (; performance.now() - began < seconds * 1_000; written += bytes) {
      writeSync(file, batch, 0, bytes, written % laneBytes)
    }
    elapsed = performance.now() - began
  })
  return (written / elapsed) * 1_000
}

function overwrite(path: string, flags: number, work: (file: number) => void): void {
  const made = openSync(path, 'w')
  for (let at = 0; at < laneBytes + 2 ** 23; at += 2 ** 20) writeSync(made, Buffer.alloc(2 ** 20), 0, 2 ** 20, at)
  fdatasyncSync(made)
  closeSync(made)
  const file = openSync(path, flags)
  try {
    work(file)
  } finally {
    closeSync(file)
    rmSync(path)
  }
}

/** Reads and checksums every file of a directory, all readings under way at once: no restart can be faster. */
export async function bareRead(directory: string): Promise<{ readonly ms: number; readonly bytes: number }> {
  const began = performance.now()
  let bytes = 0
  for (const name of readdirSync(directory)) {
    if (name.endsWith('.tmp') || name === 'lock') continue
    await using file = await systemDisk.open(join(directory, name), 'read')
    const size = await file.size()
    const readings: Promise<Uint8Array>[] = []
    for (let at = 0; at < size; at += 16 * 2 ** 20) readings.push(file.read(at, Math.min(16 * 2 ** 20, size - at)))
    for (const reading of readings) systemDisk.crc32(await reading, 0)
    bytes += size
  }
  return { ms: performance.now() - began, bytes }
}

export interface CountedDisk extends Disk {
  /** Bytes that were handed to files, zeros to make room in them included. */
  readonly written: number
  /** Calls that write or sync. */
  readonly writes: number
}

export function countingDisk(): CountedDisk {
  let written = 0
  let writes = 0
  const count = <Result>(bytes: number, work: Promise<Result>): Promise<Result> => {
    written += bytes
    writes++
    return work
  }
  const counted = (file: DiskFile): DiskFile => ({
    path: file.path,
    size: () => file.size(),
    read: (offset, length, signal) => file.read(offset, length, signal),
    write: (offset, bytes, signal) => count(bytes.length, file.write(offset, bytes, signal)),
    writeDurably: (offset, bytes) => count(bytes.length, file.writeDurably(offset, bytes)),
    preallocate: (length, signal) => count(length, file.preallocate(length, signal)),
    truncate: (length) => count(0, file.truncate(length)),
    datasync: () => count(0, file.datasync()),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  })
  return {
    ...systemDisk,
    open: async (path, mode, signal) => counted(await systemDisk.open(path, mode, signal)),
    get written() { return written },
    get writes() { return writes },
  }
}
