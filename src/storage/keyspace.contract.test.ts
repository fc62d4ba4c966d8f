/** What every Keyspace does beyond what every Store does, run on each of them. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSimClock, type SimClock } from '#sim/clock.ts'
import { createSimDisk, type SimDisk } from '#sim/disk.ts'
import { silentLog } from '#world/log.ts'
import { openEmbeddedStore } from './embedded/embedded-store.ts'
import type { HistoryOptions } from './embedded/history-limits.ts'
import { openVolatileStore } from './embedded/volatile-store.ts'
import type { DecidedView, Keyspace, LeaseId, Operation } from './keyspace.ts'
import { Compacted, FutureRevision, StoreFull, type StoreEvent } from './store.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const everything = { start: '', end: '\uffff' }

const put = (key: string, value: string, lease: LeaseId = 0n): Operation =>
  ({ type: 'put', key, value: encoder.encode(value), lease })
const remove = (key: string): Operation => ({ type: 'delete', key })

async function change(store: Keyspace, ...operations: Operation[]): Promise<number> {
  return (await store.transact(() => ({ operations, result: undefined }))).revision
}

/** `key=value`, with the version if that is not 1. */
function render(store: Keyspace): string {
  return store.current().list(everything).map(({ key, value, version }) => {
    return `${key}=${decoder.decode(value)}${version === 1 ? '' : `#${version}`}`
  }).join(' ')
}

type Open = (clock: SimClock, options?: HistoryOptions) => Promise<Keyspace>

