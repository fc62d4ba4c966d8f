/** Backups looked into, and made stores at a later revision. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSimClock } from '#sim/clock.ts'
import { createSimDisk } from '#sim/disk.ts'
import { silentLog } from '#world/log.ts'
import type { Keyspace } from '../keyspace.ts'
import { Compacted, StoreCorrupted } from '../store.ts'
import { restoreBackup } from './backup.ts'
import { openEmbeddedStore } from './embedded-store.ts'
import { inspectBackup, rebaseBackup } from './rebase.ts'
import { openVolatileStore } from './volatile-store.ts'

const encoder = new TextEncoder()
const disk = createSimDisk()

async function filled(): Promise<Keyspace> {
  const store = openVolatileStore({ clock: createSimClock() })
  await store.grantLease(5n, 60)
  for (let i = 0; i < 40; i++) {
    await store.transact(() => ({
      operations: [{ type: 'put', key: `/k/${i % 30}`, value: encoder.encode(`value ${i}`), lease: i === 3 ? 5n : 0n }],
      result: undefined,
    }))
  }
  return store
}

const backupOf = async (store: Keyspace): Promise<Uint8Array> =>
  Buffer.concat(await Array.fromAsync(store.backup(new AbortController().signal)))

async function* inPieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700)
}

const shown = (store: Keyspace): unknown => store.current().list({ start: '', end: '\uffff' })
  .map(({ key, value, ...entry }) => [key, Buffer.from(value).toString(), entry.modRevision, entry.createRevision])

describe('a backup', () => {
  test('tells what it holds, once all of it is proved', async () => {
    const store = await filled()
    const bytes = await backupOf(store)
    const { liveBytes } = store.size()
    assert.deepEqual(await inspectBackup('file', inPieces(bytes), disk.crc32),
      { revision: store.revision, keys: 30, liveBytes, bytes: bytes.length })
    for (const at of [3, 30, 200, bytes.length - 5]) {
      const damaged = Uint8Array.from(bytes)
      damaged[at]! ^= 4
      await assert.rejects(inspectBackup('file', inPieces(damaged), disk.crc32), (error) =>
        error instanceof StoreCorrupted && error.file === 'file')
    }
    await assert.rejects(inspectBackup('file', inPieces(bytes.subarray(0, -20)), disk.crc32), StoreCorrupted)
  })

  test('becomes a store that goes on at a later revision, where older watches begin anew', async () => {
    const original = await filled()
    const bytes = await backupOf(original)
    const later = createSimDisk()
    const rebased = rebaseBackup('file', inPieces(bytes), (revision) => revision + 1_000, later.crc32)
    const { revision } = await restoreBackup(later, '/store', rebased)
    assert.equal(revision, original.revision + 1_000)
    await using store = await openEmbeddedStore({
      disk: later, directory: '/store', clock: createSimClock(), log: silentLog,
    })
    assert.deepEqual(shown(store), shown(original))
    assert.deepEqual([store.revision, store.compactedRevision], [revision, revision])
    assert.deepEqual(store.lease(5n)?.keys, ['/k/3'].filter(() => original.lease(5n)?.keys.includes('/k/3')))
    assert.throws(() => store.watch({ start: '', end: '\uffff' }, original.revision, {
      signal: new AbortController().signal,
    }), Compacted)
    const put = await store.swap('/k/new', 0, { type: 'put', value: encoder.encode('x') })
    assert.equal(put.revision, revision + 1)
  })

  test('cannot go back', async () => {
    const bytes = await backupOf(await filled())
    await assert.rejects(Array.fromAsync(rebaseBackup('file', inPieces(bytes), () => 3, disk.crc32)), RangeError)
  })
})
