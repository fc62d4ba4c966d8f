/** When the disk has no room: puts are refused, deletions and reads go on, and all is well once there is room again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSimClock } from '#sim/clock.ts'
import { createSimDisk } from '#sim/disk.ts'
import { DiskError } from '#world/disk.ts'
import { silentLog } from '#world/log.ts'
import { StoreFull, type Store } from '../store.ts'
import { openEmbeddedStore } from './embedded-store.ts'

const value = new Uint8Array(200).fill(120)

test('a full disk refuses puts before the log runs out, and takes them again when there is room', async () => {
  const clock = createSimClock(0)
  const disk = createSimDisk()
  const options = { firstSegmentBytes: 16_384, segmentBytes: 16_384 }
  const store: Store = await openEmbeddedStore({ disk, directory: '/store', clock, log: silentLog, options })
  disk.beforeEach = (operation, path) =>
    operation === 'preallocate' ? new DiskError('full', `${path}: no space left`) : undefined
  const keys: string[] = []
  let serial = 0
  const fill = async (): Promise<void> => {
    for (let i = 0; i < 200; i++) {
      const key = `/k/${serial++}`
      await store.swap(key, 0, { type: 'put', value })
      keys.push(key)
    }
  }
  await assert.rejects(fill(), StoreFull)
  assert.ok(keys.length > 10)
  for (const key of keys.splice(0, 5)) {
    const result = await store.swap(key, store.current().get(key)!.modRevision, { type: 'delete' })
    assert.equal(result.type, 'swapped')
  }
  await assert.rejects(store.swap('/k/x', 0, { type: 'put', value }), StoreFull)
  disk.beforeEach = undefined
  await clock.advance(1_000)
  await assert.rejects(store.swap('/k/x', 0, { type: 'put', value }), StoreFull)
  await clock.settle()
  await fill()
  const { revision } = store
  await store[Symbol.asyncDispose]()
  const again = await openEmbeddedStore({ disk, directory: '/store', clock, log: silentLog, options })
  assert.equal(again.revision, revision)
  assert.equal(again.current().count({ start: '/k/', end: '/k0' }), keys.length)
  await again[Symbol.asyncDispose]()
})

test('a put larger than what is left of the log is refused on a full disk, and nothing else suffers', async () => {
  const clock = createSimClock(0)
  const disk = createSimDisk()
  const options = { firstSegmentBytes: 16_384, segmentBytes: 16_384 }
  const world = { disk, directory: '/store', clock, log: silentLog, options }
  const failures: Error[] = []
  const store = await openEmbeddedStore({
    ...world,
    options: { ...options, onFailure: (error) => failures.push(error) },
  })
  const first = await store.swap('/k/small', 0, { type: 'put', value })
  disk.beforeEach = (operation, path) =>
    operation === 'preallocate' ? new DiskError('full', `${path}: no space left`) : undefined
  const large = store.swap('/k/large', 0, { type: 'put', value: new Uint8Array(40_000) })
  // Decided upon the large one, so it goes with it.
  const rival = store.swap('/k/large', 0, { type: 'put', value })
  await assert.rejects(large, StoreFull)
  await assert.rejects(rival, StoreFull)
  assert.deepEqual(store.current().list({ start: '/k/', end: '/k0' }).map(({ key }) => key), ['/k/small'])
  assert.equal((await store.swap('/k/small', first.revision, { type: 'delete' })).type, 'swapped')
  disk.beforeEach = undefined
  await clock.advance(1_000)
  await assert.rejects(store.swap('/k/large', 0, { type: 'put', value }), StoreFull)
  await clock.settle()
  assert.equal((await store.swap('/k/large', 0, { type: 'put', value: new Uint8Array(40_000) })).type, 'swapped')
  assert.deepEqual(failures, [])
  await store[Symbol.asyncDispose]()
  const again = await openEmbeddedStore(world)
  assert.equal(again.current().get('/k/large')?.value.length, 40_000)
  assert.equal(again.revision, first.revision + 2)
  await again[Symbol.asyncDispose]()
})

test('a key whose change was given up is what it was before', async () => {
  const disk = createSimDisk()
  const options = { firstSegmentBytes: 16_384, segmentBytes: 16_384 }
  await using store = await openEmbeddedStore({
    disk, directory: '/store', clock: createSimClock(0), log: silentLog, options,
  })
  disk.beforeEach = (operation, path) =>
    operation === 'preallocate' ? new DiskError('full', `${path}: no space left`) : undefined
  const large = store.swap('/k', 0, { type: 'put', value: new Uint8Array(40_000) })
  // Asks for the key last, and finds what is under way.
  const rival = store.swap('/k', 0, { type: 'put', value })
  await assert.rejects(large, StoreFull)
  await assert.rejects(rival, StoreFull)
  const { result } = await store.transact((state) => ({ operations: [], result: state.get('/k')?.value.length }))
  assert.equal(result, undefined)
})

test('what was given up for want of room does not count towards the quota', async () => {
  const disk = createSimDisk()
  const options = { firstSegmentBytes: 16_384, segmentBytes: 16_384, quotaBytes: 50_000 }
  const clock = createSimClock(0)
  await using store = await openEmbeddedStore({ disk, directory: '/store', clock, log: silentLog, options })
  const large = { type: 'put', value: new Uint8Array(30_000) } as const
  disk.beforeEach = (operation, path) =>
    operation === 'preallocate' ? new DiskError('full', `${path}: no space left`) : undefined
  await assert.rejects(store.swap('/k/large', 0, large), /no space left/)
  disk.beforeEach = undefined
  await clock.advance(1_000)
  await assert.rejects(store.swap('/k/large', 0, large), /no space left/)
  await clock.settle()
  assert.equal((await store.swap('/k/large', 0, large)).type, 'swapped')
})

test('a directory in use is not opened twice', async () => {
  const disk = createSimDisk()
  const world = { disk, directory: '/store', clock: createSimClock(0), log: silentLog }
  const store = await openEmbeddedStore(world)
  await assert.rejects(openEmbeddedStore(world), { reason: 'locked' })
  await store[Symbol.asyncDispose]()
  const again = await openEmbeddedStore(world)
  await again[Symbol.asyncDispose]()
})

test('a restart brings the recent history back, so that watches resume across it', async () => {
  const clock = createSimClock(0)
  const disk = createSimDisk()
  const world = { disk, directory: '/store', clock, log: silentLog, options: {
    firstSegmentBytes: 4_096, segmentBytes: 4_096, snapshotAfterBytes: 4_096, historyMs: 60_000,
  } }
  let store = await openEmbeddedStore(world)
  for (let i = 0; i < 300; i++) {
    await store.swap(`/k/${i % 10}`, store.current().get(`/k/${i % 10}`)?.modRevision ?? 0, { type: 'put', value })
    await clock.advance(1_000)
  }
  const { revision } = store
  await store[Symbol.asyncDispose]()
  assert.ok([...disk.files.keys()].some((path) => path.includes('snapshot-')))
  store = await openEmbeddedStore(world)
  assert.ok(store.compactedRevision <= revision - 50
    && store.compactedRevision > revision - 250, `${store.compactedRevision} of ${revision}`)
  const abort = new AbortController()
  const changes = store.watch({ start: '/k/', end: '/k0' }, revision - 50, { signal: abort.signal })
  const watch = changes[Symbol.asyncIterator]()
  const first = await watch.next()
  assert.deepEqual(
    first.value.map(({ entry }: { entry: { modRevision: number } }) => entry.modRevision),
    Array.from({ length: 50 }, (_, i) => revision - 49 + i),
  )
  abort.abort()
  await store[Symbol.asyncDispose]()
})
