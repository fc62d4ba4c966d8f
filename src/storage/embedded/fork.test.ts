/** Forks against plain copies: whatever is done to either store, the other one shows what it showed. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSimClock } from '#sim/clock.ts'
import { createSimDisk } from '#sim/disk.ts'
import { seededRandom } from '#sim/random.ts'
import { silentLog } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import type { Keyspace } from '../keyspace.ts'
import { Compacted } from '../store.ts'
import { openEmbeddedStore } from './embedded-store.ts'
import { openVolatileStore } from './volatile-store.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const everything = { start: '', end: '\uffff' }

/** What a store shows, and what a plain map says that it should. */
interface Pair {
  readonly store: Keyspace
  readonly model: Map<string, string>
}

const shown = (store: Keyspace): string[] => store.current().list(everything).map(({ key, value, version }) =>
  `${key}=${decoder.decode(value)}#${version}`)
const expected = ({ model }: Pair): string[] => [...model].toSorted(([a], [b]) => (a < b ? -1 : 1))
  .map(([key, value]) => `${key}=${value}`)

async function change({ store, model }: Pair, random: Random, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const key = `/k/${Math.floor(random.next() * 1_500)}`
    const known = store.current().get(key)
    if (known && random.next() < 0.4) {
      await store.swap(key, known.modRevision, { type: 'delete' })
      model.delete(key)
      continue
    }
    const text = 'x'.repeat(random.next() * 30)
    const { version } = (await store.transact(() => ({
      operations: [{ type: 'put', key, value: encoder.encode(text), lease: 0n }], result: undefined,
    }))) && (store.current().get(key) as unknown as { version: number })
    model.set(key, `${text}#${version}`)
  }
}

function check(pair: Pair): void {
  const { store, model } = pair
  assert.deepEqual(shown(store), expected(pair))
  assert.equal(store.current().count(everything), model.size)
  for (let i = 0; i < 1_500; i += 7) {
    const entry = store.current().get(`/k/${i}`)
    assert.equal(entry && decoder.decode(entry.value), model.get(`/k/${i}`)?.split('#')[0])
  }
  const bytes = [...model].reduce((sum, [key, value]) => sum + key.length + value.split('#')[0]!.length, 0)
  assert.equal(store.size().liveBytes, bytes)
}

