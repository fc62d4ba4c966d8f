/** A disk of which every call can be delayed, changed or refused. */
import type { Disk, DiskFile } from '#world/disk.ts'
import type { Operation } from '../disk.ts'
import type { SeededRandom } from '../random.ts'

export interface InterceptedCall {
  readonly operation: Operation
  readonly path: string
  /** The file that was opened; undefined for calls that concern names. */
  readonly file: DiskFile | undefined
  /** Of a write. */
  readonly bytes?: Uint8Array
}

/** Does the work, or does not; `bytes` are written instead of those that were asked for. */
export type Interceptor = <T>(call: InterceptedCall, work: (bytes?: Uint8Array) => Promise<T>) => Promise<T>

export function interceptDisk(disk: Disk, around: Interceptor): Disk {
  const named = <T>(operation: Operation, path: string, work: () => Promise<T>): Promise<T> =>
    around({ operation, path, file: undefined }, work)
  return {
    open: (path, mode, signal) =>
      named('open', path, async () => interceptFile(await disk.open(path, mode, signal), around)),
    list: (directory, signal) => disk.list(directory, signal),
    makeDirectory: (path) => disk.makeDirectory(path),
    rename: (source, target) => named('rename', source, () => disk.rename(source, target)),
    remove: (path) => named('remove', path, () => disk.remove(path)),
    syncDirectory: (path) => named('syncDirectory', path, () => disk.syncDirectory(path)),
    lock: (path) => disk.lock(path),
    crc32: disk.crc32,
  }
}

function interceptFile(file: DiskFile, around: Interceptor): DiskFile {
  const { path } = file
  const call = <T>(operation: Operation, work: () => Promise<T>): Promise<T> => around({ operation, path, file }, work)
  const intercepted: DiskFile = {
    path,
    size: () => file.size(),
    read: (offset, length, signal) => call('read', () => file.read(offset, length, signal)),
    write: (offset, bytes, signal) =>
      around({ operation: 'write', path, file, bytes }, (other) => file.write(offset, other ?? bytes, signal)),
    async writeDurably(offset, bytes) {
      await intercepted.write(offset, bytes)
      await intercepted.datasync()
    },
    preallocate: (length, signal) => call('preallocate', () => file.preallocate(length, signal)),
    truncate: (length) => call('truncate', () => file.truncate(length)),
    datasync: () => call('datasync', () => file.datasync()),
    [Symbol.asyncDispose]: () => call('close', async () => { await file[Symbol.asyncDispose]() }),
  }
  return intercepted
}

/** Each call takes effect a little later, so that calls of different parts of the store overtake one another. */
export function unevenly(disk: Disk, random: SeededRandom): Disk {
  return interceptDisk(disk, async (_, work) => {
    for (let ticks = random.below(6); ticks > 0; ticks--) await Promise.resolve()
    return work()
  })
}
