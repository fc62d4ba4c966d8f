/** A disk in memory that forgets what a real one may forget: unsynced sectors, lengths, names. */
import { crc32 } from '#base/crc32.ts'
import { DiskError, type Disk, type DiskFile, type DiskLock } from '#world/disk.ts'
import {
  createPlatter,
  durableSector,
  sectorBytes,
  spliced,
  type DiskCall,
  type Inode,
  type InodeFate,
  type Platter,
} from './platter.ts'
import type { SeededRandom } from './random.ts'

export type Operation =
  'open' | 'read' | 'write' | 'datasync' | 'preallocate' | 'truncate' | 'rename' | 'remove' | 'syncDirectory' | 'close'

/** What survives of everything that was never synced. */
export type CrashOutcome =
  /** Only the process died: everything is there, and what was not synced is still at risk. */
  | { readonly type: 'process' }
  | { readonly type: 'nothing' }
  | { readonly type: 'everything' }
  /** Any subset of sectors, lengths and names; the last write perhaps cut at any byte. */
  | { readonly type: 'random'; readonly random: SeededRandom }

export interface SimDisk extends Disk {
  /** Calls so far that can fail or lie at a crash point. */
  readonly operations: number
  /**
   * Asked before each operation takes effect; an error makes it fail. A write or sync that fails may have done its work
   * in part.
   */
  beforeEach: ((operation: Operation, path: string, index: number) => Error | undefined) | undefined
  /** Whatever of this file was not synced never will be, as after a sync that failed; readers still see it. */
  failSync(file: DiskFile): void
  /** Told of each change when it takes effect. The bytes of a write belong to the writer: copy them to keep them. */
  onChange: ((call: DiskCall) => void) | undefined
  /** The power goes: open files and locks die with the process, and of unsynced state remains what `outcome` says. */
  crash(outcome: CrashOutcome): void
  /** The content as a reader sees it now, for tests that damage it. */
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Replaces a file's content, durably. */
  put(path: string, bytes: Uint8Array): void
}

/** A disk with these files on it. Their bytes are shared until they are written to. */
export function createSimDisk(files: ReadonlyMap<string, Uint8Array> = new Map()): SimDisk {
  let platter = createPlatter(files)
  let generation = 0
  let operations = 0
  const locks = new Set<string>()
  /** Under whatever name they are now. */
  const opened = new WeakMap<DiskFile, Inode>()

  const enter = (operation: Operation, path: string, life: number): void => {
    if (life !== generation) {
      // The process died with its machine, and its files were closed for it.
      if (operation === 'close') return
      throw new DiskError('failed', `${path}: the machine has crashed`)
    }
    operations++
    const error = disk.beforeEach?.(operation, path, operations)
    if (error !== undefined) throw error
  }
  const change = (call: DiskCall): void => {
    platter.apply(call)
    disk.onChange?.(call)
  }
  const contents = (): Map<string, Uint8Array> =>
    new Map([...platter.names].map(([path, inode]) => [path, inode.bytes.slice(0, inode.size)]))

  const disk: SimDisk = {
    beforeEach: undefined,
    onChange: undefined,
    get operations() { return operations },
    get files() { return contents() },
    failSync(file) {
      const inode = opened.get(file)
      if (inode !== undefined) change({ type: 'failedSync', file: inode.id })
    },
    put(path, bytes) {
      platter = createPlatter(contents().set(path, bytes.slice()))
    },
    async open(path, mode) {
      enter('open', path, generation)
      if (mode === 'create') change({ type: 'create', path })
      const inode = platter.names.get(path)
      if (inode === undefined) throw new DiskError('absent', `${path}: no such file`)
      const life = generation
      const file = openFile(path, inode, { enter: (operation) => enter(operation, path, life), change })
      opened.set(file, inode)
      return file
    },
    async list(directory) {
      const start = directory.endsWith('/') ? directory : `${directory}/`
      return [...platter.names.keys()]
        .filter((path) => path.startsWith(start))
        .map((path) => path.slice(start.length))
    },
    async makeDirectory() {},
    async rename(source, target) {
      enter('rename', source, generation)
      change({ type: 'rename', source, target })
    },
    async remove(path) {
      enter('remove', path, generation)
      change({ type: 'remove', path })
    },
    async syncDirectory(path) {
      enter('syncDirectory', path, generation)
      change({ type: 'syncDirectory' })
    },
    async lock(path): Promise<DiskLock> {
      if (locks.has(path)) throw new DiskError('locked', `${path} is held by the running process 1`)
      locks.add(path)
      const life = generation
      return { note: undefined, async [Symbol.asyncDispose]() { if (life === generation) locks.delete(path) } }
    },
    crc32,
    crash(outcome) {
      generation++
      locks.clear()
      disk.beforeEach = undefined
      if (outcome.type !== 'process') settle(platter, outcome)
    },
  }
  return disk
}

