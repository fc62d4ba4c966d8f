/** A store that a release with format 1 wrote (committed beside this file) opens, goes on, and becomes format 2. */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createSimClock } from '#sim/clock.ts'
import { createSimDisk, type SimDisk } from '#sim/disk.ts'
import { silentLog } from '#world/log.ts'
import type { Keyspace } from '../keyspace.ts'
import { openEmbeddedStore, type EmbeddedStoreOptions } from './embedded-store.ts'

const fixture = join(import.meta.dirname, 'testdata', 'format-1')
const everything = { start: '', end: '\uffff' }
const encoder = new TextEncoder()

/** The writer put `value <i> xxx` under key i mod 11, and deleted where i mod 13 was 12; revision i + 2 each. */
const entriesThen = [
  '0 2-57 55', '1 25-58 56', '10 12-56 54', '2 4-59 57', '3 38-60 58', '4 6-61 59', '5 51-51 49', '6 8-52 50',
  '8 10-54 52', '9 11-55 53',
]

async function diskOfThen(): Promise<SimDisk> {
  const disk = createSimDisk()
  for (const name of await readdir(fixture)) disk.put(`/store/${name}`, await readFile(join(fixture, name)))
  return disk
}

const open = (disk: SimDisk, options: EmbeddedStoreOptions = {}): Promise<Keyspace> =>
  openEmbeddedStore({ disk, directory: '/store', clock: createSimClock(), log: silentLog, options })

function render(store: Keyspace): string[] {
  return store.current().list(everything).map(({ key, createRevision, modRevision, value }) => {
    const number = Number(Buffer.from(value).toString().split(' ')[1])
    assert.equal(Buffer.from(value).toString(), `value ${number} ${'x'.repeat((number * 37) % 200)}`)
    return `${key.replace('/registry/configmaps/default/cm-', '')} ${createRevision}-${modRevision} ${number}`
  })
}

test('a store of format 1 opens with its entries, history and revision', async () => {
  const disk = await diskOfThen()
  const store = await open(disk)
  assert.equal(store.revision, 61)
  assert.equal(store.compactedRevision, 23)
  assert.deepEqual(render(store), entriesThen)
  const stop = new AbortController()
  const watch = store.watch(everything, 23, { signal: stop.signal })[Symbol.asyncIterator]()
  const { value } = await watch.next()
  assert.deepEqual(value.map(({ entry }: { entry: { modRevision: number } }) => entry.modRevision),
    Array.from({ length: 38 }, (_, i) => 24 + i))
  stop.abort()
  await store[Symbol.asyncDispose]()
})

test('a store of format 1 goes on in a log of format 2 and keeps what both say', async () => {
  const disk = await diskOfThen()
  const options = { firstSegmentBytes: 4_096, segmentBytes: 8_192, snapshotAfterBytes: 4_096, historyChanges: 20 }
  for (let round = 0; round < 4; round++) {
    const store = await open(disk, options)
    assert.equal(store.revision, 61 + round * 25)
    assert.deepEqual(render(store).filter((line) => !line.startsWith('/')).slice(0, 10), entriesThen)
    if (round === 0) await store.grantLease(7n, 60)
    assert.deepEqual(store.leases(), [7n])
    for (let i = 0; i < 25; i++) {
      const value = encoder.encode('value 0 ')
      await store.transact((state) => ({
        operations: [{ type: 'put', key: '/z', value, lease: 7n }],
        result: state.get('/z')?.version,
      }))
    }
    assert.equal(store.current().get('/z')?.version, (round + 1) * 25)
    await store[Symbol.asyncDispose]()
  }
  const names = [...disk.files.keys()]
  assert.ok(!names.includes('/store/log-00000002'), names.join(' '))
  for (const [path, bytes] of disk.files) {
    if (!path.endsWith('.tmp')) assert.equal(bytes[8], 2, path)
  }
})

test('a crash at any call while a store of format 1 becomes one of format 2 loses nothing', async () => {
  for (let index = 1; index < 40; index++) {
    const disk = await diskOfThen()
    disk.beforeEach = (_, path, at) => at >= index ? new Error(`${path}: the power is gone`) : undefined
    let acknowledged = 61
    try {
      const store = await open(disk)
      await store.transact(() => ({
        operations: ['/y', '/z'].map((key) => ({ type: 'put', key, value: encoder.encode('value 0 '), lease: 0n })),
        result: undefined,
      }))
      acknowledged = 62
    } catch {
      // The power is gone.
    }
    disk.crash({ type: 'nothing' })
    const again = await open(disk)
    assert.ok(again.revision >= acknowledged)
    assert.deepEqual(render(again).slice(0, entriesThen.length), entriesThen)
    assert.equal(again.current().count({ start: '/y', end: '/zz' }), again.revision === 62 ? 2 : 0)
    await again[Symbol.asyncDispose]()
  }
})
