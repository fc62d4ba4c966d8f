/** The store over a real etcd: the contract of Store on every etcd that Debian has. */
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { systemClock } from '#host/clock.ts'
import { systemRandom } from '#host/random.ts'
import { rpcClient } from '#host/rpc/client.ts'
import { openEtcdStore, type EtcdStoreOptions } from '#storage/etcd/etcd-store.ts'
import type { Store } from '#storage/store.ts'
import { silentLog } from '#world/log.ts'
import { storeContract } from '../integration/store-contract.ts'
import { etcdPrograms, startEtcd, type RunningEtcd } from './etcd.ts'

let serial = 0

function open(urls: readonly string[], options: EtcdStoreOptions = {}): Promise<Store> {
  return openEtcdStore({
    members: urls.map((url) => ({ url, channel: rpcClient.open({ url, messageBytesMax: 1 << 28 }) })),
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
  })
}
