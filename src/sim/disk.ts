/** A disk in memory that forgets what a real one may forget: unsynced sectors, lengths, names. */
import { crc32 } from '#base/crc32.ts'
import { DiskError, type Disk, type DiskFile, type DiskLock } from '#world/disk.ts'
import type { SeededRandom } from './random.ts'

/** The unit that a disk writes as a whole or not at all. */
export const sectorBytes = 512

export type Operation =
  'open' | 'read' | 'write' | 'datasync' | 'preallocate' | 'truncate' | 'rename' | 'remove' | 'syncDirectory'

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
  /** The power goes: open files and locks die with the process, and of unsynced state remains what `outcome` says. */
  crash(outcome: CrashOutcome): void
  /** The content as a reader sees it now, for tests that damage it. */
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Replaces a file's content, durably. */
  put(path: string, bytes: Uint8Array): void
}

interface Inode {
  bytes: Uint8Array
  size: number
  durable: Uint8Array
  durableSize: number
  /** Sectors that differ from `durable`, perhaps. */
  dirty: Set<number>
  lastWrite: { readonly from: number; readonly to: number } | undefined
}

type NameChange =
  | { readonly type: 'link'; readonly path: string; readonly inode: Inode }
  | { readonly type: 'rename'; readonly source: string; readonly target: string; readonly inode: Inode }
  | { readonly type: 'unlink'; readonly path: string }

export function createSimDisk(): SimDisk {
  let names = new Map<string, Inode>()
  let durableNames = new Map<string, Inode>()
  let changes: NameChange[] = []
  let generation = 0
  let operations = 0
  const locks = new Set<string>()

  const enter = (operation: Operation, path: string, life: number): void => {
    if (life !== generation) throw new DiskError('failed', `${path}: the machine has crashed`)
    operations++
    const error = disk.beforeEach?.(operation, path, operations)
    if (error !== undefined) throw error
  }
  const find = (path: string): Inode => {
    const inode = names.get(path)
    if (inode === undefined) throw new DiskError('absent', `${path}: no such file`)
    return inode
  }

  const disk: SimDisk = {
    beforeEach: undefined,
    get operations() { return operations },
    get files() {
      return new Map([...names].map(([path, inode]) => [path, inode.bytes.slice(0, inode.size)]))
    },
    put(path, bytes) {
      const inode = newInode()
      resize(inode, bytes.length)
      inode.bytes.set(bytes)
      sync(inode)
      names.set(path, inode)
      durableNames.set(path, inode)
    },
    async open(path, mode) {
      enter('open', path, generation)
      let inode = names.get(path)
      if (mode === 'create' && inode === undefined) {
        inode = newInode()
        names.set(path, inode)
        changes.push({ type: 'link', path, inode })
      }
      inode ??= find(path)
      if (mode === 'create') resize(inode, 0)
      const life = generation
      return openFile(path, inode, (operation) => enter(operation, path, life))
    },
    async list(directory) {
      const start = directory.endsWith('/') ? directory : `${directory}/`
      return [...names.keys()].filter((path) => path.startsWith(start)).map((path) => path.slice(start.length))
    },
    async makeDirectory() {},
    async rename(source, target) {
      enter('rename', source, generation)
      const inode = find(source)
      names.delete(source)
      names.set(target, inode)
      changes.push({ type: 'rename', source, target, inode })
    },
    async remove(path) {
      enter('remove', path, generation)
      if (names.delete(path)) changes.push({ type: 'unlink', path })
    },
    async syncDirectory(path) {
      enter('syncDirectory', path, generation)
      durableNames = new Map(names)
      changes = []
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
      if (outcome.type === 'process') return
      if (outcome.type !== 'everything') names = survivingNames(durableNames, changes, outcome)
      changes = []
      durableNames = new Map(names)
      for (const inode of new Set(names.values())) settle(inode, outcome)
    },
  }
  return disk
}

