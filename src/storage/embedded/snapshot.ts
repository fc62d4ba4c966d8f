/** The whole store at one revision in one file, so that a restart need not replay history. */
import type { Disk, DiskFile } from '#world/disk.ts'
import { StoreCorrupted, type Entry, type Revision } from '../store.ts'
import { snapshotDraftName, snapshotName } from './directory.ts'
import type { Version } from './key-index.ts'
import { formatVersion, headerBytes, isZero, viewOf } from './log-format.ts'

/*
 * Header sector:  0 magic · 8 u32 format · 16 f64 revision · 24 f64 entries · 32 u32 crc of all this
 * Block:          0 u32 length of what follows its header · 4 u32 entries · 8 u32 bytes of keys
 *                 12 u32 crc of 0-12 and of what follows, continued from the block before
 *                 then a row for each entry (0 u32 key's UTF-16 units · 4 u32 bytes of value · 8 f64 create revision ·
 *                 16 f64 mod revision), all keys as one text, all values.
 * The last block has no entries.
 */
const magic = 'SKIFFSNP'
const blockHeaderBytes = 16
const rowBytes = 24
const blockBytes = 2 ** 20
/** How much is written between two syncs, so that the log's own syncs never wait behind a flood of writes. */
const syncedBytes = 8 * 2 ** 20
const readBytes = 16 * 2 ** 20

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Writes the entries, which must be all that was visible at `revision`; resolves once the file is there for good. */
export async function writeSnapshot(
  disk: Disk, directory: string, revision: Revision, entries: readonly Entry[], signal: AbortSignal,
): Promise<{ readonly bytes: number }> {
  const draft = `${directory}/${snapshotDraftName}`
  let offset = headerBytes
  {
    await using file = await disk.open(draft, 'create', signal)
    await file.write(0, encodeHeader(disk, revision, entries.length), signal)
    let chain = 0
    let unsynced = 0
    for (let from = 0; from <= entries.length;) {
      const to = blockEnd(entries, from)
      const block = encodeBlock(disk, entries, from, to, chain)
      chain = viewOf(block).getUint32(12, true)
      await file.write(offset, block, signal)
      offset += block.length
      unsynced += block.length
      if (unsynced >= syncedBytes) {
        await file.datasync()
        unsynced = 0
      }
      if (from === to) break
      from = to
    }
    await file.datasync()
  }
  await disk.rename(draft, `${directory}/${snapshotName(revision)}`)
  await disk.syncDirectory(directory)
  return { bytes: offset }
}

/** Hands every entry to `take`, in key order; values are windows of what was read. Throws StoreCorrupted. */
export async function readSnapshot(
  disk: Disk, directory: string, revision: Revision, take: (version: Version) => void, signal?: AbortSignal,
): Promise<void> {
  const path = `${directory}/${snapshotName(revision)}`
  await using file = await disk.open(path, 'read', signal)
  const expected = checkHeader(disk, path, await file.read(0, headerBytes, signal), revision)
  const reader = blockReader(file, path, signal)
  let offset = headerBytes
  let chain = 0
  let taken = 0
  for (;;) {
    const header = await reader(offset, blockHeaderBytes)
    const view = viewOf(header)
    const length = view.getUint32(0, true)
    const entries = view.getUint32(4, true)
    const body = await reader(offset + blockHeaderBytes, length)
    const checksum = disk.crc32(body, disk.crc32(header.subarray(0, 12), chain))
    if (checksum !== view.getUint32(12, true)) {
      throw new StoreCorrupted(path, offset, 'the checksum of a block is wrong')
    }
    decodeBlock(path, offset, body, entries, view.getUint32(8, true), take)
    chain = checksum
    taken += entries
    offset += blockHeaderBytes + length
    if (entries === 0) break
  }
  if (taken !== expected) throw new StoreCorrupted(path, offset, `${taken} entries where ${expected} were written`)
  if (await file.size() !== offset) throw new StoreCorrupted(path, offset, 'something follows the last block')
}

function encodeHeader(disk: Disk, revision: Revision, entries: number): Uint8Array {
  const bytes = new Uint8Array(headerBytes)
  const view = viewOf(bytes)
  encoder.encodeInto(magic, bytes)
  view.setUint32(8, formatVersion, true)
  view.setFloat64(16, revision, true)
  view.setFloat64(24, entries, true)
  view.setUint32(32, disk.crc32(bytes.subarray(0, 32), 0), true)
  return bytes
}

