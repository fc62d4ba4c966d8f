/** What a disk holds for certain and what it may hold: files in sectors, names, and all that was never synced. */
import { DiskError } from '#world/disk.ts'

/** The unit that a disk writes as a whole or not at all. */
export const sectorBytes = 512

/** A change of what is on the disk, as data: a recording of them can be played again on another platter. */
export type DiskCall =
  /** Makes a file of this name, or empties the one that is there. */
  | { readonly type: 'create'; readonly path: string }
  | { readonly type: 'write'; readonly file: number; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly type: 'resize'; readonly file: number; readonly size: number }
  | { readonly type: 'sync'; readonly file: number }
  /**
   * The sync failed: what was to be written never will be, though readers see it, and a second sync would succeed and
   * prove nothing. So Linux treats pages that could not be written.
   */
  | { readonly type: 'failedSync'; readonly file: number }
  | { readonly type: 'rename'; readonly source: string; readonly target: string }
  | { readonly type: 'remove'; readonly path: string }
  | { readonly type: 'syncDirectory' }

export interface Inode {
  /** In the order of creation, so that the same calls give the same numbers. */
  readonly id: number
  /** What a reader sees. Never changed while it is the same array as `durable`. */
  bytes: Uint8Array
  size: number
  durable: Uint8Array
  durableSize: number
  /** Somebody else reads `durable` too: it is copied before it is changed. */
  isBorrowed: boolean
  /** Of each sector that was written since the last sync, what it held after each of those writes, oldest first. */
  readonly pending: Map<number, Uint8Array[]>
  /** The lengths since the last sync. */
  readonly sizes: number[]
}

export type NameChange =
  | { readonly type: 'link'; readonly path: string; readonly inode: Inode }
  | { readonly type: 'rename'; readonly source: string; readonly target: string; readonly inode: Inode }
  | { readonly type: 'unlink'; readonly path: string }

export interface Write {
  readonly inode: Inode
  readonly from: number
  readonly to: number
}

/** What becomes of one file in a crash. */
export interface InodeFate {
  readonly size: number
  /** The sector's content afterwards, given what it held since the last sync; undefined: what was durable. */
  sector(number: number, versions: readonly Uint8Array[]): Uint8Array | undefined
}

export interface Platter {
  readonly names: ReadonlyMap<string, Inode>
  readonly durableNames: ReadonlyMap<string, Inode>
  /** Changes of names since the last sync of the directory, oldest first. */
  readonly nameChanges: readonly NameChange[]
  /** The newest write, unless it has been synced. */
  readonly lastWrite: Write | undefined
  inode(id: number): Inode
  apply(call: DiskCall): void
  /** After a crash: exactly these names, and their files without anything pending. */
  settle(names: ReadonlyMap<string, Inode>, fateOf: (inode: Inode) => InodeFate): void
}

/** A disk that holds these files, durably; their bytes are shared and never changed. */
export function createPlatter(files: ReadonlyMap<string, Uint8Array> = new Map()): Platter {
  const inodes: Inode[] = []
  let names = new Map<string, Inode>()
  let durableNames = new Map<string, Inode>()
  let nameChanges: NameChange[] = []
  let lastWrite: Write | undefined
  const add = (bytes: Uint8Array): Inode => {
    const inode: Inode = {
      id: inodes.length, bytes, size: bytes.length, durable: bytes, durableSize: bytes.length, isBorrowed: true,
      pending: new Map(), sizes: [],
    }
    inodes.push(inode)
    return inode
  }
  const find = (path: string): Inode => {
    const inode = names.get(path)
    if (inode === undefined) throw new DiskError('absent', `${path}: no such file`)
    return inode
  }
  for (const [path, bytes] of files) names.set(path, add(bytes))
  durableNames = new Map(names)

  const apply = (call: DiskCall): void => {
    switch (call.type) {
      case 'create': {
        const existing = names.get(call.path)
        if (existing !== undefined) return resize(existing, 0)
        const inode = add(new Uint8Array(0))
        names.set(call.path, inode)
        nameChanges.push({ type: 'link', path: call.path, inode })
        return
      }
      case 'write': {
        const inode = inodes[call.file]!
        write(inode, call.offset, call.bytes)
        lastWrite = { inode, from: call.offset, to: call.offset + call.bytes.length }
        return
      }
      case 'resize': return resize(inodes[call.file]!, call.size)
      case 'sync':
        sync(inodes[call.file]!)
        if (lastWrite?.inode.id === call.file) lastWrite = undefined
        return
      case 'failedSync':
        inodes[call.file]!.pending.clear()
        inodes[call.file]!.sizes.length = 0
        return
      case 'rename': {
        const inode = find(call.source)
        names.delete(call.source)
        names.set(call.target, inode)
        nameChanges.push({ ...call, inode })
        return
      }
      case 'remove':
        if (names.delete(call.path)) nameChanges.push({ type: 'unlink', path: call.path })
        return
      case 'syncDirectory':
        durableNames = new Map(names)
        nameChanges = []
    }
  }
  return {
    get names() { return names },
    get durableNames() { return durableNames },
    get nameChanges() { return nameChanges },
    get lastWrite() { return lastWrite },
    inode: (id) => inodes[id]!,
    apply,
    settle(surviving, fateOf) {
      names = new Map(surviving)
      durableNames = new Map(surviving)
      nameChanges = []
      lastWrite = undefined
      for (const inode of new Set(names.values())) {
        const bytes = contentAfter(inode, fateOf(inode))
        Object.assign(inode, {
          bytes, size: bytes.length, durable: bytes, durableSize: bytes.length, isBorrowed: true,
        })
        inode.pending.clear()
        inode.sizes.length = 0
      }
    },
  }
}

