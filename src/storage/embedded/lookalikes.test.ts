/** Bytes that fit where they stand, to the byte, and are not what was written there; and damage at the very end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSimClock } from '#sim/clock.ts'
import { createSimDisk, type SimDisk } from '#sim/disk.ts'
import { silentLog } from '#world/log.ts'
import type { Keyspace } from '../keyspace.ts'
import { StoreCorrupted } from '../store.ts'
import { restoreBackup } from './backup.ts'
import { openEmbeddedStore } from './embedded-store.ts'

const encoder = new TextEncoder()
const firstLog = '/store/log-00000001'
const secondLog = '/store/log-00000002'
const headerBytes = 512

function open(disk: SimDisk, segmentBytes = 65_536): Promise<Keyspace> {
  const options = { firstSegmentBytes: segmentBytes, segmentBytes }
  return openEmbeddedStore({ disk, directory: '/store', clock: createSimClock(), log: silentLog, options })
}

async function put(store: Keyspace, key: string, value: Uint8Array): Promise<void> {
  const result = await store.swap(key, store.current().get(key)?.modRevision ?? 0, { type: 'put', value })
  assert.equal(result.type, 'swapped')
}

/** A closed store in which each value consists of one letter: for other letters all lengths are the same. */
async function storeOf(letter: string, segmentBytes?: number): Promise<SimDisk> {
  const disk = createSimDisk()
  await using store = await open(disk, segmentBytes)
  for (let i = 0; i < 12; i++) await put(store, `/${i}`, encoder.encode(letter.repeat(700)))
  return disk
}


test('frames of another store at the same place are noticed, though all of them fit', async () => {
  const ours = await storeOf('o')
  const theirs = await storeOf('t')
  const bytes = ours.files.get(firstLog)!
  const other = theirs.files.get(firstLog)!
  assert.equal(bytes.length, other.length)
  const from = Buffer.from(bytes).indexOf('SKF1', 4_000)
  assert.equal(Buffer.from(other).indexOf('SKF1', 4_000), from)
  bytes.set(other.subarray(from), from)
  ours.put(firstLog, bytes)
  await assert.rejects(open(ours), StoreCorrupted)
})

test('a log of another store is noticed, though the one before it has the same length', async () => {
  const ours = await storeOf('o', 4_096)
  const theirs = await storeOf('t', 4_096)
  const names = [...ours.files.keys()]
  assert.deepEqual([...theirs.files.keys()], names)
  assert.ok(names.includes(secondLog))
  for (const name of names.filter((each) => each.includes('/log-') && each !== firstLog)) {
    ours.put(name, theirs.files.get(name)!)
  }
  await assert.rejects(open(ours), (error: unknown) => error instanceof StoreCorrupted && error.file === secondLog)
})

/** The last write of a store that nobody closed, with one bit of it wrong, counted from the frame's beginning. */
async function openWithDamagedEnd(value: Uint8Array, at: number): Promise<Keyspace> {
  const disk = createSimDisk()
  const store = await open(disk)
  await put(store, '/a', value)
  disk.crash({ type: 'everything' })
  const bytes = disk.files.get(firstLog)!
  bytes[headerBytes + at]! ^= 4
  disk.put(firstLog, bytes)
  return await open(disk)
}

test('a bit that is wrong in any byte of the last frame\'s header is noticed', async () => {
  const value = new Uint8Array(700).fill(7)
  for (let at = 0; at < 36; at++) await assert.rejects(openWithDamagedEnd(value, at), StoreCorrupted)
})

test('a last write with sectors of zeros in its value is not taken for an unfinished one when it is damaged', async () => {
  const value = new Uint8Array(4_000)
  value.fill(7, 0, 500)
  value.fill(7, 3_500)
  for (const at of [60, 300, 3_700]) await assert.rejects(openWithDamagedEnd(value, at), /the checksum of a frame is wrong/)
})

test('the end of a log before the last one is proved by the one after it', async () => {
  const disk = await storeOf('o', 4_096)
  const bytes = disk.files.get(firstLog)!
  const last = Buffer.from(bytes).lastIndexOf('SKF1')
  assert.ok(last > headerBytes)
  bytes.fill(0, last)
  disk.put(firstLog, bytes)
  await assert.rejects(open(disk), (error: unknown) => error instanceof StoreCorrupted && error.file === firstLog)
})

test('the blocks of a backup stand in one order', async () => {
  await using store = await open(createSimDisk(), 2 ** 23)
  for (const letter of ['a', 'b', 'c']) await put(store, `/${letter}`, encoder.encode(letter.repeat(1_100_000)))
  const chunks = await Array.fromAsync(store.backup(new AbortController().signal))
  const [header, one, two, ...rest] = chunks
  assert.equal(one!.length, two!.length)
  const inOrder = async function* (all: readonly Uint8Array[]): AsyncIterable<Uint8Array> { yield* all }
  const restored = await restoreBackup(createSimDisk(), '/store', inOrder(chunks))
  assert.equal(restored.entries, 3)
  await assert.rejects(restoreBackup(createSimDisk(), '/store', inOrder([header!, two!, one!, ...rest])), StoreCorrupted)
})
