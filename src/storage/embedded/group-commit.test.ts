import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { crc32 } from '#base/crc32.ts'
import { createSimClock } from '#sim/clock.ts'
import { prefixRange } from '../store.ts'
import type { Journal } from './journal.ts'
import { JournaledStore } from './journaled-store.ts'
import { Versions } from './versions.ts'

/** A store over a journal that tells how many changes each append had, and is done with one when told so. */
function storeOver(): { readonly store: JournaledStore; readonly appended: number[]; land(): Promise<void> } {
  const appended: number[] = []
  let landing = Promise.withResolvers<void>()
  const journal: Journal = {
    fitting: (groups) => groups.length,
    append({ changes }) {
      appended.push(changes.length)
      return landing.promise
    },
    committed() {},
    isFull: false,
    fileBytes: 0,
    async close() {},
  }
  const store = new JournaledStore({
    versions: new Versions(), state: { leases: new Map(), alarms: new Set() }, journal, clock: createSimClock(),
    checksum: crc32, options: {},
  })
  return {
    store, appended,
    async land() {
      const { resolve } = landing
      landing = Promise.withResolvers()
      resolve()
      await turn()
    },
  }
}

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

function put(store: JournaledStore, key: string, bytes: number): Promise<unknown> {
  return store.swap(key, 0, { type: 'put', value: new Uint8Array(bytes) })
}

describe('group commit', () => {
  test('all that come in one turn are one group, and all that come during its write the next', async () => {
    const { store, appended, land } = storeOver()
    const first = [put(store, 'a', 1), put(store, 'b', 1)]
    assert.deepEqual(appended, [])
    await turn()
    assert.deepEqual(appended, [2])
    const second = [put(store, 'c', 1), put(store, 'd', 1), put(store, 'e', 1)]
    await turn()
    assert.deepEqual(appended, [2])
    await land()
    await Promise.all(first)
    assert.deepEqual(appended, [2, 3])
    await land()
    await Promise.all(second)
  })

  test('much is written at once, and what comes after it in the same turn is the next group', async () => {
    const { store, appended, land } = storeOver()
    const all = [put(store, 'a', 100_000), put(store, 'b', 100_000)]
    assert.deepEqual(appended, [])
    all.push(put(store, 'c', 100_000))
    assert.deepEqual(appended, [3])
    all.push(put(store, 'd', 300_000), put(store, 'e', 1))
    await turn()
    assert.deepEqual(appended, [3])
    await land()
    assert.deepEqual(appended, [3, 2])
    await land()
    await Promise.all(all)
    assert.deepEqual(store.current().list({ start: '', end: '\uffff' }).map(({ key }) => key), ['a', 'b', 'c', 'd', 'e'])
  })

  test('who wrote has the answer before watchers have the event, and both see the change', async () => {
    const { store, land } = storeOver()
    const stop = new AbortController()
    const told: string[] = []
    const watch = store.watch(prefixRange('a/'), store.revision, { signal: stop.signal })
    const watching = (async () => {
      for await (const [event] of watch) told.push(`watcher: ${event!.entry.key} at ${store.current().revision}`)
    })()
    const writing = put(store, 'a/1', 1).then(() => told.push(`writer: at ${store.current().revision}`))
    await turn()
    assert.deepEqual(told, [])
    await land()
    assert.deepEqual(told, ['writer: at 2', 'watcher: a/1 at 2'])
    stop.abort()
    await Promise.all([watching, writing])
  })
})
