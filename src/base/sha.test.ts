/** Our hashes against Node's. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { hexEncode } from './bytes.ts'
import { sha1 } from './sha1.ts'
import { sha256 } from './sha256.ts'

test('hashes every length around the block boundaries as Node does', () => {
  for (let length = 0; length < 200; length++) {
    const data = Uint8Array.from({ length }, (_, index) => (index * 7 + length) & 0xff)
    assert.equal(hexEncode(sha1(data)), createHash('sha1').update(data).digest('hex'))
    assert.equal(hexEncode(sha256(data)), createHash('sha256').update(data).digest('hex'))
  }
})
