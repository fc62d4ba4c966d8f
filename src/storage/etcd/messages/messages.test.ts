/** Messages of etcd byte for byte, and what becomes of bytes that are none. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hexEncode, utf8Encode } from '#base/bytes.ts'
import { ProtobufError } from '#base/protobuf-reader.ts'
import { compare, keyValue, putRequest, rangeRequest, txnRequest, type TxnRequest } from './kv.ts'
import { leaseIdRequest, leaseTimeToLiveResponse } from './lease.ts'
import { decode, encode, encodedLength, type MessageType, type Partially } from './message-type.ts'
import { watchRequest, watchResponse } from './watch.ts'

function isWritten<Message>(type: MessageType<Message>, message: Partially<Message>, hex: string): void {
  const bytes = encode(type, message)
  assert.equal(hexEncode(bytes), hex)
  assert.equal(encodedLength(type, message), bytes.length)
  assert.deepEqual(encode(type, decode(type, bytes) as Partially<Message>), bytes)
}

test('a put is the bytes that protoc gives', () => {
  isWritten(putRequest, { key: 'a', value: utf8Encode('bc'), lease: 300n, prevKv: true }, '0a01611202626318ac022001')
})

test('a key may hold any byte, and a value nothing', () => {
  isWritten(keyValue, { key: '\x00\xff', version: 1 }, '0a0200ff2001')
  assert.equal(decode(keyValue, Uint8Array.of(0x0a, 2, 0, 255)).key, '\x00\xff')
})

test('a lease keeps all its 64 bits, negative ones too', () => {
  isWritten(leaseIdRequest, { id: 0x7fffffffffffffffn }, '08ffffffffffffffff7f')
  isWritten(leaseIdRequest, { id: -2n }, '08feffffffffffffffff01')
  assert.equal(decode(leaseIdRequest, encode(leaseIdRequest, { id: -2n })).id, -2n)
})

test('a number below zero is ten bytes long', () => {
  isWritten(rangeRequest, { key: 'k', revision: -1 }, '0a016b20ffffffffffffffffff01')
  assert.equal(decode(rangeRequest, encode(rangeRequest, { revision: -1 })).revision, -1)
})

test('field 64 takes a tag of two bytes', () => {
  isWritten(compare, { key: 'a', rangeEnd: 'b' }, '1a016182040162')
})

test('a transaction may hold another', () => {
  isWritten(
    txnRequest,
    { success: [{ requestTxn: { failure: [{ requestRange: { key: 'a' } }] } }] },
    '120922071a050a030a0161',
  )
})

test('filters are packed, and read packed or not', () => {
  isWritten(watchRequest, { createRequest: { key: 'a', filters: [0, 1] } }, '0a070a01612a020001')
  const unpacked = Uint8Array.of(0x0a, 4, 0x28, 0, 0x28, 1)
  assert.deepEqual(decode(watchRequest, unpacked).createRequest?.filters, [0, 1])
})

test('an item that is empty is still an item', () => {
  isWritten(leaseTimeToLiveResponse, { keys: ['', 'a'] }, '2a002a0161')
  isWritten(watchResponse, { events: [{}] }, '5a00')
})

test('a message that is not set is undefined, a list without items is empty', () => {
  const message = decode(watchResponse, new Uint8Array(0))
  assert.equal(message.header, undefined)
  assert.deepEqual(message.events, [])
  assert.equal(decode(watchRequest, Uint8Array.of(0x1a, 0)).createRequest, undefined)
  assert.deepEqual(decode(watchRequest, Uint8Array.of(0x1a, 0)).progressRequest, {})
})

test('fields of a later version are passed over', () => {
  const bytes = Uint8Array.of(0x0a, 1, 0x61, 0xf8, 7, 1, 0xf2, 7, 1, 0)
  assert.equal(decode(putRequest, bytes).key, 'a')
})

test('bytes that are no message are refused', () => {
  const broken: readonly (readonly number[])[] = [
    [0x0a], [0x0a, 5, 1], [0x08, 1], [0x0b], [0x20], [0x20, 0x80], [0, 1], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    [0x20, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
  ]
  for (const bytes of broken) assert.throws(() => decode(putRequest, Uint8Array.from(bytes)), ProtobufError, `${bytes}`)
})

test('transactions within transactions end somewhere', () => {
  let bytes: Uint8Array = encode(txnRequest, { success: [{}] })
  for (let depth = 0; depth < 200; depth++) {
    // One more TxnRequest around it: success = RequestOp{ request_txn = ... }.
    const inner = encode(operationShell, { txn: bytes })
    bytes = encode(txnShell, { success: inner })
  }
  assert.throws(() => decode(txnRequest, bytes), /nested too deeply/)
})

const operationShell = messageShell(4, 'txn')
const txnShell = messageShell(2, 'success')

function messageShell<Name extends string>(number: number, name: Name): MessageType<Record<Name, Uint8Array>> {
  const field = { name, number, kind: 'bytes', type: undefined, isRepeated: false } as const
  return { fields: [field], byNumber: [], empty: {} as Record<Name, Uint8Array> }
}

test('whatever bytes come, they are a message or a ProtobufError', () => {
  const whole = encode(txnRequest, {
    compare: [{ key: 'k', target: 3, value: utf8Encode('v'), rangeEnd: 'l' }],
    success: [{ requestPut: { key: 'k', value: utf8Encode('v'), lease: -1n } }, { requestDeleteRange: { key: 'a' } }],
    failure: [{ requestTxn: { success: [{ requestRange: { key: 'a', revision: -1, limit: 2 ** 40 } }] } }],
  })
  // A generator of its own, so that a failure comes again.
  let state = 7
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state % limit
  }
  let refused = 0
  for (let round = 0; round < 20_000; round++) {
    const bytes = whole.slice(0, 1 + below(whole.length))
    for (let change = below(4); change >= 0; change--) bytes[below(bytes.length)] = below(256)
    try {
      const message = decode(txnRequest, bytes)
      assert.deepEqual(decode(txnRequest, encode(txnRequest, message as Partially<TxnRequest>)), message)
    } catch (error) {
      if (!(error instanceof ProtobufError)) throw error
      refused++
    }
  }
  assert.ok(refused > 1_000 && refused < 19_900, `${refused} refused`)
})
