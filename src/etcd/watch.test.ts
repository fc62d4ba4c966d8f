/** Watches on one stream: what is told, in which order, and how they end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leaseGrantRequest, leaseGrantResponse, leaseIdRequest, leaseKeepAliveResponse } from '#storage/etcd/messages/lease.ts'
import { compactionRequest, headerResponse, putRequest, putResponse, txnRequest, txnResponse } from '#storage/etcd/messages/kv.ts'
import type { Partially } from '#storage/etcd/messages/message-type.ts'
import { method } from '#storage/etcd/messages/method.ts'
import {
  eventType,
  filterType,
  watchRequest,
  watchResponse,
  type WatchCreateRequest,
  type WatchResponse,
} from '#storage/etcd/messages/watch.ts'
import { testEtcd, type TestEtcd, type TestStream } from './testing.ts'

const put = (etcd: TestEtcd, key: string, bytes = 1): Promise<unknown> =>
  etcd.call(method.put, putRequest, { key, value: new Uint8Array(bytes) }, putResponse)

const remove = (etcd: TestEtcd, key: string): Promise<unknown> =>
  etcd.call(method.txn, txnRequest, { success: [{ requestDeleteRange: { key } }] }, txnResponse)

function create(stream: TestStream, request: Partially<WatchCreateRequest>): Promise<WatchResponse> {
  stream.send(watchRequest, { createRequest: request })
  return stream.next(watchResponse)
}

const told = ({ watchId, header, events }: WatchResponse): string =>
  `${watchId}@${header?.revision} ${events.map(({ type, kv, prevKv }) =>
    `${type === eventType.put ? '+' : '-'}${kv!.key}${kv!.modRevision}${prevKv ? `(${prevKv.modRevision})` : ''}`).join(' ')}`

/** Everything that is under way has been done. */
const settled = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

test('a watch tells what comes, one that names a revision what came before', async () => {
  const etcd = testEtcd()
  await put(etcd, 'a')
  const stream = etcd.stream(method.watch)
  const created = await create(stream, { key: 'a', rangeEnd: 'c' })
  assert.deepEqual([created.watchId, created.created, created.canceled, created.header?.revision], [0, true, false, 2])
  await put(etcd, 'b')
  assert.equal(told(await stream.next(watchResponse)), '0@3 +b3')
  assert.equal((await create(stream, { key: 'a', rangeEnd: 'c', startRevision: 2, prevKv: true })).watchId, 1)
  assert.equal(told(await stream.next(watchResponse)), '1@3 +a2 +b3')
  await put(etcd, 'c')
  await remove(etcd, 'a')
  const both = [told(await stream.next(watchResponse)), told(await stream.next(watchResponse))].toSorted()
  assert.deepEqual(both, ['0@5 -a5', '1@5 -a5(2)'])
  stream.cancel()
  await stream.ended
})

test('filters leave out puts or deletions', async () => {
  const etcd = testEtcd()
  const stream = etcd.stream(method.watch)
  await create(stream, { key: 'a', filters: [filterType.noPut] })
  await create(stream, { key: 'a', filters: [filterType.noDelete] })
  await put(etcd, 'a')
  assert.equal(told(await stream.next(watchResponse)), '1@2 +a2')
  await remove(etcd, 'a')
  assert.equal(told(await stream.next(watchResponse)), '0@3 -a3')
  stream.cancel()
})

test('a watch of a future revision tells nothing before it', async () => {
  const etcd = testEtcd()
  const stream = etcd.stream(method.watch)
  await create(stream, { key: 'a', startRevision: 4 })
  for (let at = 0; at < 4; at++) await put(etcd, 'a')
  assert.equal(told(await stream.next(watchResponse)), '0@4 +a4')
  assert.equal(told(await stream.next(watchResponse)), '0@5 +a5')
  stream.cancel()
})