function openFile(path: string, inode: Inode, enter: (operation: Operation) => void): DiskFile {
  const write = (offset: number, bytes: Uint8Array): void => {
    if (offset + bytes.length > inode.size) resize(inode, offset + bytes.length)
    inode.bytes.set(bytes, offset)
    markDirty(inode, offset, offset + bytes.length)
    inode.lastWrite = { from: offset, to: offset + bytes.length }
  }
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
      write(offset, bytes)
    },
    async writeDurably(offset, bytes) {
      await file.write(offset, bytes)
      await file.datasync()
    },
    async preallocate(length) {
      enter('preallocate')
      if (length > inode.size) resize(inode, length)
    },
    async truncate(length) {
      enter('truncate')
      resize(inode, length)
    },
    async datasync() {
      enter('datasync')
      sync(inode)
    },
    async [Symbol.asyncDispose]() {},
  }
  return file
}

function newInode(): Inode {
  return {
    bytes: new Uint8Array(0), size: 0, durable: new Uint8Array(0), durableSize: 0,
    dirty: new Set(), lastWrite: undefined,
  }
}

function resize(inode: Inode, size: number): void {
  if (size > inode.bytes.length) inode.bytes = grown(inode.bytes, size)
  if (size < inode.size) {
    inode.bytes.fill(0, size, inode.size)
    markDirty(inode, size, inode.size)
  }
  inode.size = size
}

function grown(bytes: Uint8Array, size: number): Uint8Array {
  const larger = new Uint8Array(Math.ceil(size / sectorBytes) * sectorBytes)
  larger.set(bytes)
  return larger
}

function markDirty(inode: Inode, from: number, to: number): void {
  for (let sector = Math.floor(from / sectorBytes); sector * sectorBytes < to; sector++) inode.dirty.add(sector)
}

function sync(inode: Inode): void {
  if (inode.durable.length < inode.bytes.length) inode.durable = grown(inode.durable, inode.bytes.length)
  for (const sector of inode.dirty) copySector(inode.bytes, inode.durable, sector)
  inode.durableSize = inode.size
  inode.dirty.clear()
  inode.lastWrite = undefined
}

function copySector(source: Uint8Array, target: Uint8Array, sector: number, upTo = sectorBytes): void {
  const from = sector * sectorBytes
  target.set(source.subarray(from, from + upTo), from)
}

/** Turns the inode's state into one that a disk may hold after the power went. */
function settle(inode: Inode, outcome: CrashOutcome): void {
  if (outcome.type === 'random') {
    const { random } = outcome
    if (inode.durable.length < inode.bytes.length) inode.durable = grown(inode.durable, inode.bytes.length)
    const { lastWrite } = inode
    const isCut = lastWrite !== undefined && random.chance(0.3)
    const cut = isCut ? lastWrite.from + random.below(lastWrite.to - lastWrite.from) : Infinity
    const keep = random.next()
    for (const sector of inode.dirty) {
      const start = sector * sectorBytes
      if (isCut) copySector(inode.bytes, inode.durable, sector, Math.max(0, Math.min(sectorBytes, cut - start)))
      else if (random.chance(keep)) copySector(inode.bytes, inode.durable, sector)
    }
    if (inode.size !== inode.durableSize && random.chance(0.5)) inode.durableSize = inode.size
  } else if (outcome.type === 'everything') {
    sync(inode)
  }
  inode.bytes = inode.durable.slice()
  inode.size = inode.durableSize
  inode.bytes.fill(0, Math.min(inode.size, inode.bytes.length))
  inode.durable = inode.bytes.slice()
  if (inode.size > inode.bytes.length) inode.bytes = grown(inode.bytes, inode.size)
  inode.dirty.clear()
  inode.lastWrite = undefined
}

/** A rename happens as a whole or not at all; apart from that, each change of a name may be lost by itself. */
function survivingNames(
  durable: ReadonlyMap<string, Inode>, changes: readonly NameChange[], outcome: CrashOutcome,
): Map<string, Inode> {
  const names = new Map(durable)
  if (outcome.type !== 'random') return names
  for (const change of changes) {
    if (outcome.random.chance(0.5)) continue
    if (change.type === 'unlink') names.delete(change.path)
    else if (change.type === 'link') names.set(change.path, change.inode)
    else {
      names.delete(change.source)
      names.set(change.target, change.inode)
    }
  }
  return names
}
