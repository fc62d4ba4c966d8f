/** Protobuf: round trips in both syntaxes, watch frames, and bytes that are not what they say. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSchemaTable } from '../schema/table.ts'
import {
  decodeKubernetesProtobuf,
  decodeProtobuf,
  encodeKubernetesProtobuf,
  encodeProtobuf,
  encodeProtobufWatchFrame,
  ProtobufError,
  readKubernetesEnvelope,
  readProtobufWatchFrames,
} from './protobuf.ts'

const table = loadSchemaTable(
  [
    '/v1/Thing demo.Thing [[["kind","s",0,2],["apiVersion","s",0,2],["metadata","1",1,0],["spec","2",2,0],["tree","3",3,6]]]',
    '- demo.Meta [[["name","s",1,2],["created","t",8,2],["labels","Mgs",11,2]]]',
    '- demo.Spec [[["count","i",1,6],["big","l",2,2],["cpu","q",3,0],["port","o",4,0],["data","Mgy",5,2],["raw","r",6,2],["path","s","7.1",2],["words","Las",8,2],["on","b",9,2],["times","Mgt",10,2]]]',
    '- demo.Tree [[["children","La3",1,2],["weight","d",2,2]]]',
  ].join('\n'),
)
const thing = table.kind('', 'v1', 'Thing')!

const proto3 = loadSchemaTable(
  [
    '- cri.Box [[["name","s",1,2],["state","e",2,2,{"e":["READY","NOT_READY"]}],["ids","Lal",3,2],["inner","0",4,2],["bytes","y",5,2],["size","v",6,2],["labels","Mgs",7,2]]]',
  ].join('\n'),
  'proto3',
).struct('cri.Box')

const whole = {
  kind: 'Thing', apiVersion: 'v1',
  metadata: { name: 'é-name', created: '2020-01-02T03:04:05Z', labels: { b: '2', a: '1' } },
  spec: {
    count: -1, big: 9007199254740993n, cpu: '1500m', port: 'http', data: { k: 'AAEC' },
    raw: { kind: 'X', list: [1, 'two'] }, path: '/x',
    words: ['one', '', 'a word that is longer than forty-eight characters, which takes the other way'], on: true,
    times: { never: null },
  },
  tree: { children: [{ children: [{ weight: 1.5 }] }] },
}

test('an object comes back as it was', () => {
  assert.deepEqual(decodeKubernetesProtobuf(encodeKubernetesProtobuf(whole, thing), table.kind), whole)
})

test('maps are written in the order of their keys', () => {
  const other = { ...whole, metadata: { ...whole.metadata, labels: { a: '1', b: '2' } } }
  assert.deepEqual(encodeKubernetesProtobuf(other, thing), encodeKubernetesProtobuf(whole, thing))
})

test('what is not a pointer is written even when it is absent, and zero values of optional fields are not read', () => {
  const bytes = encodeKubernetesProtobuf({ kind: 'Thing', apiVersion: 'v1' }, thing)
  assert.deepEqual(
    [...readKubernetesEnvelope(bytes).raw],
    [
      0x0a, 4, 0x0a, 0, 0x42, 0, 0x12, 23, 0x10, 0, 0x1a, 3, 0x0a, 1, 0x30, 0x22, 6, 8, 0, 16, 0, 26, 0, 0x32, 0, 0x3a,
      2, 0x0a, 0, 0x48, 0,
    ],
  )
  assert.deepEqual(decodeKubernetesProtobuf(bytes, table.kind), {
    kind: 'Thing', apiVersion: 'v1', metadata: {}, spec: { cpu: '0', port: 0 },
  })
})

test('proto3 leaves zero values out, packs numbers, and keeps bytes as bytes', () => {
  const box = {
    name: '', state: 'READY', ids: [1, -1, 300], inner: { state: 'NOT_READY' }, bytes: Uint8Array.of(1, 2),
    size: 2n ** 64n - 1n, labels: { a: '' },
  }
  const bytes = encodeProtobuf(box, proto3)
  assert.deepEqual(bytes.slice(0, 4), Uint8Array.of(0x1a, 13, 1, 0xff))
  assert.deepEqual(decodeProtobuf(bytes, proto3), {
    state: 'READY', ids: [1, -1, 300], inner: { state: 'NOT_READY' }, bytes: Uint8Array.of(1, 2), size: 2n ** 64n - 1n,
    labels: { a: '' },
  })
  assert.equal(encodeProtobuf({ name: '', state: 'READY', size: 0 }, proto3).length, 0)
})

test('unknown fields of every wire type are passed over', () => {
  const known = encodeProtobuf({ name: 'x' }, proto3)
  const unknown = [0x78, 1, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7a, 2, 9, 9, 0x7d, 1, 2, 3, 4, 0x7b, 0x78, 1, 0x7c]
  assert.deepEqual(decodeProtobuf(Uint8Array.from([...unknown, ...known]), proto3), { name: 'x', state: 'READY' })
})

test('every truncation and every flipped byte is an error or an object, never a crash', () => {
  const bytes = encodeKubernetesProtobuf(whole, thing)
  const attempt = (damaged: Uint8Array): void => {
    try {
      decodeKubernetesProtobuf(damaged, table.kind)
    } catch (error) {
      if (!(error instanceof ProtobufError)) throw error
    }
  }
  for (let length = 0; length < bytes.length; length++) attempt(bytes.slice(0, length))
  for (let at = 4; at < bytes.length; at++) {
    for (const value of [0, 0x7f, 0xff]) {
      const damaged = bytes.slice()
      damaged[at] = value
      attempt(damaged)
    }
  }
})

test('hostile bytes have upstream’s errors', () => {
  for (const [bytes, message] of [
    [[0x1a, 0xff, 0xff, 0xff, 0xff, 0x7f], 'proto: negative length found during unmarshaling'],
    [[0x0a, 5, 65], 'unexpected EOF'],
    [[0x30, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], 'proto: integer overflow'],
    [[0x08, 1], 'proto: wrong wireType = 0 for field Name'],
    [[0x0c], 'proto: Box: wiretype end group for non-group'],
    [[0x02, 0], 'proto: Box: illegal tag 0 (wire type 2)'],
    [[0x7f], 'proto: illegal wireType 7'],
  ] as const) assert.throws(() => decodeProtobuf(Uint8Array.from(bytes), proto3), { message }, message)
})

test('a message that nests too deeply is refused', () => {
  let bytes = new Uint8Array()
  for (let depth = 0; depth < 1200; depth++) {
    const length =
      bytes.length < 128
        ? [bytes.length]
        : bytes.length < 16384
          ? [(bytes.length % 128) | 128, bytes.length >> 7]
          : [(bytes.length % 128) | 128, ((bytes.length >> 7) & 127) | 128, bytes.length >> 14]
    bytes = Uint8Array.from([0x22, ...length, ...bytes])
  }
  assert.throws(() => decodeProtobuf(bytes, proto3), { message: 'exceeded max depth' })
})

test('a key named __proto__ is only a key', () => {
  const object = {
    kind: 'Thing', apiVersion: 'v1', metadata: { labels: JSON.parse('{"__proto__":"x"}') as Record<string, string> },
  }
  const decoded = decodeKubernetesProtobuf(encodeKubernetesProtobuf(object, thing), table.kind)
  assert.deepEqual(Object.keys(decoded.metadata!.labels!), ['__proto__'])
  assert.equal(Object.getPrototypeOf(decoded.metadata!.labels), Object.prototype)
})

test('watch frames are cut out of any chunks', async () => {
  const envelope = encodeKubernetesProtobuf(whole, thing)
  const stream = [...encodeProtobufWatchFrame('ADDED', envelope), ...encodeProtobufWatchFrame('BOOKMARK', envelope)]
  for (const size of [1, 7, stream.length]) {
    const chunks = (async function* () {
      for (let at = 0; at < stream.length; at += size) yield Uint8Array.from(stream.slice(at, at + size))
    })()
    const events = []
    for await (const event of readProtobufWatchFrames(chunks)) events.push(event)
    assert.deepEqual(events.map(({ type }) => type), ['ADDED', 'BOOKMARK'])
    assert.deepEqual(decodeKubernetesProtobuf(events[0]!.envelope, table.kind), whole)
  }
})

test('a kind that nobody serves is named in the error', () => {
  assert.throws(
    () => decodeKubernetesProtobuf(encodeKubernetesProtobuf({ kind: 'Other', apiVersion: 'v1' }, thing), table.kind),
    { message: 'no kind "Other" is registered for version "v1"' },
  )
})