/** The file after a crash. Shares its bytes with the inode where nothing was pending. */
export function contentAfter(inode: Inode, fate: InodeFate): Uint8Array {
  const { durable, pending } = inode
  if (pending.size === 0 && fate.size <= durable.length) return durable.subarray(0, fate.size)
  const bytes = grown(durable, fate.size)
  for (const [number, versions] of pending) {
    const from = number * sectorBytes
    const content = fate.sector(number, versions)
    if (content !== undefined && from < fate.size) bytes.set(content, from)
  }
  // What lies behind the end of a file is zeros, should it grow again.
  bytes.fill(0, fate.size)
  return bytes.subarray(0, fate.size)
}

/** What a sector held when it was last synced. */
export function durableSector(inode: Inode, number: number): Uint8Array {
  return sectorOf(inode.durable, number)
}

/** The first bytes of one sector and the rest of another. */
export function spliced(first: Uint8Array, rest: Uint8Array, at: number): Uint8Array {
  const bytes = rest.slice()
  bytes.set(first.subarray(0, at))
  return bytes
}

function sectorOf(bytes: Uint8Array, number: number): Uint8Array {
  const sector = new Uint8Array(sectorBytes)
  sector.set(bytes.subarray(number * sectorBytes, (number + 1) * sectorBytes))
  return sector
}

function write(inode: Inode, offset: number, bytes: Uint8Array): void {
  const end = offset + bytes.length
  makeWritable(inode, end)
  inode.bytes.set(bytes, offset)
  if (end > inode.size) {
    inode.size = end
    inode.sizes.push(end)
  }
  remember(inode, offset, end)
}

function resize(inode: Inode, size: number): void {
  if (size === inode.size) return
  makeWritable(inode, size)
  const before = inode.size
  inode.size = size
  inode.sizes.push(size)
  if (size >= before) return
  inode.bytes.fill(0, size, before)
  remember(inode, size, before)
}

/** Notes what the sectors hold now, except where that is what they held before. */
function remember(inode: Inode, from: number, to: number): void {
  for (let number = Math.floor(from / sectorBytes); number * sectorBytes < to; number++) {
    const versions = inode.pending.get(number)
    const now = inode.bytes.subarray(number * sectorBytes, (number + 1) * sectorBytes)
    if (isEqual(now, versions?.at(-1) ?? inode.durable.subarray(number * sectorBytes, (number + 1) * sectorBytes))) {
      continue
    }
    if (versions === undefined) inode.pending.set(number, [now.slice()])
    else versions.push(now.slice())
  }
}

function sync(inode: Inode): void {
  // Whatever is pending came by a write, and that has parted `bytes` from `durable`.
  const isChanged = inode.pending.size > 0 || inode.durable.length < inode.bytes.length
  if (isChanged && (inode.isBorrowed || inode.durable.length < inode.bytes.length)) {
    inode.durable = grown(inode.durable, inode.bytes.length)
    inode.isBorrowed = false
  }
  for (const [number, versions] of inode.pending) inode.durable.set(versions.at(-1)!, number * sectorBytes)
  inode.durableSize = inode.size
  inode.pending.clear()
  inode.sizes.length = 0
}

function makeWritable(inode: Inode, size: number): void {
  if (inode.bytes === inode.durable || size > inode.bytes.length) {
    inode.bytes = grown(inode.bytes, Math.max(size, inode.bytes.length))
  }
}

/** A copy, at least as long, that ends with a whole sector. */
function grown(bytes: Uint8Array, size: number): Uint8Array {
  const larger = new Uint8Array(Math.ceil(Math.max(size, bytes.length) / sectorBytes) * sectorBytes)
  larger.set(bytes)
  return larger
}

/** The shorter one counts as if zeros followed. */
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== (b[i] ?? 0)) return false
  return true
}
