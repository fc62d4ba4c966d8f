/** Short lists that are kept: the same while nothing in them changes, and true whenever something does. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSimClock } from '#sim/clock.ts'
import { seededRandom } from '#sim/random.ts'
import type { Keyspace } from '../keyspace.ts'
import { prefixRange, type KeyRange } from '../store.ts'
import { openVolatileStore } from './volatile-store.ts'

const value = new Uint8Array([1])

async function put(store: Keyspace, key: string): Promise<void> {
  await store.swap(key, store.current().get(key)?.modRevision ?? 0, { type: 'put', value })
}

test('a short list of a prefix is the same one until something in it changes', async () => {
  await using store = openVolatileStore({ clock: createSimClock() })
  await put(store, '/limits/a/one')
  const list = () => store.current().list(prefixRange('/limits/a/'))
  const before = list()
  await put(store, '/pods/a/one')
  await put(store, '/limits/ab/one')
  assert.equal(list(), before)
  await put(store, '/limits/a/two')
  assert.deepEqual(list().map(({ key }) => key), ['/limits/a/one', '/limits/a/two'])
  assert.deepEqual(before.map(({ key }) => key), ['/limits/a/one'])
})

test('whatever is written, each list is what the store holds', async () => {
  const random = seededRandom(11)
  await using store = openVolatileStore({ clock: createSimClock() })
  const part = (): string => 'abc'[Math.floor(random.next() * 3)]!
  const ranges: readonly KeyRange[] = [
    prefixRange('/'), prefixRange('/a/'), prefixRange('/a/b/'), prefixRange('/a'), prefixRange('/c/a/'),
    { start: '/a/', end: '/b/' }, { start: '/a/', end: '/a/b' }, { start: '/b/', end: '/b/\0' },
  ]
  const keys = new Set<string>()
  for (let step = 0; step < 600; step++) {
    const key = `/${part()}/${part()}/${part()}${random.next() < 0.2 ? '/' : ''}`
    const known = store.current().get(key)
    if (known && random.next() < 0.5) {
      await store.swap(key, known.modRevision, { type: 'delete' })
      keys.delete(key)
    } else {
      await put(store, key)
      keys.add(key)
    }
    const view = store.current()
    for (const range of ranges) {
      const expected = [...keys].filter((each) => each >= range.start && each < range.end).toSorted()
      assert.deepEqual(view.list(range).map((entry) => entry.key), expected, `${JSON.stringify(range)} at ${step}`)
    }
  }
})
