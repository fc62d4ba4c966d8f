/** What every implementation of Store does; each is put through it by a test of its own. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  Compacted,
  FutureRevision,
  prefixRange,
  StoreFull,
  WatchOverflow,
  type Put,
  type Store,
  type StoreEvent,
  type SwapResult,
} from '#storage/store.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const text = (entry: { readonly value: Uint8Array } | undefined): string | undefined =>
  entry && decoder.decode(entry.value)
const putOf = (value: string): Put => ({ type: 'put', value: encoder.encode(value) })

async function put(store: Store, key: string, value: string, ifRevision?: number): Promise<number> {
  const result = await store.swap(key, ifRevision ?? store.current().get(key)?.modRevision ?? 0, putOf(value))
  assert.equal(result.type, 'swapped')
  return result.revision
}

async function remove(store: Store, key: string): Promise<number> {
  const result = await store.swap(key, store.current().get(key)!.modRevision, { type: 'delete' })
  assert.equal(result.type, 'swapped')
  return result.revision
}

/** The next `count` changes as `put key=value` or `delete key=value`. */
async function take(events: AsyncIterator<readonly StoreEvent[]>, count: number): Promise<string[]> {
  const seen: string[] = []
  while (seen.length < count) {
    const { value, done } = await events.next()
    assert.ok(!done, 'the watch ended early')
    for (const { type, entry, previous } of value) {
      seen.push(
        `${entry.modRevision} ${type} ${entry.key}=${text(entry)}${previous ? ` was ${text(previous)}@${previous.modRevision}` : ''}`,
      )
    }
  }
  return seen
}

const aRange = prefixRange('/a/')

/** Small limits for tests of limits. */
export interface StoreContractOptions {
  readonly quotaBytes?: number
  readonly historyChanges?: number
}

/** What only some stores decide for themselves; others leave it to what they stand on. */
export interface StoreContractLimits {
  readonly quota: boolean
}

