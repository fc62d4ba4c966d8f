/** Our hashes against Node's. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { hexEncode } from './bytes.ts'
import { sha1 } from './sha1.ts'
import { Sha256, sha256 } from './sha256.ts'

test('hashes every length around the block boundaries as Node does', () => {
  for (let length = 0; length < 200; length++) {
    const data = Uint8Array.from({ length }, (_, index) => (index * 7 + length) & 0xff)
    assert.equal(hexEncode(sha1(data)), createHash('sha1').update(data).digest('hex'))
    assert.equal(hexEncode(sha256(data)), createHash('sha256').update(data).digest('hex'))
  }
})

test('hashes what comes in pieces as what comes whole', () => {
  for (let length = 0; length < 300; length += 7) {
    const data = Uint8Array.from({ length }, (_, index) => (index * 5 + length) & 0xff)
    const digest = new Sha256()
    for (let at = 0, size = 1; at < length; at += size, size = (size * 3) % 101) {
      digest.update(data.subarray(at, at + size))
    }
    assert.equal(hexEncode(digest.finish()), hexEncode(sha256(data)))
  }
})