function keyspaceContract(name: string, open: Open): void {
  const check = (
    title: string, body: (store: Keyspace, clock: SimClock) => Promise<void>, options?: HistoryOptions,
  ): void => {
    test(title, async () => {
      const clock = createSimClock()
      await using store = await open(clock, options)
      await body(store, clock)
    })
  }

  describe(name, () => {
    check('all changes of a transaction have one revision and are seen together', async (store) => {
      await change(store, put('/old', 'x'))
      const { revision } = store
      const { revision: at, result } = await store.transact((state) => ({
        operations: [put('/b', '1'), put('/a', '2'), remove('/old')],
        result: [state.nextRevision, state.count(everything)],
      }))
      assert.deepEqual([at, store.revision, ...result], [revision + 1, revision + 1, revision + 1, 1])
      assert.equal(render(store), '/a=2 /b=1')
      for (const { createRevision, modRevision } of store.current().list(everything)) {
        assert.deepEqual([createRevision, modRevision], [at, at])
      }
      assert.equal((await store.read(revision)).count(everything), 1)
    })

    check('a revision is never split over two batches of a watch, not even of its backlog', async (store) => {
      const from = store.revision
      const sizes = [999, 3, 1, 1_500]
      for (const [at, size] of sizes.entries()) {
        await change(store, ...Array.from({ length: size }, (_, i) => put(`/${at}/${i}`, 'x')))
      }
      const stop = new AbortController()
      const watch = store.watch(everything, from, { signal: stop.signal })[Symbol.asyncIterator]()
      const seen: StoreEvent[] = []
      while (seen.length < 2_503) {
        const { value } = await watch.next()
        assert.notEqual(value[0]!.entry.modRevision, seen.at(-1)?.entry.modRevision)
        seen.push(...value)
      }
      for (const [at, size] of sizes.entries()) {
        assert.equal(seen.filter(({ entry }) => entry.modRevision === from + 1 + at).length, size)
      }
      stop.abort()
    })

    check('a transaction is decided on the newest state, with what is under way in it', async (store) => {
      const seen: string[] = []
      const note = (state: DecidedView): void => {
        seen.push(state.list(everything).map(({ key, version }) => `${key}#${version}`).join(' '))
        assert.equal(state.count(everything), state.list(everything).length)
        assert.deepEqual(state.list(everything, 2).map(({ key }) => key),
          state.list(everything).slice(0, 2).map(({ key }) => key))
      }
      const step = (...operations: Operation[]): Promise<{ revision: number }> => store.transact((state) => {
        note(state)
        return { operations, result: undefined }
      })
      const all = [
        step(put('/b', '1'), put('/c', '1')), step(put('/a', '1'), put('/c', '2')), step(remove('/b'), put('/d', '')),
        step(put('/b', '2')), step(),
      ]
      assert.deepEqual(seen, ['', '/b#1 /c#1', '/a#1 /b#1 /c#2', '/a#1 /c#2 /d#1', '/a#1 /b#1 /c#2 /d#1'])
      const revisions = (await Promise.all(all)).map(({ revision }) => revision)
      assert.deepEqual(revisions, [2, 3, 4, 5, 5])
      assert.equal(render(store), '/a=1 /b=2 /c=2#2 /d=')
    })

    check('a transaction that changes nothing resolves when what it saw can be read', async (store) => {
      void change(store, put('/a', '1'))
      const { result, revision } = await store.transact((state) => ({
        operations: [], result: state.get('/a')?.modRevision,
      }))
      assert.equal(result, revision)
      assert.equal(store.current().get('/a')?.modRevision, revision)
    })

    check('increments by transactions from many sides lose nothing', async (store) => {
      const increment = (): Promise<unknown> => store.transact((state) => {
        const now = state.get('/n')
        const next = Number(now === undefined ? 0 : decoder.decode(now.value)) + 1
        return { operations: [put('/n', String(next))], result: 0 }
      })
      await Promise.all(Array.from({ length: 200 }, increment))
      assert.equal(render(store), '/n=200#200')
    })

    check('what decide throws is thrown, and nothing happens; nor for operations that make no sense', async (store) => {
      await assert.rejects(store.transact(() => { throw new Error('mine') }), /mine/)
      await assert.rejects(change(store, put('/a', ''), put('/a', '')), /twice/)
      await assert.rejects(change(store, put('/b', ''), remove('/a')), /not there/)
      await assert.rejects(change(store, put('/b', '', 5n)), /lease 5, which is not there/)
      await assert.rejects(change(store, put('k'.repeat(4_097), '')), RangeError)
      assert.equal(render(store), '')
      assert.equal(await change(store, put('/a', '')), 2)
    })

    check('a version counts the puts since the key came into being, by whatever way', async (store) => {
      for (const value of ['1', '2', '3']) await change(store, put('/a', value))
      await store.swap('/a', store.revision, { type: 'put', value: encoder.encode('4') })
      assert.equal(render(store), '/a=4#4')
      await change(store, remove('/a'))
      await change(store, put('/a', 'new'))
      assert.equal(render(store), '/a=new')
    })

    check('a lease holds keys and takes them with it, all under one revision', async (store) => {
      const lease = (await store.grantLease(0n, 100))!
      assert.ok(lease.id > 0n)
      assert.equal((await store.grantLease(42n, 50))?.id, 42n)
      assert.equal(await store.grantLease(42n, 50), undefined)
      await change(store, put('/b', '1', 42n), put('/a', '1', 42n), put('/c', '1', lease.id))
      assert.deepEqual(store.leases(), [lease.id, 42n])
      assert.deepEqual(store.lease(42n), { id: 42n, grantedTtl: 50, remainingMs: 50_000, keys: ['/a', '/b'] })
      await change(store, put('/a', '2'))
      assert.deepEqual(store.lease(42n)?.keys, ['/b'])
      await change(store, put('/c', '2', 42n))
      assert.deepEqual(store.lease(lease.id)?.keys, [])
      const { revision } = store
      const late = change(store, put('/d', '1', 42n))
      assert.equal(await store.revokeLease(42n), true)
      assert.equal(await late, revision + 1)
      assert.equal(store.revision, revision + 2)
      assert.equal(render(store), '/a=2#2')
      assert.equal(store.lease(42n), undefined)
      assert.equal(await store.revokeLease(42n), false)
      assert.equal(store.renewLease(42n), undefined)
      assert.equal(await store.revokeLease(lease.id), true)
      assert.equal(store.revision, revision + 2)
    })

    check('a lease whose revocation is under way is there for readers, and for no decision', async (store) => {
      for (let pause = 0; pause < 12; pause++) {
        const id = BigInt(pause + 1)
        const granted = store.grantLease(id, 100)
        for (let i = 0; i < pause; i++) await Promise.resolve()
        const revoked = store.revokeLease(id)
        assert.equal((await granted)?.id, id)
        assert.equal(store.renewLease(id), undefined)
        const { result } = await store.transact((state) => ({ operations: [], result: state.hasLease(id) }))
        assert.equal(result, false)
        assert.equal(await revoked, true)
        assert.equal(store.lease(id), undefined)
      }
    })

    check('a lease that nobody renews is revoked when its time is over, not sooner', async (store, clock) => {
      await store.grantLease(1n, 10)
      await store.grantLease(2n, 3)
      await change(store, put('/one', '', 1n), put('/two', '', 2n))
      await clock.advance(2_000)
      assert.equal(store.renewLease(1n)?.remainingMs, 10_000)
      await clock.advance(999)
      assert.equal(render(store), '/one= /two=')
      assert.equal(store.lease(2n)?.remainingMs, 1)
      await clock.advance(2)
      await clock.settle()
      assert.equal(render(store), '/one=')
      await clock.advance(8_998)
      assert.deepEqual(store.leases(), [1n])
      await clock.advance(2)
      await clock.settle()
      assert.equal(render(store), '')
      assert.deepEqual(store.leases(), [])
      await clock.advance(1_000)
      assert.equal(clock.timers, 0)
    })

    check('what was deleted at the compacted revision is known until the store is read back or forked there', async (store) => {
      assert.deepEqual(store.deletedAtCompacted, [])
      await change(store, put('/a', ''), put('/b', ''), put('/c', ''))
      await change(store, remove('/c'), put('/b', '1'), remove('/a'))
      await change(store, remove('/b'))
      await store.compact(3)
      assert.deepEqual(store.deletedAtCompacted, ['/c', '/a'])
      assert.equal(store.fork().deletedAtCompacted, undefined)
      await store.compact(4)
      assert.deepEqual(store.deletedAtCompacted, ['/b'])
    })

    check('a lease whose end comes while the process is suspended lives on, and is over when nobody renews it', async (store, clock) => {
      await store.grantLease(1n, 10)
      await store.grantLease(2n, 3)
      await change(store, put('/one', '', 1n), put('/two', '', 2n))
      await clock.advance(2_500)
      clock.suspend(3_600_000)
      assert.equal(store.renewLease(1n)?.remainingMs, 10_000)
      await clock.advance(2_999)
      assert.equal(render(store), '/one= /two=')
      await clock.advance(2)
      await clock.settle()
      assert.equal(render(store), '/one=')
      await clock.advance(7_000)
      await clock.settle()
      assert.equal(render(store), '')
    })

    check('a full store raises its alarm, and transactions put nothing until it is disarmed', async (store) => {
      await change(store, put('/a', 'x'.repeat(600)), put('/b', 'x'.repeat(300)))
      await store.grantLease(3n, 1_000)
      await assert.rejects(change(store, put('/c', 'x'.repeat(200))), StoreFull)
      await store.transact(() => ({ operations: [], result: undefined }))
      assert.deepEqual(store.alarms(), ['noSpace'])
      await change(store, remove('/a'))
      await assert.rejects(change(store, put('/c', 'x')), /alarm/)
      await assert.rejects(store.grantLease(4n, 5), StoreFull)
      // The API server's writes depend on the room alone.
      const swapped = await store.swap('/d', 0, { type: 'put', value: encoder.encode('y') })
      assert.equal(swapped.type, 'swapped')
      assert.equal(await store.revokeLease(3n), true)
      await store.disarm('noSpace')
      assert.deepEqual(store.alarms(), [])
      await change(store, put('/c', 'x'.repeat(200)))
    }, { quotaBytes: 1_000 })

    check('what is there may grow a little beyond the quota, since deletions begin with a change', async (store) => {
      const putOf = (length: number) => ({ type: 'put', value: encoder.encode('x'.repeat(length)) } as const)
      const { revision } = await store.swap('/a', 0, putOf(6_390))
      await assert.rejects(store.swap('/b', 0, putOf(30)), StoreFull)
      await assert.rejects(change(store, put('/a', 'x'.repeat(6_420))), StoreFull)
      const grown = await store.swap('/a', revision, putOf(6_490))
      assert.equal(grown.type, 'swapped')
      await assert.rejects(store.swap('/a', grown.revision, putOf(6_520)), StoreFull)
      assert.equal((await store.swap('/a', grown.revision, { type: 'delete' })).type, 'swapped')
      assert.equal((await store.swap('/b', 0, putOf(30))).type, 'swapped')
    }, { quotaBytes: 6_400 })

    check('history that grows too long loses its older half, history that is too old all that is', async (store, clock) => {
      for (let i = 0; i < 11; i++) await change(store, put('/a', `${i}`))
      assert.deepEqual([store.revision, store.compactedRevision], [12, 7])
      await clock.advance(10_000)
      await change(store, put('/a', 'later'))
      await clock.advance(59_999)
      await change(store, put('/a', 'almost'))
      assert.equal(store.compactedRevision, 7)
      await clock.advance(1)
      await change(store, put('/a', 'late'))
      assert.equal(store.compactedRevision, 13)
    }, { historyChanges: 10, historyMs: 60_000 })

    check('equal stores have equal digests, and any difference shows', async (store, clock) => {
      const digests = new Map<string, string>()
      const steps = [
        [put('/a', '1'), put('/b', '1')], [put('/a', '2')], [remove('/b')], [put('/b', '1')], [put('/ab', '')],
      ]
      await using other = await open(clock)
      for (const [at, operations] of steps.entries()) {
        await change(store, ...operations)
        await change(other, ...operations)
        const { hash, compactedRevision } = await store.hash(store.revision)
        assert.equal(compactedRevision, 1)
        assert.equal(hash, (await other.hash(other.revision)).hash)
        assert.equal(digests.get(String(hash)), undefined)
        digests.set(String(hash), String(at))
      }
      const whole = (await store.hash(3)).hash
      await store.compact(4)
      await assert.rejects(store.hash(3), Compacted)
      await assert.rejects(store.hash(99), FutureRevision)
      assert.equal(digests.get(String(whole)), '1')
      const late = await store.hash(6)
      assert.deepEqual([late.compactedRevision, digests.get(String(late.hash))], [4, undefined])
      await other.compact(4)
      assert.equal((await other.hash(6)).hash, late.hash)
      for (const each of [store, other]) await each.grantLease(9n, 1_000)
      await change(store, put('/leased', '', 9n))
      await change(other, put('/leased', ''))
      assert.notEqual((await store.hash(7)).hash, (await other.hash(7)).hash)
    })
  })
}