interface Calls {
  /** Counts the call, and throws if it is to fail. */
  enter(operation: Operation): void
  change(call: DiskCall): void
}

function openFile(path: string, inode: Inode, { enter, change }: Calls): DiskFile {
  const file: DiskFile = {
    path,
    async size() { return inode.size },
    async read(offset, length) {
      enter('read')
      return inode.bytes.slice(Math.min(offset, inode.size), Math.min(offset + length, inode.size))
    },
    async write(offset, bytes, signal) {
      signal?.throwIfAborted()
      enter('write')
      change({ type: 'write', file: inode.id, offset, bytes })
    },
    async writeDurably(offset, bytes) {
      await file.write(offset, bytes)
      await file.datasync()
    },
    async preallocate(length) {
      enter('preallocate')
      if (length > inode.size) change({ type: 'resize', file: inode.id, size: length })
    },
    async truncate(length) {
      enter('truncate')
      change({ type: 'resize', file: inode.id, size: length })
    },
    async datasync() {
      enter('datasync')
      change({ type: 'sync', file: inode.id })
    },
    async [Symbol.asyncDispose]() { enter('close') },
  }
  return file
}

/** Turns the disk's state into one that it may have after the power went. */
function settle(platter: Platter, outcome: Exclude<CrashOutcome, { type: 'process' }>): void {
  switch (outcome.type) {
    case 'nothing':
      return platter.settle(platter.durableNames, (inode) => ({ size: inode.durableSize, sector: () => undefined }))
    case 'everything':
      return platter.settle(
        platter.names, (inode) => ({ size: inode.size, sector: (_, versions) => versions.at(-1) }),
      )
    case 'random': {
      const names = survivingNames(platter, outcome.random)
      platter.settle(names, (inode) => randomFate(platter, inode, outcome.random))
    }
  }
}

/** Each sector holds something that was written to it, or what it held before; or the newest write is cut at a byte. */
function randomFate({ lastWrite }: Platter, inode: Inode, random: SeededRandom): InodeFate {
  const size = random.chance(0.5) ? inode.durableSize : random.pick([inode.durableSize, ...inode.sizes])
  if (lastWrite?.inode === inode && random.chance(0.3)) {
    const cut = lastWrite.from + random.below(lastWrite.to - lastWrite.from)
    return {
      size: Math.max(size, inode.size),
      sector(number, versions) {
        const start = number * sectorBytes
        if (start + sectorBytes <= cut) return versions.at(-1)
        if (start >= cut) return versions.at(-2)
        return spliced(versions.at(-1)!, versions.at(-2) ?? durableSector(inode, number), cut - start)
      },
    }
  }
  const keep = random.next()
  return {
    size,
    sector: (_, versions) => random.chance(keep) ? versions[random.below(versions.length)] : undefined,
  }
}

/** A rename happens as a whole or not at all; apart from that, each change of a name may be lost by itself. */
function survivingNames(platter: Platter, random: SeededRandom): Map<string, Inode> {
  const names = new Map(platter.durableNames)
  for (const change of platter.nameChanges) {
    if (random.chance(0.5)) continue
    if (change.type === 'unlink') names.delete(change.path)
    else if (change.type === 'link') names.set(change.path, change.inode)
    else {
      names.delete(change.source)
      names.set(change.target, change.inode)
    }
  }
  return names
}
