import assert from 'node:assert/strict'
import test from 'node:test'
import type { Entry } from '#storage/store.ts'
import { JsonListBytes } from './json-list-bytes.ts'
import { encodeStored, typeBytes } from './stored-form.ts'

const head = new TextEncoder().encode('{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"9"},"items":[')
const type = typeBytes('ConfigMap', 'v1')

function entries(sizes: readonly number[]): Entry[] {
  return sizes.map((size, at) => ({
    key: `/${at}`, createRevision: 1, modRevision: 10 ** at, memo: undefined,
    value: encodeStored({
      kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: `c${at}`, uid: 'u', creationTimestamp: 't' },
      data: { text: 'ü'.repeat(size) },
    } as never),
  }))
}

function readAll(list: JsonListBytes, room: (at: number) => number): { text: string; pieces: number } {
  const pieces: Uint8Array[] = []
  for (let at = 0; ; at++) {
    const target = new Uint8Array(room(at)).fill(0xff)
    const length = list.read(target)
    if (length === 0) break
    assert.ok(target.subarray(length).every((byte) => byte === 0xff || length === 0), 'nothing behind what was read')
    pieces.push(target.subarray(0, length))
  }
  return { text: Buffer.concat(pieces).toString(), pieces: pieces.length }
}

const sizes = [0, 1, 3_000, 20, 40_000, 7]
const expected = {
  kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: '9' },
  items: sizes.map((size, at) => ({
    kind: 'ConfigMap', apiVersion: 'v1',
    metadata: { name: `c${at}`, uid: 'u', resourceVersion: String(10 ** at), creationTimestamp: 't' },
    data: { text: 'ü'.repeat(size) },
  })),
}

for (const [name, room] of [
  ['a byte at a time', () => 1], ['in small pieces', () => 100], ['in frames', () => 16_375],
  ['into unlike rooms', (at: number) => 1 + (at * 7919) % 30_000], ['into one that is large enough', () => 200_000],
] as const) {
  test(`a list is the same document ${name}`, () => {
    const { text } = readAll(new JsonListBytes(entries(sizes), head, type), room)
    assert.ok(text.endsWith(']}\n'))
    assert.deepEqual(JSON.parse(text), expected)
  })
}

test('a list can be gone through in pieces', () => {
  const pieces = [...new JsonListBytes(entries(sizes), head, type)]
  assert.ok(pieces.length > 1)
  assert.deepEqual(JSON.parse(Buffer.concat(pieces).toString()), expected)
})

test('only a short list is made whole', () => {
  assert.equal(new JsonListBytes(entries(sizes), head, type).whole(), undefined)
  const short = new JsonListBytes(entries([1, 2]), head, type).whole()
  assert.equal((JSON.parse(Buffer.from(short!).toString()) as typeof expected).items.length, 2)
  const empty = new JsonListBytes([], head, type).whole()
  assert.deepEqual((JSON.parse(Buffer.from(empty!).toString()) as typeof expected).items, [])
})
