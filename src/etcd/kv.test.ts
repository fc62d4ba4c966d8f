/** Ranges, transactions and what is wrong with them, as etcd answers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8Encode } from '#base/bytes.ts'
import {
  compareResult,
  compareTarget,
  compactionRequest,
  deleteRangeRequest,
  deleteRangeResponse,
  headerResponse,
  keyValue,
  putRequest,
  putResponse,
  rangeRequest,
  rangeResponse,
  responseHeader,
  sortOrder,
  sortTarget,
  txnRequest,
  txnResponse,
  type Compare,
  type RangeRequest,
  type RequestOp,
} from '#storage/etcd/messages/kv.ts'
import { decode, encode, type Partially } from '#storage/etcd/messages/message-type.ts'
import { method } from '#storage/etcd/messages/method.ts'
import type { KeyspaceEntry } from '#storage/keyspace.ts'
import { checkTxn } from './check-requests.ts'
import { Headers } from './header.ts'
import { IntervalSet } from './interval-set.ts'
import { deriveMember, raftTerm } from './member.ts'
import { rangeAnswer } from './range-answer.ts'
import { testEtcd, type TestEtcd } from './testing.ts'

const member = deriveMember({
  name: 'x', clientUrls: [], peerUrls: ['http://localhost:2380'], clusterToken: 'etcd-cluster',
})

test('a member is who etcd would say that it is', () => {
  assert.equal(member.memberId.toString(16), '8e9e05c52164694d')
  assert.equal(member.clusterId.toString(16), 'cdf818194e3a8c32')
})

test('a header made by hand is the one that is encoded', () => {
  const headers = new Headers(member)
  for (const revision of [0, 1, 127, 128, 20_000, 2 ** 35, Number.MAX_SAFE_INTEGER]) {
    const expected = encode(headerResponse, {
      header: { clusterId: member.clusterId, memberId: member.memberId, revision, raftTerm },
    })
    assert.deepEqual(headers.bytes(revision), expected)
  }
  assert.deepEqual(decode(responseHeader, headers.bytes(7).subarray(2)).revision, 7)
})

test('a range answered in pieces has the bytes of one that is encoded whole', () => {
  const entry = (key: string, value: Uint8Array, lease: bigint): KeyspaceEntry =>
    ({ key, value, lease, createRevision: 3, modRevision: 300, version: 2, memo: undefined })
  const few = [
    entry('a', utf8Encode('value'), 0n), entry('\x00\xff', new Uint8Array(0), -5n), entry('c', new Uint8Array(200), 9n),
  ]
  const many = Array.from({ length: 3_000 }, (_, at) => entry(`key-${at}`, new Uint8Array(at % 500).fill(at), 0n))
  for (const entries of [[], few, many, [entry('big', new Uint8Array(1_000_000), 0n)]]) {
    for (const keysOnly of [false, true]) {
      const header = new Headers(member).bytes(5)
      const answer = rangeAnswer(header, { entries, more: true, count: 70 }, keysOnly)
      const whole = answer instanceof Uint8Array ? answer : Buffer.concat([...answer.chunks])
      const kvs = entries.map((each) => (keysOnly ? { ...each, value: new Uint8Array(0) } : each))
      const expected = Buffer.concat([header, encode(rangeResponse, { kvs, more: true, count: 70 })])
      assert.equal(Buffer.compare(whole, expected), 0)
      if (!(answer instanceof Uint8Array)) assert.equal(whole.length, answer.length)
    }
  }
  assert.deepEqual(encode(keyValue, few[0]!), encode(keyValue, decode(keyValue, encode(keyValue, few[0]!))))
})

async function filled(): Promise<TestEtcd> {
  const etcd = testEtcd()
  for (const [key, value] of [['a', '3'], ['b', '2'], ['c', '1'], ['b', '9']] as const) await put(etcd, key, value)
  return etcd
}

function put(etcd: TestEtcd, key: string, value = 'x'): Promise<unknown> {
  return etcd.call(method.put, putRequest, { key, value: utf8Encode(value) }, putResponse)
}

async function keysOf(etcd: TestEtcd, request: Partially<RangeRequest>): Promise<string> {
  const { kvs, more, count } = await etcd.call(method.range, rangeRequest, request, rangeResponse)
  return `${kvs.map(({ key }) => key).join('')}${more ? '…' : ''} of ${count}`
}

test('ranges select, sort and cut as etcd\'s do', async () => {
  const etcd = await filled()
  const all = { key: '\0', rangeEnd: '\0' }
  const table: readonly (readonly [Partially<RangeRequest>, string])[] = [
    [all, 'abc of 3'],
    [{ ...all, limit: 2 }, 'ab… of 3'],
    [{ ...all, limit: 3 }, 'abc of 3'],
    [{ ...all, limit: -1 }, 'abc of 3'],
    [{ ...all, countOnly: true }, ' of 3'],
    [{ ...all, sortOrder: sortOrder.descend }, 'cba of 3'],
    [{ ...all, sortOrder: sortOrder.descend, limit: 1 }, 'c… of 3'],
    [{ ...all, sortTarget: sortTarget.value }, 'cab of 3'],
    [{ ...all, sortTarget: sortTarget.mod, sortOrder: sortOrder.descend }, 'bca of 3'],
    [{ ...all, sortTarget: sortTarget.version, sortOrder: sortOrder.descend, limit: 2 }, 'ba… of 3'],
    [{ ...all, minModRevision: 4 }, 'bc of 3'],
    [{ ...all, maxModRevision: 4 }, 'ac of 3'],
    [{ ...all, minCreateRevision: 3, maxCreateRevision: 3 }, 'b of 3'],
    [{ key: 'b', rangeEnd: '\0' }, 'bc of 2'],
    [{ key: 'a', rangeEnd: 'c' }, 'ab of 2'],
    [{ key: 'c', rangeEnd: 'a' }, ' of 0'],
    [{ key: 'b' }, 'b of 1'],
    [{ key: 'b', countOnly: true }, ' of 1'],
    [{ key: 'nothing' }, ' of 0'],
    [{ ...all, revision: 3 }, 'ab of 2'],
  ]
  for (const [request, expected] of table) assert.equal(await keysOf(etcd, request), expected, JSON.stringify(request))
  await assert.rejects(keysOf(etcd, { ...all, sortTarget: 9 }), /etcdserver: invalid sort option/)
  await assert.rejects(keysOf(etcd, {}), /etcdserver: key is not provided/)
  await assert.rejects(keysOf(etcd, { ...all, revision: 99 }), /required revision is a future revision/)
})

const putOf = (key: string): Partially<RequestOp> => ({ requestPut: { key } })
const deleteOf = (key: string, rangeEnd = ''): Partially<RequestOp> => ({ requestDeleteRange: { key, rangeEnd } })
type Operations = readonly Partially<RequestOp>[]
const within = (success: Operations, failure: Operations = []): Partially<RequestOp> =>
  ({ requestTxn: { success, failure } })

test('operations that may run together write no key twice', () => {
  const table: readonly (readonly [Operations, boolean])[] = [
    [[putOf('a'), putOf('b')], true],
    [[putOf('a'), putOf('a')], false],
    [[putOf('a'), deleteOf('a')], false],
    [[deleteOf('a', 'c'), putOf('b')], false],
    [[deleteOf('a', 'c'), putOf('c')], true],
    [[deleteOf('a', '\0'), putOf('zz')], false],
    [[deleteOf('a', 'c'), deleteOf('b', 'd')], true],
    [[within([putOf('a')], [putOf('a')])], true],
    [[within([putOf('a')]), putOf('a')], false],
    [[within([putOf('a')]), within([], [putOf('a')])], false],
    [[within([deleteOf('a', 'c')]), putOf('b')], false],
    [[deleteOf('b'), within([], [putOf('b')])], false],
    [[within([within([putOf('a')])]), putOf('a')], false],
    [[deleteOf('c', 'a'), putOf('b')], true],
  ]
  for (const [success, isFine] of table) {
    const request = decode(txnRequest, encode(txnRequest, { success }))
    if (isFine) checkTxn(request, 128)
    else assert.throws(() => checkTxn(request, 128), /duplicate key given in txn request/, JSON.stringify(success))
  }
})

test('transactions within a transaction share its number of operations', () => {
  const many = (count: number): Operations => Array.from({ length: count }, (_, at) => putOf(`${at}`))
  const check = (success: Operations): void => checkTxn(decode(txnRequest, encode(txnRequest, { success })), 10)
  check(many(10))
  assert.throws(() => check(many(11)), /too many operations in txn request/)
  check([within(many(9))])
  assert.throws(() => check([within(many(10))]), /too many operations in txn request/)
  assert.throws(() => check([{}]), /etcdserver: key not found/)
})

test('an interval set knows what is in it', () => {
  const set = new IntervalSet()
  for (const [start, end] of [['d', 'f'], ['a', 'b'], ['e', 'h'], ['x', 'a'], ['h', 'i']] as const) set.add({ start, end })
  const inside = [...'abcdefghij'].filter((key) => set.has(key)).join('')
  assert.equal(inside, 'adefgh')
})

test('operations of a transaction see those before them, comparisons see none', async () => {
  const etcd = await filled()
  const { succeeded, responses, header } = await etcd.call(method.txn, txnRequest, {
    compare: [{ key: 'n', target: compareTarget.version, version: 0 }],
    success: [
      putOf('n'),
      { requestRange: { key: 'n' } },
      { requestRange: { key: '\0', rangeEnd: '\0', countOnly: true } },
      { requestRange: { key: 'n', revision: 5 } },
      { requestTxn: {
        compare: [{ key: 'n', target: compareTarget.version, version: 0 }],
        success: [deleteOf('a', 'c'), { requestRange: { key: '\0', rangeEnd: '\0' } }],
      } },
    ],
  }, txnResponse)
  assert.equal(succeeded, true)
  assert.equal(header?.revision, 6)
  assert.deepEqual(responses[1]!.responseRange!.kvs[0], {
    key: 'n', createRevision: 6, modRevision: 6, version: 1, value: new Uint8Array(0), lease: 0n,
  })
  assert.equal(responses[2]!.responseRange!.count, 4)
  assert.equal(responses[3]!.responseRange!.count, 0)
  const inner = responses[4]!.responseTxn!
  assert.equal(inner.responses[0]!.responseDeleteRange!.deleted, 2)
  assert.deepEqual(inner.responses[1]!.responseRange!.kvs.map(({ key }) => key), ['c', 'n'])
  assert.equal(await keysOf(etcd, { key: '\0', rangeEnd: '\0' }), 'cn of 2')
  assert.equal(etcd.keyspace.revision, 6)
})

test('comparisons hold or do not as in etcd, also of many keys and of none', async () => {
  const etcd = await filled()
  const { equal, greater, less, notEqual } = compareResult
  const { version, create, mod, value, lease } = compareTarget
  const table: readonly (readonly [Partially<Compare>, boolean])[] = [
    [{ key: 'b', target: version, version: 2 }, true],
    [{ key: 'b', target: version, version: 2, result: notEqual }, false],
    [{ key: 'b', target: create, createRevision: 3 }, true],
    [{ key: 'b', target: mod, modRevision: 4, result: greater }, true],
    [{ key: 'b', target: mod, modRevision: 5, result: less }, false],
    [{ key: 'a', target: value, value: utf8Encode('3'), result: equal }, true],
    [{ key: 'a', target: value, value: utf8Encode('30'), result: less }, true],
    [{ key: 'a', target: lease, lease: 0n }, true],
    [{ key: 'a', target: lease, lease: -1n, result: greater }, true],
    [{ key: 'none', target: version, version: 0 }, true],
    [{ key: 'none', target: mod, modRevision: 1, result: less }, true],
    [{ key: 'none', target: value, value: utf8Encode('') }, false],
    [{ key: 'none', target: value, value: utf8Encode('x'), result: notEqual }, false],
    [{ key: 'a', rangeEnd: 'c', target: version, result: greater }, true],
    [{ key: 'a', rangeEnd: 'c', target: version, version: 1 }, false],
    [{ key: 'a', rangeEnd: '\0', target: create, createRevision: 5, result: less }, true],
    [{ key: 'x', rangeEnd: '\0', target: version, version: 0 }, true],
    [{ key: 'x', rangeEnd: '\0', target: value, value: utf8Encode('') }, false],
  ]
  for (const [compare, expected] of table) {
    const { succeeded } = await etcd.call(method.txn, txnRequest, { compare: [compare] }, txnResponse)
    const words = `${compare.key}${compare.rangeEnd ?? ''} ${compare.target} ${compare.result ?? equal}`
    assert.equal(succeeded, expected, words)
  }
})

test('a transaction that fails half way changes nothing', async () => {
  const etcd = await filled()
  for (const [operation, words] of [
    [{ requestRange: { key: 'a', revision: 99 } }, /future revision/],
    [{ requestPut: { key: 'q', lease: 7n } }, /requested lease not found/],
    [{ requestPut: { key: 'q', ignoreValue: true } }, /etcdserver: key not found/],
  ] as const) {
    const txn = etcd.call(method.txn, txnRequest, { success: [putOf('n'), operation] }, txnResponse)
    await assert.rejects(txn, words)
  }
  assert.equal(etcd.keyspace.revision, 5)
})

test('a transaction reads what is past, and not what was compacted', async () => {
  const etcd = await filled()
  await etcd.call(method.compact, compactionRequest, { revision: 4 }, headerResponse)
  const read = (revision: number): Promise<unknown> =>
    etcd.call(method.txn, txnRequest, { success: [{ requestRange: { key: 'b', revision } }] }, txnResponse)
  await read(4)
  await assert.rejects(read(3), /required revision has been compacted/)
  // The newest revision is a past one too, once something was written.
  const { revision } = etcd.keyspace
  const { responses } = await etcd.call(method.txn, txnRequest, {
    success: [putOf('new'), { requestRange: { key: 'new', revision } }, { requestRange: { key: 'new' } }],
  }, txnResponse)
  assert.deepEqual(responses.slice(1).map(({ responseRange }) => responseRange!.kvs.length), [0, 1])
  await assert.rejects(
    etcd.call(method.compact, compactionRequest, { revision: 4 }, headerResponse), /has been compacted/,
  )
})

test('a key that is put and deleted by transactions within is gone', async () => {
  const etcd = await filled()
  await etcd.call(method.txn, txnRequest, { success: [within([putOf('a')]), within([deleteOf('a')])] }, txnResponse)
  await etcd.call(method.txn, txnRequest, { success: [within([putOf('new')]), within([deleteOf('new')])] }, txnResponse)
  assert.equal(await keysOf(etcd, { key: '\0', rangeEnd: '\0' }), 'bc of 2')
})

test('a request that writes has a size', async () => {
  const etcd = testEtcd({ requestBytes: 1_000 })
  await put(etcd, 'a', 'x'.repeat(950))
  await assert.rejects(put(etcd, 'a', 'x'.repeat(1_000)), /etcdserver: request is too large/)
  const request = { key: 'a', prevKv: true }
  const deleted = await etcd.call(method.deleteRange, deleteRangeRequest, request, deleteRangeResponse)
  assert.equal(deleted.prevKvs[0]!.value.length, 950)
})