describe('a fork', () => {
  for (const seed of [1, 2, 3, 4]) {
    test(`and its original never see what the other writes, nor do forks of forks (seed ${seed})`, async () => {
      const random = seededRandom(seed)
      const options = { historyChanges: 200 }
      const pairs: Pair[] = [{ store: openVolatileStore({ clock: createSimClock(), options }), model: new Map() }]
      for (let round = 0; round < 12; round++) {
        for (const pair of pairs) {
          await change(pair, random, Math.floor(random.next() * 600))
          if (random.next() < 0.3) await pair.store.compact(pair.store.revision)
        }
        const original = pairs[Math.floor(random.next() * pairs.length)]!
        const before = { shown: shown(original.store), revision: original.store.revision }
        const fork: Pair = { store: original.store.fork(), model: new Map(original.model) }
        assert.deepEqual([shown(fork.store), fork.store.revision], [before.shown, before.revision])
        if (pairs.length < 4) pairs.push(fork)
        else pairs[Math.floor(random.next() * 4)] = fork
        for (const pair of pairs) check(pair)
      }
    })
  }

  test('begins its history: what was before is the original\'s', async () => {
    const store = openVolatileStore({ clock: createSimClock() })
    const put = (on: Keyspace, text: string, at: number): Promise<unknown> =>
      on.swap('/a', at, { type: 'put', value: encoder.encode(text) })
    await put(store, 'one', 0)
    await put(store, 'two', 2)
    const fork = store.fork()
    await put(store, 'three', 3)
    await put(fork, 'other', 3)
    const read = async (on: Keyspace, at: number): Promise<string> =>
      decoder.decode((await on.read(at)).get('/a')!.value)
    assert.equal(fork.revision, 4)
    assert.deepEqual([await read(fork, 3), await read(fork, 4)], ['two', 'other'])
    await assert.rejects(fork.read(2), Compacted)
    assert.deepEqual([await read(store, 2), await read(store, 4)], ['one', 'three'])
    // What the original forgets, the fork still shows.
    await store.compact(4)
    assert.deepEqual([await read(fork, 3), await read(fork, 4)], ['two', 'other'])
    const same = store.fork()
    assert.deepEqual(await same.hash(4), await store.hash(4))
  })

  test('of an older revision has what was there then, and goes on from it', async () => {
    const random = seededRandom(9)
    const original: Pair = { store: openVolatileStore({ clock: createSimClock() }), model: new Map() }
    await change(original, random, 900)
    const { revision } = original.store
    const past: Pair = { store: original.store, model: new Map(original.model) }
    await change(original, random, 900)
    const fork: Pair = { store: original.store.fork(revision), model: past.model }
    assert.equal(fork.store.revision, revision)
    check(fork)
    await original.store.compact(original.store.revision)
    await change(fork, random, 900)
    await fork.store.compact(fork.store.revision)
    check(fork)
    check(original)
    assert.throws(() => original.store.fork(revision), Compacted)
  })

  test('keeps its values where the other store moves or gives up its own', async () => {
    // Large enough that both sweep their memory: see value-slabs.ts.
    const size = 60_000
    const count = 700
    const clock = createSimClock()
    const options = { historyChanges: 20 }
    const big = (text: string): Uint8Array => encoder.encode(text.repeat(size / text.length))
    const put = (on: Keyspace, i: number, value: Uint8Array): Promise<unknown> =>
      on.swap(`/k/${i}`, on.current().get(`/k/${i}`)?.modRevision ?? 0, { type: 'put', value })
    const original = openVolatileStore({ clock, options })
    for (let i = 0; i < count; i++) await put(original, i, big(`o${i % 10}`))
    const fork = original.fork()
    const rewrite = async (on: Keyspace, text: string): Promise<void> => {
      for (let round = 0; round < 2; round++) {
        const value = round === 0 ? big(text) : encoder.encode(text)
        for (let i = 0; i < count; i++) if (i % 10 !== 0) await put(on, i, value)
      }
      for (let i = 0; i < 3_000; i++) await put(on, 1, encoder.encode(text))
    }
    const is = (on: Keyspace, changed: string | undefined): void => {
      for (let i = 0; i < count; i++) {
        const { value } = on.current().get(`/k/${i}`)!
        const wanted = i % 10 === 0 || changed === undefined ? big(`o${i % 10}`) : encoder.encode(changed)
        assert.ok(Buffer.compare(value, wanted) === 0, `/k/${i}`)
      }
    }
    await rewrite(original, 'x')
    is(fork, undefined)
    await rewrite(fork, 'y')
    is(fork, 'y')
    is(original, 'x')
  })

  test('has watches of its own', async () => {
    const store = openVolatileStore({ clock: createSimClock() })
    const fork = store.fork()
    const stop = new AbortController()
    const seen: string[] = []
    const watching = (async () => {
      for await (const batch of fork.watch(everything, fork.revision, { signal: stop.signal })) {
        for (const { entry } of batch) seen.push(entry.key)
        if (seen.length === 1) return
      }
    })()
    await store.swap('/original', 0, { type: 'put', value: encoder.encode('x') })
    await fork.swap('/fork', 0, { type: 'put', value: encoder.encode('x') })
    await watching
    assert.deepEqual(seen, ['/fork'])
  })

  test('of a store on a disk has the leases, and outlives it', async () => {
    const clock = createSimClock()
    const store = await openEmbeddedStore({ disk: createSimDisk(), directory: '/store', clock, log: silentLog })
    await store.grantLease(7n, 60)
    await store.transact(() => ({
      operations: [{ type: 'put', key: '/leased', value: encoder.encode('x'), lease: 7n }], result: undefined,
    }))
    const fork = store.fork()
    await store.revokeLease(7n)
    await store[Symbol.asyncDispose]()
    assert.deepEqual(fork.lease(7n)?.keys, ['/leased'])
    assert.deepEqual(shown(fork), ['/leased=x#1'])
    assert.equal(await fork.revokeLease(7n), true)
    assert.deepEqual(shown(fork), [])
  })

  test('of 100,000 keys takes no longer than a few milliseconds', async () => {
    const store = openVolatileStore({ clock: createSimClock() })
    for (let i = 0; i < 100_000; i++) {
      await store.swap(`/k/${i}`, 0, { type: 'put', value: encoder.encode(`value ${i}`) })
    }
    const times: number[] = []
    for (let round = 0; round < 5; round++) {
      const begin = performance.now()
      const fork = store.fork()
      fork.current().get('/k/77777')
      times.push(performance.now() - begin)
    }
    assert.ok(Math.min(...times) < 5, `took ${times.join(', ')} ms`)
  })
})
