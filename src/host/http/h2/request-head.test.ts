import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HpackDecoder } from './hpack.ts'
import { HeadReader } from './request-head.ts'

/** POST, http and a path that the table is to remember. */
function first(path: string): Uint8Array {
  return Buffer.concat([Buffer.of(0x83, 0x86, 0x44, path.length), Buffer.from(path, 'latin1')])
}
/** POST, http and what stands first in the table. */
const again = Uint8Array.of(0x83, 0x86, 0xbe)

describe('the head of a request', () => {
  test('is known again while the table stays as it is', () => {
    const reader = new HeadReader(new HpackDecoder(), 8192)
    reader.read(first('/a?b'))
    const head = reader.read(again)
    assert.deepEqual(head, { method: 'POST', path: '/a', query: 'b', headers: {}, problem: undefined })
    assert.equal(reader.read(again), head)
  })

  test('is read anew once the same bytes mean something else', () => {
    const reader = new HeadReader(new HpackDecoder(), 8192)
    reader.read(first('/a'))
    assert.equal(reader.read(again).path, '/a')
    reader.read(first('/b'))
    assert.equal(reader.read(again).path, '/b')
  })

  test('may be one of many', () => {
    const reader = new HeadReader(new HpackDecoder(), 8192)
    for (let at = 0; at < 20; at++) reader.read(first(`/${at}`))
    for (let round = 0; round < 2; round++) {
      for (let at = 0; at < 20; at++) assert.equal(reader.read(Uint8Array.of(0x83, 0x86, 0xbe + at)).path, `/${19 - at}`)
    }
  })
})
