/** Backups become stores again, or are refused by the offset of their damage; closed stores are checked. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSimClock } from '#sim/clock.ts'
import { createSimDisk, type SimDisk } from '#sim/disk.ts'
import { seededRandom } from '#sim/random.ts'
import { DiskError } from '#world/disk.ts'
import { silentLog } from '#world/log.ts'
import type { Keyspace, Operation } from '../keyspace.ts'
import { StoreCorrupted } from '../store.ts'
import { restoreBackup, StoreExists } from './backup.ts'
import { checkStore } from './check.ts'
import { ForeignDirectory } from './directory.ts'
import { openEmbeddedStore } from './embedded-store.ts'

const encoder = new TextEncoder()
const everything = { start: '', end: '\uffff' }
const tiny = { firstSegmentBytes: 6_144, segmentBytes: 8_192, snapshotAfterBytes: 6_144, historyChanges: 8 }

const open = (disk: SimDisk): Promise<Keyspace> =>
  openEmbeddedStore({ disk, directory: '/store', clock: createSimClock(), log: silentLog, options: tiny })

async function fill(store: Keyspace, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const operations: Operation[] = ['a', 'b'].map((kind) => ({
      type: 'put', key: `/${kind}/${i % 9}`, value: encoder.encode(`${i} ${'x'.repeat(i * 3)}`), lease: 0n,
    }))
    await store.transact(() => ({ operations, result: undefined }))
  }
}

async function backupOf(store: Keyspace): Promise<Uint8Array> {
  return Buffer.concat(await Array.fromAsync(store.backup(new AbortController().signal)))
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const digest = async (store: Keyspace): Promise<unknown> => {
  const { revision } = store
  const entries = store.current().list(everything).map(({ key, value, version, lease, createRevision, modRevision }) =>
    `${key} ${createRevision}-${modRevision} #${version} ${lease} ${Buffer.from(value).toString()}`)
  return { revision, entries, leases: store.leases(), alarms: store.alarms() }
}

test('a backup taken while writes go on becomes a store with what was there, and goes on from there', async () => {
  const disk = createSimDisk()
  await using store = await open(disk)
  await fill(store, 30)
  await store.grantLease(5n, 60)
  await store.transact(() => ({
    operations: [{ type: 'put', key: '/leased', value: encoder.encode('x'), lease: 5n }], result: undefined,
  }))
  const before = await digest(store)
  const [backup] = await Promise.all([backupOf(store), fill(store, 5)])
  assert.notDeepEqual(await digest(store), before)
  for (const size of [1, 100, 4_096, 1_000_000]) {
    const target = createSimDisk()
    const restored = await restoreBackup(target, '/store', inPieces(backup, size))
    assert.deepEqual(restored, { revision: 32, entries: 19, bytes: backup.length })
    assert.deepEqual((await checkStore(target, '/store')).problems, [])
    target.crash({ type: 'nothing' })
    await using again = await open(target)
    assert.deepEqual(await digest(again), before)
    assert.deepEqual(again.lease(5n)?.keys, ['/leased'])
    assert.equal(again.compactedRevision, 32)
    await fill(again, 1)
    assert.equal(again.revision, 33)
  }
})

test('an empty store can be backed up and restored too', async () => {
  await using store = await open(createSimDisk())
  const target = createSimDisk()
  await restoreBackup(target, '/store', inPieces(await backupOf(store), 10))
  await using again = await open(target)
  assert.deepEqual(await digest(again), await digest(store))
})

test('a damaged, cut or prolonged backup is refused by its offset and leaves no store', async () => {
  await using store = await open(createSimDisk())
  await fill(store, 12)
  const backup = await backupOf(store)
  const random = seededRandom('damaged backups')
  const damaged: Uint8Array[] = [Buffer.concat([backup, Uint8Array.of(0)])]
  for (let at = 0; at < backup.length; at += 1 + random.below(40)) {
    damaged.push(backup.subarray(0, at))
    const copy = backup.slice()
    copy[at]! ^= 1 << random.below(8)
    damaged.push(copy)
  }
  for (const bytes of damaged) {
    const target = createSimDisk()
    await assert.rejects(restoreBackup(target, '/store', inPieces(bytes, 999)), (error: unknown) => {
      assert.ok(error instanceof StoreCorrupted)
      assert.equal(error.file, 'the backup')
      return error.offset <= bytes.length && error.what !== ''
    })
    assert.deepEqual([...target.files.keys()], [])
  }
})

test('a backup is never restored over a store or a part of one', async () => {
  const disk = createSimDisk()
  const store = await open(disk)
  const backup = await backupOf(store)
  await assert.rejects(restoreBackup(disk, '/store', inPieces(backup, 100)), { reason: 'locked' })
  await store[Symbol.asyncDispose]()
  await assert.rejects(restoreBackup(disk, '/store', inPieces(backup, 100)), StoreExists)
})

test('neither a store nor a backup goes among the files of another program, and these stay as they are', async () => {
  await using store = await open(createSimDisk())
  const backup = await backupOf(store)
  const names = [['member', true], ['notes.txt', true], ['.keep', false], ['lost+found', false]] as const
  for (const [name, isForeign] of names) {
    const disk = createSimDisk()
    disk.put(`/store/${name}`, Uint8Array.of(1))
    if (!isForeign) {
      await (await open(disk))[Symbol.asyncDispose]()
      continue
    }
    await assert.rejects(open(disk), ForeignDirectory)
    await assert.rejects(restoreBackup(disk, '/store', inPieces(backup, 100)), ForeignDirectory)
    assert.deepEqual([...disk.files.keys()], [`/store/${name}`])
  }
})

test('a crash at any call of a restoration leaves no store, a whole one, or one that is refused', async () => {
  await using store = await open(createSimDisk())
  await fill(store, 20)
  const before = await digest(store)
  const backup = await backupOf(store)
  const outcomes = new Set<string>()
  for (let index = 1; index < 30; index++) {
    for (let variant = 0; variant < 6; variant++) {
      const target = createSimDisk()
      target.beforeEach = (_, path, at) => at >= index ? new DiskError('failed', `${path}: gone`) : undefined
      const isDone = await restoreBackup(target, '/store', inPieces(backup, 1_000)).then(() => true, () => false)
      const random = seededRandom(`${index} ${variant}`)
      target.crash(variant === 0 ? { type: 'nothing' } : { type: 'random', random })
      const opened = await open(target).catch((error: unknown) => {
        assert.ok(error instanceof StoreCorrupted && !isDone, String(error))
        return undefined
      })
      if (opened === undefined) outcomes.add('refused')
      else if (opened.revision === 1) outcomes.add('none')
      else assert.deepEqual(await digest(opened), before)
      assert.ok(!isDone || opened?.revision === store.revision)
      await opened?.[Symbol.asyncDispose]()
    }
  }
  assert.deepEqual([...outcomes].toSorted(), ['none', 'refused'])
})

test('a check of a whole store tells what is in it, and of a damaged one each damage, and changes nothing', async () => {
  const disk = createSimDisk()
  assert.deepEqual(await checkStore(disk, '/store'), { problems: [] })
  const store = await open(disk)
  await fill(store, 90)
  await assert.rejects(checkStore(disk, '/store'), { reason: 'locked' })
  await store[Symbol.asyncDispose]()
  const { problems, content } = await checkStore(disk, '/store')
  assert.deepEqual(problems, [])
  assert.equal(content?.revision, 91)
  assert.equal(content?.keys, 18)
  const { files } = disk
  const paths = [...files.keys()].filter((path) => !path.endsWith('.tmp')).toSorted()
  assert.ok(paths.length >= 2, paths.join(' '))
  const expected = paths.map((path) => {
    const isLog = path.includes('/log-')
    const bytes = files.get(path)!.slice()
    bytes[isLog ? 522 : 700]! ^= 1
    disk.put(path, bytes)
    return isLog ? { file: path, offset: 512, what: 'a damaged frame has others behind it' }
      : { file: path, offset: 512, what: 'the checksum of a block is wrong' }
  })
  const reported = (await checkStore(disk, '/store')).problems.toSorted((a, b) => a.file < b.file ? -1 : 1)
  assert.deepEqual(reported, expected)
  assert.deepEqual([...disk.files.keys()].toSorted(), [...files.keys()].toSorted())
})
