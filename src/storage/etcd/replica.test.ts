/** What becomes of a store whose etcd forgets, goes back in time, or has others write to it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { etcdHandler } from '#etcd/etcd-handler.ts'
import { deriveMember } from '#etcd/member.ts'
import { createSimClock, type SimClock } from '#sim/clock.ts'
import { seededRandom } from '#sim/random.ts'
import { createSimChannel, type SimChannel } from '#sim/rpc-channel.ts'
import { silentLog } from '#world/log.ts'
import type { RpcHandler } from '#world/rpc.ts'
import { openVolatileStore } from '../embedded/volatile-store.ts'
import type { Keyspace } from '../keyspace.ts'
import { Compacted, prefixRange, type Store } from '../store.ts'
import { openEtcdStore, type EtcdStoreOptions } from './etcd-store.ts'

const member = deriveMember({ name: 'm', clientUrls: [], peerUrls: [], clusterToken: '' })
const value = new Uint8Array([1])
const range = prefixRange('/a/')

interface World {
  readonly clock: SimClock
  /** The etcd is another from now on. */
  replace(keyspace: Keyspace): void
  readonly channel: SimChannel
  open(options?: EtcdStoreOptions): Promise<Store>
}

async function inWorld(keyspace: (clock: SimClock) => Keyspace, body: (world: World) => Promise<void>): Promise<void> {
  const clock = createSimClock()
  const handlerOf = (of: Keyspace): RpcHandler => etcdHandler({ keyspace: of, member, clock, log: silentLog })
  let handler = handlerOf(keyspace(clock))
  const channel = createSimChannel({
    handler: { unary: (method) => handler.unary(method), streaming: (method) => handler.streaming(method) }, clock,
    fate: () => 'answered', delayMs: () => 1, lateMs: () => 0,
  })
  await clock.drive(body({
    clock, channel,
    replace(other) {
      handler = handlerOf(other)
      channel.cut()
    },
    open: (options = {}) => openEtcdStore({
      members: [{ url: 'sim://etcd', channel }], clock, random: seededRandom(1), log: silentLog, identity: 'a',
      options: { root: '', prefix: '', ...options },
    }),
  }))
}

async function put(store: Store, key: string): Promise<void> {
  await store.swap(key, store.current().get(key)?.modRevision ?? 0, { type: 'put', value })
}

test('a store that was away while etcd forgot its past begins anew, and tells its watchers', async () => {
  let etcd!: Keyspace
  await inWorld((clock) => etcd = openVolatileStore({ clock }), async ({ channel, clock, open }) => {
    await using store = await open()
    await put(store, '/a/1')
    const watch = store.watch(range, store.revision, { signal: new AbortController().signal })[Symbol.asyncIterator]()
    const next = assert.rejects(watch.next(), Compacted)
    channel.isStalled = true
    for (let i = 0; i < 5; i++) await put(etcd, `/a/${i}`)
    await etcd.compact(etcd.revision)
    channel.cut()
    await clock.sleep(1_000)
    channel.isStalled = false
    await next
    assert.equal((await store.read()).count(range), 5)
    assert.equal(store.revision, etcd.revision)
    await put(store, '/a/9')
    assert.equal(store.current().count(range), 6)
  })
})

test('an etcd that was put back to an older state is read again', async () => {
  await inWorld((clock) => openVolatileStore({ clock }), async ({ clock, open, replace }) => {
    await using store = await open()
    for (let i = 0; i < 10; i++) await put(store, `/a/${i}`)
    const older = openVolatileStore({ clock })
    await put(older, '/a/old')
    replace(older)
    await clock.sleep(1_000)
    await store.read()
    await clock.sleep(2_000)
    assert.deepEqual((await store.read()).list(range).map(({ key }) => key), ['/a/old'])
  })
})

test('a server that starts knows the history that etcd keeps', async () => {
  await inWorld((clock) => openVolatileStore({ clock }), async ({ clock, open }) => {
    await using first = await open({ compactionIntervalMs: 60_000 })
    for (let minute = 0; minute < 6; minute++) {
      await put(first, '/a/1')
      await clock.sleep(60_000)
    }
    await clock.sleep(10_000)
    for (const key of ['/a/2', '/a/3', '/a/4']) await put(first, key)
    const seen = first.revision - 2
    await using second = await open()
    assert.ok(second.compactedRevision <= seen && second.compactedRevision > 5, `${second.compactedRevision}`)
    assert.deepEqual((await second.read(seen)).list(range).map(({ key }) => key), ['/a/1', '/a/2'])
    assert.equal((await second.read()).count(range), 4)
  })
})