test('a watch from a compacted revision ends and says which is the oldest', async () => {
  const etcd = testEtcd()
  for (let at = 0; at < 6; at++) await put(etcd, 'a')
  await etcd.call(method.compact, compactionRequest, { revision: 5 }, headerResponse)
  const stream = etcd.stream(method.watch)
  assert.equal((await create(stream, { key: 'a', startRevision: 4 })).canceled, false)
  const ended = await stream.next(watchResponse)
  assert.deepEqual([ended.watchId, ended.canceled, ended.compactRevision], [0, true, 5])
  // What is kept at that revision can still be told.
  await create(stream, { key: 'a', startRevision: 5 })
  assert.equal(told(await stream.next(watchResponse)), '1@7 +a5')
  assert.equal(told(await stream.next(watchResponse)), '1@7 +a6 +a7')
  stream.cancel()
})

test('a watch from the compacted revision tells what was deleted there, or that nobody knows', async () => {
  const etcd = testEtcd()
  await put(etcd, 'a')
  await put(etcd, 'b')
  await etcd.call(method.txn, txnRequest, {
    success: [{ requestDeleteRange: { key: 'a' } }, { requestPut: { key: 'c', value: new Uint8Array(1) } }],
  }, txnResponse)
  await remove(etcd, 'b')
  await etcd.call(method.compact, compactionRequest, { revision: 4 }, headerResponse)
  const stream = etcd.stream(method.watch)
  await create(stream, { key: 'a', rangeEnd: 'd', startRevision: 4 })
  assert.equal(told(await stream.next(watchResponse)), '0@5 +c4 -a4')
  assert.equal(told(await stream.next(watchResponse)), '0@5 -b5')
  await create(stream, { key: 'b', rangeEnd: 'c', startRevision: 4 })
  assert.equal(told(await stream.next(watchResponse)), '1@5 -b5')
  stream.cancel()
  const copy = testEtcd({}, etcd.keyspace.fork())
  const later = copy.stream(method.watch)
  await create(later, { key: 'a', rangeEnd: 'd', startRevision: 5 })
  await put(copy, 'c')
  assert.equal(told(await later.next(watchResponse)), '0@6 +c6')
  await create(later, { key: 'a', startRevision: 5 })
  const { canceled, compactRevision } = await later.next(watchResponse)
  assert.deepEqual([canceled, compactRevision], [true, 6])
  assert.equal((await create(later, { key: 'a', startRevision: 6 })).canceled, false)
  later.cancel()
})

test('a watch whose client is too slow for its queue goes on where it was, without a gap', async () => {
  const etcd = testEtcd()
  const stream = etcd.stream(method.watch)
  await create(stream, { key: 'a', rangeEnd: 'b' })
  stream.hold()
  const count = 100_100
  const then = { type: 'put', value: new Uint8Array(0) } as const
  for (let at = 0; at < count; at++) await etcd.keyspace.swap('a', at === 0 ? 0 : at + 1, then)
  stream.take()
  for (let revision = 2; revision < count + 2;) {
    for (const { kv } of (await stream.next(watchResponse)).events) assert.equal(kv!.modRevision, revision++)
  }
  stream.cancel()
})

test('a watch that cannot be made is refused by itself', async () => {
  const etcd = testEtcd({ watchesPerStream: 2 })
  const stream = etcd.stream(method.watch)
  const refused = async (request: Partially<WatchCreateRequest>): Promise<string> => {
    const { watchId, created, canceled, cancelReason } = await create(stream, request)
    assert.deepEqual([watchId, created, canceled], [-1, true, true])
    return cancelReason
  }
  assert.equal((await create(stream, { key: 'a', watchId: 7 })).watchId, 7)
  assert.equal(await refused({ key: 'a', watchId: 7 }), 'mvcc: duplicate watch ID provided on the WatchStream')
  assert.equal(await refused({ key: 'b', rangeEnd: 'a' }), 'mvcc: watcher range is empty')
  assert.equal(await refused({ key: 'b', startRevision: -1 }), 'etcdserver: mvcc: required revision has been compacted')
  assert.equal((await create(stream, {})).watchId, 0)
  assert.equal(await refused({ key: 'b' }), 'etcdserver: too many requests')
  stream.cancel()
})