/** `open` gives an empty store each time, without a root that its keys must begin with. */
export function storeContract(name: string, open: (options?: StoreContractOptions) => Promise<Store>, limits: StoreContractLimits = { quota: true }): void {
  const check = (title: string, body: (store: Store) => Promise<void>, options?: StoreContractOptions): void => {
    test(title, async () => {
      await using store = await open(options)
      await body(store)
    })
  }

  describe(name, () => {
    check('an empty store has a revision that is not zero, and nothing in it', async (store) => {
      assert.ok(store.revision > 0)
      assert.equal(store.compactedRevision, store.revision)
      assert.deepEqual((await store.read()).list({ start: '', end: '\uffff' }), [])
    })

    check('each change gets the next revision of the whole store', async (store) => {
      const first = store.revision
      assert.equal(await put(store, '/a/1', 'x'), first + 1)
      assert.equal(await put(store, '/b/1', 'y'), first + 2)
      assert.equal(await remove(store, '/a/1'), first + 3)
      assert.equal(store.revision, first + 3)
    })

    check(
      'an entry knows when it came into being and when it changed, and starts anew after a deletion',
      async (store) => {
        const created = await put(store, '/a/1', 'x')
        const changed = await put(store, '/a/1', 'y')
        let entry = store.current().get('/a/1')!
        assert.deepEqual([entry.createRevision, entry.modRevision, text(entry)], [created, changed, 'y'])
        await remove(store, '/a/1')
        assert.equal(store.current().get('/a/1'), undefined)
        const again = await put(store, '/a/1', 'z')
        entry = store.current().get('/a/1')!
        assert.deepEqual([entry.createRevision, entry.modRevision], [again, again])
      },
    )

    check('a lost race is a value that tells what is there', async (store) => {
      const at = await put(store, '/a/1', 'x')
      const losers: readonly (readonly [string, number, Put | { type: 'delete' }])[] = [
        ['/a/1', 0, putOf('y')], ['/a/1', at + 1, putOf('y')], ['/a/1', at - 1, { type: 'delete' }],
        ['/a/2', at, putOf('y')], ['/a/2', 0, { type: 'delete' }],
      ]
      for (const [key, ifRevision, then] of losers) {
        const result = await store.swap(key, ifRevision, then)
        assert.equal(result.type, 'conflict')
        assert.equal(text(result.type === 'conflict' ? result.current : undefined), key === '/a/1' ? 'x' : undefined)
      }
      assert.equal(store.revision, at)
    })

    check('of many who create the same key at once, one wins and the others see what it wrote', async (store) => {
      const results = await Promise.all(Array.from({ length: 50 }, (_, i) => store.swap('/a/1', 0, putOf(`${i}`))))
      const winners = results.filter((result) => result.type === 'swapped')
      assert.equal(winners.length, 1)
      for (const result of results) {
        assert.equal(text(result.type === 'swapped' ? result.entry : result.current), text(winners[0]!.entry))
      }
    })

    check('a chain of swaps on one key, each on the result before, loses nothing', async (store) => {
      const increment = async (): Promise<void> => {
        for (;;) {
          const now = store.current().get('/a/n')
          const result: SwapResult = await store.swap(
            '/a/n', now?.modRevision ?? 0, putOf(`${Number(text(now) ?? 0) + 1}`),
          )
          if (result.type === 'swapped') return
        }
      }
      await Promise.all(Array.from({ length: 20 }, increment))
      assert.equal(text(store.current().get('/a/n')), '20')
    })

    check('a list is in key order, bounded by range and limit, and agrees with the count', async (store) => {
      const keys = Array.from({ length: 1_500 }, (_, i) => `/a/${String((i * 7_919) % 1_500).padStart(5, '0')}`)
      await Promise.all([...keys, '/A', '/b/1', '/a', '/a0'].map((key) => put(store, key, key)))
      const view = store.current()
      assert.deepEqual(view.list(aRange).map((entry) => entry.key), keys.toSorted())
      assert.equal(view.count(aRange), 1_500)
      assert.deepEqual(
        view.list({ start: '/a/00010', end: '/a/00013' }).map(text), ['/a/00010', '/a/00011', '/a/00012'],
      )
      assert.deepEqual(view.list({ start: '/a/00700', end: aRange.end }, 2).map(text), ['/a/00700', '/a/00701'])
      assert.equal(view.count({ start: '/a/00700', end: aRange.end }), 800)
      assert.deepEqual(view.list({ start: 'x', end: 'a' }), [])
      for (const key of keys.slice(0, 1_499)) await remove(store, key)
      assert.equal(store.current().count(aRange), 1)
      assert.equal(store.current().list(aRange).length, 1)
      assert.equal(view.count(aRange), 1_500)
    })

    check('a view stays as it was while the store moves on', async (store) => {
      await put(store, '/a/1', 'old')
      await put(store, '/a/2', 'gone')
      const at = store.revision
      const view = store.current()
      await put(store, '/a/1', 'new')
      await remove(store, '/a/2')
      await put(store, '/a/3', 'added')
      for (const past of [view, await store.read(at)]) {
        assert.equal(past.revision, at)
        assert.deepEqual(past.list(aRange).map(text), ['old', 'gone'])
        assert.equal(past.count(aRange), 2)
        assert.equal(text(past.get('/a/2')), 'gone')
        assert.equal(past.get('/a/3'), undefined)
      }
      assert.deepEqual(store.current().list(aRange).map(text), ['new', 'added'])
    })

    check('a revision that has not come is refused, and can be waited for', async (store) => {
      const next = store.revision + 1
      await assert.rejects(store.read(next), FutureRevision)
      assert.throws(() => store.watch(aRange, next, { signal: new AbortController().signal }), FutureRevision)
      const abort = new AbortController()
      const waits = [store.waitFor(next, abort.signal), store.waitFor(next + 1, abort.signal)]
      await put(store, '/a/1', 'x')
      await waits[0]
      abort.abort(new Error('enough'))
      await assert.rejects(waits[1]!, /enough/)
      await store.waitFor(next, abort.signal)
    })

    check('compaction forgets the past and keeps the present', async (store) => {
      const first = await put(store, '/a/1', 'one')
      await put(store, '/a/1', 'two')
      await put(store, '/a/2', 'gone')
      await remove(store, '/a/2')
      const before = await put(store, '/a/1', 'three')
      const old = await store.read(first)
      await put(store, '/a/1', 'four')
      await store.compact(before)
      assert.equal(store.compactedRevision, before)
      assert.throws(() => old.get('/a/1'), Compacted)
      await assert.rejects(store.read(before - 1), Compacted)
      assert.throws(() => store.watch(aRange, before - 1, { signal: new AbortController().signal }), Compacted)
      assert.deepEqual((await store.read(before)).list(aRange).map(text), ['three'])
      assert.deepEqual(store.current().list(aRange).map(text), ['four'])
      await store.compact(first)
      assert.equal(store.compactedRevision, before)
      await assert.rejects(store.compact(store.revision + 1), FutureRevision)
    })

    check('a watch brings each change of its range once, in order, with what was there before', async (store) => {
      const abort = new AbortController()
      const from = store.revision
      const events = store.watch(aRange, from, { signal: abort.signal })[Symbol.asyncIterator]()
      await put(store, '/a/1', 'x')
      await put(store, '/b/1', 'not this')
      await put(store, '/a/1', 'y')
      await remove(store, '/a/1')
      assert.deepEqual(await take(events, 3), [
        `${from + 1} put /a/1=x`,
        `${from + 3} put /a/1=y was x@${from + 1}`,
        `${from + 4} delete /a/1=y was y@${from + 3}`,
      ])
      abort.abort()
      assert.equal((await events.next()).done, true)
    })

    check('a watch resumes from any kept revision without gap or repetition', async (store) => {
      const from = store.revision
      for (let i = 0; i < 30; i++) await put(store, `/a/${i % 7}`, `${i}`)
      const abort = new AbortController()
      for (let at = from; at <= from + 30; at++) {
        const events = store.watch(aRange, at, { signal: abort.signal })[Symbol.asyncIterator]()
        const rest = await take(events, from + 30 - at)
        assert.deepEqual(
          rest.map((line) => Number(line.split(' ')[0])), Array.from({ length: from + 30 - at }, (_, i) => at + 1 + i),
        )
      }
      abort.abort()
    })

    check('a watch from the compacted revision tells all that came after it, puts and deletions', async (store) => {
      const first = store.revision
      for (let i = 0; i < 6; i++) {
        await put(store, '/a/1', `${i}`)
        await remove(store, '/a/1')
      }
      const last = await put(store, '/a/2', 'last')
      for (let before = first + 1; before < last; before++) {
        await store.compact(before)
        const abort = new AbortController()
        const told: number[] = []
        for await (const batch of store.watch(aRange, before, { signal: abort.signal })) {
          told.push(...batch.map(({ entry }) => entry.modRevision))
          if (told.at(-1) === last) abort.abort()
        }
        assert.deepEqual(told, Array.from({ length: last - before }, (_, i) => before + 1 + i))
      }
    })

    check('watches of a prefix, of one key and of any interval see what is theirs', async (store) => {
      const abort = new AbortController()
      const ranges = [aRange, prefixRange('/'), { start: '/a/2', end: '/a/2\0' }, { start: '/a/15', end: '/a/3' }]
      const watches = ranges.map((range): AsyncIterator<readonly StoreEvent[]> =>
        store.watch(range, store.revision, { signal: abort.signal })[Symbol.asyncIterator](),
      )
      for (const key of ['/a/1', '/a/3', '/a/2', '/a/20', '/b/2']) await put(store, key, key)
      const keys = async (at: number, count: number): Promise<string[]> =>
        (await take(watches[at]!, count)).map((line) => line.split('=')[1]!)
      assert.deepEqual(await keys(0, 4), ['/a/1', '/a/3', '/a/2', '/a/20'])
      assert.deepEqual(await keys(1, 5), ['/a/1', '/a/3', '/a/2', '/a/20', '/b/2'])
      assert.deepEqual(await keys(2, 1), ['/a/2'])
      assert.deepEqual(await keys(3, 2), ['/a/2', '/a/20'])
      abort.abort()
    })

    check('a watcher that does not read is cut off, and others are not', async (store) => {
      const abort = new AbortController()
      const from = store.revision
      const slow = store.watch(aRange, from, { signal: abort.signal, queueLimit: 10 })[Symbol.asyncIterator]()
      const fast = store.watch(aRange, from, { signal: abort.signal })[Symbol.asyncIterator]()
      for (let i = 0; i < 11; i++) await put(store, '/a/1', `${i}`)
      await assert.rejects(slow.next(), WatchOverflow)
      assert.equal((await slow.next()).done, true)
      assert.equal((await take(fast, 11)).length, 11)
      abort.abort()
    })

    check(
      'a waiting watcher ends when it returns, when its signal aborts, and when the store closes',
      async (store) => {
        const abort = new AbortController()
        const watchUntil = (signal: AbortSignal): AsyncIterator<readonly StoreEvent[]> =>
          store.watch(aRange, store.revision, { signal })[Symbol.asyncIterator]()
        const returned = watchUntil(abort.signal)
        const aborted = watchUntil(abort.signal)
        const closed = watchUntil(new AbortController().signal)
        const never = watchUntil(AbortSignal.abort())
        const waiting = [returned, aborted, closed].map((watch) => watch.next())
        await returned.return!()
        abort.abort()
        assert.equal((await never.next()).done, true)
        await store[Symbol.asyncDispose]()
        for (const result of waiting) assert.equal((await result).done, true)
      },
    )

    check('what the reader keeps with a version is found again by the next reader', async (store) => {
      await put(store, '/a/1', 'x')
      store.current().get('/a/1')!.memo = 'decoded'
      assert.equal(store.current().list(aRange)[0]!.memo, 'decoded')
      await put(store, '/a/1', 'y')
      assert.equal(store.current().get('/a/1')!.memo, undefined)
      await store.swap('/a/2', 0, { ...putOf('z'), memo: 'given' })
      assert.equal(store.current().get('/a/2')!.memo, 'given')
    })

    if (limits.quota) check('a full store refuses puts, still deletes and shrinks, and takes puts again after that', async (store) => {
      await put(store, '/a/1', 'x'.repeat(600))
      await put(store, '/a/2', 'x'.repeat(300))
      await assert.rejects(store.swap('/a/3', 0, putOf('x'.repeat(200))), StoreFull)
      await put(store, '/a/2', 'y')
      await remove(store, '/a/1')
      await put(store, '/a/3', 'x'.repeat(200))
    }, { quotaBytes: 1_000 })

    if (limits.quota) check('the quota also counts what is under way', async (store) => {
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) => store.swap(`/a/${i}`, 0, putOf('x'.repeat(100)))),
      )
      assert.equal(results.filter((result) => result.status === 'fulfilled').length, 9)
    }, { quotaBytes: 1_000 })

    check('history is cut when it grows too long', async (store) => {
      for (let i = 0; i < 500; i++) await put(store, '/a/1', `${i}`)
      assert.ok(store.compactedRevision >= store.revision - 100)
      assert.ok(store.compactedRevision < store.revision)
    }, { historyChanges: 100 })
  })
}
