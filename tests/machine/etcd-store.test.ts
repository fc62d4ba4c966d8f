/** The store over a real etcd: the contract of Store on every etcd that Debian has. */
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { systemClock } from '#host/clock.ts'
import { systemRandom } from '#host/random.ts'
import { rpcClient } from '#host/rpc/client.ts'
import { openEtcdStore, type EtcdStoreOptions } from '#storage/etcd/etcd-store.ts'
import { StoreFull, StoreRefused, StoreUnavailable, type Store } from '#storage/store.ts'
import { silentLog } from '#world/log.ts'
import type { RpcTarget } from '#world/rpc.ts'
import { storeContract } from '../integration/store-contract.ts'
import { etcdPrograms, makeEtcdTls, startEtcd, type RunningEtcd } from './etcd.ts'

let serial = 0
const impatient = { attemptMs: 500, totalMs: 1_500 }

function open(
  urls: readonly string[], options: EtcdStoreOptions = {}, tls?: NonNullable<RpcTarget['tls']>,
): Promise<Store> {
  return openEtcdStore({
    members: urls.map((url) => ({
      url, channel: rpcClient.open({ url, messageBytesMax: 1 << 28, ...(tls && { tls }) }),
    })),
    clock: systemClock, random: systemRandom, log: silentLog, identity: `test-${serial}`,
    options: { root: '', prefix: `/contract-${serial++}`, ...options },
  })
}

for (const program of await etcdPrograms()) {
  describe(`etcd ${program.version}`, () => {
    let etcd: RunningEtcd
    before(async () => { etcd = await startEtcd(program) })
    after(async () => { await etcd?.stop() })

    storeContract('store over it', (limits = {}) => open(etcd.urls, limits), { quota: false })

    test('what a store has written is there for the next, with its history', async () => {
      const prefix = `/again-${serial}`
      const value = new TextEncoder().encode('x')
      await using first = await open(etcd.urls, { prefix })
      for (let i = 0; i < 2_500; i += 100) {
        await Promise.all(Array.from({ length: 100 }, (_, j) => first.swap(`/a/${i + j}`, 0, { type: 'put', value })))
      }
      await using second = await open(etcd.urls, { prefix })
      assert.equal(second.current().count({ start: '/a/', end: '/a0' }), 2_500)
      assert.deepEqual(
        second.current().list({ start: '/a/', end: '/a0' }).map((entry) => entry.modRevision),
        first.current().list({ start: '/a/', end: '/a0' }).map((entry) => entry.modRevision),
      )
    })

    test('what others write beside the store holds up no reader', async () => {
      await using store = await open(etcd.urls)
      await using other = await open(etcd.urls)
      for (let i = 0; i < 3; i++) {
        await other.swap(`/a/${i}`, 0, { type: 'put', value: new Uint8Array(1) })
        const begin = performance.now()
        assert.ok((await store.read()).revision >= other.revision)
        assert.ok(performance.now() - begin < 1_000, `it took ${performance.now() - begin} ms`)
      }
    })

    test('a value that is too large is refused in etcd\'s words', async () => {
      await using store = await open(etcd.urls)
      await assert.rejects(
        store.swap('/a/1', 0, { type: 'put', value: new Uint8Array(1_600_000) }),
        (error) => error instanceof StoreRefused && error.message === 'etcdserver: request is too large',
      )
      assert.equal(store.current().get('/a/1'), undefined)
    })

    test('a full etcd is told as such, and lets go of what is deleted', async () => {
      const small = await startEtcd(program, 1, ['--quota-backend-bytes', '1000000'])
      try {
        await using store = await open(small.urls)
        const value = crypto.getRandomValues(new Uint8Array(60_000))
        await assert.rejects(async () => {
          for (let i = 0; i < 100; i++) await store.swap(`/a/${i}`, 0, { type: 'put', value })
        }, StoreFull)
        const there = store.current().get('/a/0')!
        assert.equal((await store.swap('/a/0', there.modRevision, { type: 'delete' })).type, 'swapped')
      } finally {
        await small.stop()
      }
    })

    test('certificates on both sides; without them nobody gets in', async () => {
      const tls = makeEtcdTls()
      const secure = await startEtcd(program, 1, [], tls)
      const identify = ({ certificate, key }: { readonly certificate: string; readonly key: string }) =>
        ({ ca: tls.ca, certificate, key })
      try {
        {
          await using store = await open(secure.urls, {}, identify(tls.client))
          assert.equal((await store.swap('/a/1', 0, { type: 'put', value: new Uint8Array(3) })).type, 'swapped')
        }
        await assert.rejects(open(secure.urls, impatient, identify(tls.stranger)), StoreUnavailable)
        await assert.rejects(open(secure.urls, impatient, { ca: tls.ca }), StoreUnavailable)
        await assert.rejects(open(secure.urls, impatient, { ca: tls.stranger.certificate }), StoreUnavailable)
      } finally {
        await secure.stop()
      }
    })

    test('an etcd that is not there, and one that comes back', async () => {
      await assert.rejects(open(['http://127.0.0.1:1'], impatient), StoreUnavailable)
      const lonely = await startEtcd(program)
      try {
        await using store = await open(lonely.urls, impatient)
        await store.swap('/a/1', 0, { type: 'put', value: new Uint8Array(1) })
        lonely.signal(0, 'SIGKILL')
        await assert.rejects(store.read(), StoreUnavailable)
        await assert.rejects(store.swap('/a/2', 0, { type: 'put', value: new Uint8Array(1) }), StoreUnavailable)
        assert.equal(store.current().count({ start: '/a/', end: '/a0' }), 1)
        lonely.restart(0)
        for (let tries = 0; tries < 20; tries++) if (await store.read().then(() => true, () => false)) break
        assert.equal((await store.swap('/a/3', 0, { type: 'put', value: new Uint8Array(1) })).type, 'swapped')
      } finally {
        await lonely.stop()
      }
    })
  })
}