keyspaceContract('volatile store', async (clock, options = {}) => openVolatileStore({ clock, options }))

const tiny = { firstSegmentBytes: 4_096, segmentBytes: 65_536, snapshotAfterBytes: 65_536 }
const openOn = (disk: SimDisk, clock: SimClock, options: HistoryOptions = {}): Promise<Keyspace> => openEmbeddedStore({
  disk, directory: '/store', clock, log: silentLog, options: { ...tiny, ...options },
})

keyspaceContract('embedded store on a simulated disk', (clock, options) => openOn(createSimDisk(), clock, options))

describe('embedded store after a restart', () => {
  test('versions, leases and their keys are there; the leases have all their time again', async () => {
    const disk = createSimDisk()
    const clock = createSimClock()
    {
      await using store = await openOn(disk, clock)
      for (const [id, ttl] of [[1n, 10], [2n, 20], [3n, 30]] as const) await store.grantLease(id, ttl)
      for (let i = 0; i < 5; i++) await change(store, put('/a', `${i}`, 1n), put('/b', `${i}`))
      await store.revokeLease(2n)
      await clock.advance(9_000)
    }
    await clock.advance(60_000)
    await using store = await openOn(disk, clock)
    assert.equal(render(store), '/a=4#5 /b=4#5')
    assert.deepEqual(store.lease(1n), { id: 1n, grantedTtl: 10, remainingMs: 10_000, keys: ['/a'] })
    assert.deepEqual(store.leases(), [1n, 3n])
    await clock.advance(10_001)
    await clock.settle()
    assert.equal(render(store), '/b=4#5')
  })

  test('what is compacted stays compacted, and an alarm stays raised', async () => {
    const disk = createSimDisk()
    const clock = createSimClock()
    {
      await using store = await openOn(disk, clock, { quotaBytes: 100 })
      for (let i = 0; i < 8; i++) await change(store, put('/a', `${i}`))
      await store.compact(5)
      await assert.rejects(change(store, put('/b', 'x'.repeat(100))), StoreFull)
    }
    for (let restart = 0; restart < 2; restart++) {
      await using store = await openOn(disk, clock)
      assert.deepEqual([store.revision, store.compactedRevision, store.alarms()], [9, 5, ['noSpace']])
    }
  })

  test('leases survive snapshots that were taken before, between and after their changes', async () => {
    const disk = createSimDisk()
    const clock = createSimClock()
    const options = { historyChanges: 5, firstSegmentBytes: 4_096, segmentBytes: 4_096, snapshotAfterBytes: 4_096 }
    const granted = new Set<LeaseId>()
    let next = 1n
    for (let restart = 0; restart < 6; restart++) {
      await using store = await openOn(disk, clock, options)
      assert.deepEqual(store.leases().toSorted(), [...granted].toSorted())
      for (let i = 0; i < 120; i++) {
        const id = next++
        await store.grantLease(id, 10_000)
        granted.add(id)
        if (i % 3 > 0) {
          await store.revokeLease(id)
          granted.delete(id)
        } else if (i % 2 > 0) await change(store, put(`/k/${i % 7}`, 'x'.repeat(restart * 40), id))
      }
    }
    assert.ok([...disk.files.keys()].some((path) => path.includes('snapshot-')))
    assert.ok([...disk.files.keys()].length < 12)
  })

  test('logs that hold nothing but leases are all read again, although no revision tells them apart', async () => {
    const disk = createSimDisk()
    const clock = createSimClock()
    const options = { historyChanges: 1, firstSegmentBytes: 4_096, segmentBytes: 4_096, snapshotAfterBytes: 4_096 }
    const left: LeaseId[] = []
    {
      await using store = await openOn(disk, clock, { ...options, quotaBytes: 600 })
      await assert.rejects(change(store, put('/large', 'x'.repeat(600))), StoreFull)
      for (let i = 0; i < 40; i++) {
        const { modRevision = 0 } = store.current().get('/k') ?? {}
        await store.swap('/k', modRevision, { type: 'put', value: encoder.encode('x'.repeat(400)) })
      }
      assert.ok([...disk.files.keys()].some((path) => path.includes('snapshot-')))
    }
    {
      await using store = await openOn(disk, clock, options)
      assert.deepEqual(store.alarms(), ['noSpace'])
      await store.disarm('noSpace')
      for (let id = 1n; id <= 600n; id++) {
        await store.grantLease(id, 1_000)
        if (id % 100n === 0n) left.push(id)
        else await store.revokeLease(id)
      }
    }
    await using store = await openOn(disk, clock, options)
    assert.deepEqual(store.leases(), left)
    assert.deepEqual(store.alarms(), [])
  })

  test('a store that is larger than its quota now is, takes what makes it smaller', async () => {
    const disk = createSimDisk()
    const clock = createSimClock()
    {
      await using store = await openOn(disk, clock)
      await change(store, put('/a', 'x'.repeat(900)))
    }
    await using store = await openOn(disk, clock, { quotaBytes: 500 })
    const { revision } = store
    await assert.rejects(store.swap('/b', 0, { type: 'put', value: encoder.encode('y') }), StoreFull)
    const smaller = await store.swap('/a', revision, { type: 'put', value: encoder.encode('x'.repeat(800)) })
    assert.equal(smaller.type, 'swapped')
  })

  test('what was forgotten by itself stays forgotten too', async () => {
    const disk = createSimDisk()
    const clock = createSimClock()
    let compacted = 0
    {
      await using store = await openOn(disk, clock, { historyChanges: 10 })
      for (let i = 0; i < 30; i++) await change(store, put('/a', `${i}`))
      compacted = store.compactedRevision
    }
    await using store = await openOn(disk, clock, { historyChanges: 1_000 })
    assert.ok(compacted > 15)
    assert.ok(store.compactedRevision >= compacted - 6 && store.compactedRevision <= compacted)
  })
})