test('a cancelled watch tells nothing more, and its stream ends with its client', async () => {
  const etcd = testEtcd()
  const stream = etcd.stream(method.watch)
  await create(stream, { key: 'a' })
  await create(stream, { key: 'a' })
  stream.send(watchRequest, { cancelRequest: { watchId: 0 } })
  stream.send(watchRequest, { cancelRequest: { watchId: 55 } })
  const cancelled = await stream.next(watchResponse)
  assert.deepEqual([cancelled.watchId, cancelled.canceled], [0, true])
  await put(etcd, 'a')
  assert.equal(told(await stream.next(watchResponse)), '1@2 +a2')
  stream.end()
  await put(etcd, 'a')
  assert.equal(told(await stream.next(watchResponse)), '1@3 +a3')
  stream.cancel()
  await stream.ended
})

test('progress is told after everything up to it', async () => {
  const etcd = testEtcd()
  const stream = etcd.stream(method.watch)
  await create(stream, { key: 'a' })
  stream.hold()
  for (let at = 0; at < 3; at++) await put(etcd, 'a')
  stream.send(watchRequest, { progressRequest: {} })
  await settled()
  etcd.pass(100)
  assert.equal(told(await stream.next(watchResponse)), '0@2 +a2')
  stream.take()
  await settled()
  etcd.pass(100)
  assert.equal(told(await stream.next(watchResponse)), '0@3 +a3')
  assert.equal(told(await stream.next(watchResponse)), '0@4 +a4')
  assert.equal(told(await stream.next(watchResponse)), '-1@4 ')
  stream.cancel()
})

test('no progress is told to a watch of a future revision, as if it had seen what came before', async () => {
  const etcd = testEtcd({ progressMs: 10 })
  const stream = etcd.stream(method.watch)
  await create(stream, { key: 'a', startRevision: 5, progressNotify: true })
  stream.send(watchRequest, { progressRequest: {} })
  await settled()
  etcd.pass(100)
  for (let at = 0; at < 4; at++) await put(etcd, 'a')
  assert.equal(told(await stream.next(watchResponse)), '0@5 +a5')
  stream.cancel()
})

test('a quiet watch that asked for it is told how far it is', async () => {
  const etcd = testEtcd({ progressMs: 1_000 })
  const stream = etcd.stream(method.watch)
  await create(stream, { key: 'a', progressNotify: true })
  await put(etcd, 'b')
  await settled()
  etcd.pass(1_000)
  assert.equal(told(await stream.next(watchResponse)), '0@2 ')
  stream.cancel()
})

test('a revision that is too long for one response comes in fragments for those who take them', async () => {
  const etcd = testEtcd({ requestBytes: 10_000 })
  const success = [1, 2, 3, 4, 5].map((at) => ({ requestPut: { key: `k${at}`, value: new Uint8Array(1_900) } }))
  const stream = etcd.stream(method.watch)
  await create(stream, { key: 'k', rangeEnd: 'l', fragment: true, prevKv: true })
  await create(stream, { key: 'k', rangeEnd: 'l', prevKv: true })
  await etcd.call(method.txn, txnRequest, { success }, txnResponse)
  for (let at = 0; at < 2; at++) assert.equal((await stream.next(watchResponse)).fragment, false)
  await etcd.call(method.txn, txnRequest, { success }, txnResponse)
  const parts = [0, 1, 2, 3].map(() => stream.next(watchResponse))
  const shapes = (await Promise.all(parts)).map(({ watchId, fragment, events }) => `${watchId} ${fragment} ${events.length}`)
  assert.deepEqual(shapes.toSorted(), ['0 false 1', '0 true 2', '0 true 2', '1 false 5'])
  stream.cancel()
})

test('a lease that is kept alive tells its time, one that is not there none', async () => {
  const etcd = testEtcd()
  const { id, ttl } = await etcd.call(method.leaseGrant, leaseGrantRequest, { ttl: 60 }, leaseGrantResponse)
  assert.equal(ttl, 60)
  const stream = etcd.stream(method.leaseKeepAlive)
  for (const each of [id, 5n]) stream.send(leaseIdRequest, { id: each })
  assert.equal((await stream.next(leaseKeepAliveResponse)).ttl, 60)
  assert.equal((await stream.next(leaseKeepAliveResponse)).ttl, 0)
  stream.end()
  await stream.ended
  await assert.rejects(
    etcd.call(method.leaseGrant, leaseGrantRequest, { ttl: 60, id }, leaseGrantResponse), /lease already exists/,
  )
})