function checkHeader(disk: Disk, path: string, bytes: Uint8Array, revision: Revision): number {
  if (bytes.length < headerBytes) throw new StoreCorrupted(path, 0, 'the file is shorter than its header')
  for (let i = 0; i < magic.length; i++) {
    if (bytes[i] !== magic.charCodeAt(i)) throw new StoreCorrupted(path, i, 'it does not begin like a snapshot')
  }
  const view = viewOf(bytes)
  if (disk.crc32(bytes.subarray(0, 32), 0) !== view.getUint32(32, true) || !isZero(bytes, 36, headerBytes)) {
    throw new StoreCorrupted(path, 0, 'the checksum of the header is wrong')
  }
  const format = view.getUint32(8, true)
  if (format > formatVersion) throw new NewerFormat(path, format)
  if (view.getFloat64(16, true) !== revision) {
    throw new StoreCorrupted(path, 16, 'the revision differs from that of the name')
  }
  return view.getFloat64(24, true)
}

/** A later release wrote this; reading on would lose what only it understands. */
export class NewerFormat extends Error {
  constructor(path: string, format: number) {
    super(`${path} has format ${format}; this release reads formats up to ${formatVersion}, so nothing was changed`)
  }
}

function blockEnd(entries: readonly Entry[], from: number): number {
  let bytes = 0
  let to = from
  while (to < entries.length && bytes < blockBytes) {
    const entry = entries[to++]!
    bytes += rowBytes + entry.key.length + entry.value.length
  }
  return to
}

function encodeBlock(disk: Disk, entries: readonly Entry[], from: number, to: number, chain: number): Uint8Array {
  let text = ''
  let valueBytes = 0
  for (let i = from; i < to; i++) {
    text += entries[i]!.key
    valueBytes += entries[i]!.value.length
  }
  const keys = encoder.encode(text)
  const length = (to - from) * rowBytes + keys.length + valueBytes
  const bytes = new Uint8Array(blockHeaderBytes + length)
  const view = viewOf(bytes)
  view.setUint32(0, length, true)
  view.setUint32(4, to - from, true)
  view.setUint32(8, keys.length, true)
  let row = blockHeaderBytes
  let value = row + (to - from) * rowBytes + keys.length
  bytes.set(keys, value - keys.length)
  for (let i = from; i < to; i++, row += rowBytes) {
    const entry = entries[i]!
    view.setUint32(row, entry.key.length, true)
    view.setUint32(row + 4, entry.value.length, true)
    view.setFloat64(row + 8, entry.createRevision, true)
    view.setFloat64(row + 16, entry.modRevision, true)
    bytes.set(entry.value, value)
    value += entry.value.length
  }
  const checksum = disk.crc32(bytes.subarray(blockHeaderBytes), disk.crc32(bytes.subarray(0, 12), chain))
  view.setUint32(12, checksum, true)
  return bytes
}

function decodeBlock(
  path: string, offset: number, body: Uint8Array, entries: number, keyBytes: number, take: (version: Version) => void,
): void {
  const view = viewOf(body)
  const keysAt = entries * rowBytes
  if (keysAt + keyBytes > body.length) {
    throw new StoreCorrupted(path, offset, 'a block does not hold the entries that it names')
  }
  // One decoding for all keys of a block, which are then windows of one text, is ten times as fast as one for each.
  const keys = decoder.decode(body.subarray(keysAt, keysAt + keyBytes))
  let keyAt = 0
  let valueAt = keysAt + keyBytes
  for (let row = 0; row < keysAt; row += rowBytes) {
    const keyEnd = keyAt + view.getUint32(row, true)
    const valueEnd = valueAt + view.getUint32(row + 4, true)
    take({
      key: keys.slice(keyAt, keyEnd), value: body.subarray(valueAt, valueEnd),
      createRevision: view.getFloat64(row + 8, true), modRevision: view.getFloat64(row + 16, true),
      memo: undefined, deleted: false, older: undefined,
    })
    keyAt = keyEnd
    valueAt = valueEnd
  }
  if (keyAt !== keys.length || valueAt !== body.length) {
    throw new StoreCorrupted(path, offset, 'a block does not hold the entries that it names')
  }
}

/** Reads ahead in large steps; throws StoreCorrupted where the file ends too early. */
function blockReader(file: DiskFile, path: string, signal: AbortSignal | undefined) {
  let ahead = new Uint8Array(0)
  let aheadAt = 0
  return async (offset: number, length: number): Promise<Uint8Array> => {
    if (offset < aheadAt || offset + length > aheadAt + ahead.length) {
      ahead = new Uint8Array(await file.read(offset, Math.max(length, readBytes), signal))
      aheadAt = offset
      if (ahead.length < length) throw new StoreCorrupted(path, offset + ahead.length, 'the file ends within a block')
    }
    return ahead.subarray(offset - aheadAt, offset - aheadAt + length)
  }
}
