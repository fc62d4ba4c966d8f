/** Tests of text encodings, against the platform's Buffer. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  base64Decode,
  base64Encode,
  base64UrlDecode,
  base64UrlEncode,
  compareBytes,
  concatBytes,
  equalBytesConstantTime,
  hexEncode,
  latin1Decode,
  latin1Encode,
  utf8DecodeStrict,
  utf8Encode,
  utf8Length,
} from './bytes.ts'

test('every encoding agrees with Buffer and can be undone', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
    const buffer = Buffer.from(bytes)
    assert.equal(base64Encode(bytes), buffer.toString('base64'))
    assert.equal(base64UrlEncode(bytes), buffer.toString('base64url'))
    assert.equal(hexEncode(bytes), buffer.toString('hex'))
    assert.equal(latin1Decode(bytes), buffer.toString('latin1'))
    const plain = new Uint8Array(bytes)
    assert.deepEqual(base64Decode(base64Encode(bytes)), plain)
    assert.deepEqual(base64UrlDecode(base64UrlEncode(bytes)), plain)
    assert.deepEqual(latin1Encode(latin1Decode(bytes)), plain)
  }))
})

test('what is not base64 is refused', () => {
  for (const text of ['a', 'ab', 'abc', 'ab=c', '====', 'ab!=', 'YQ==YQ==', 'YWI-', 'YW I', 'YW\tI', 'YWJj    ']) {
    assert.equal(base64Decode(text), undefined, text)
  }
  for (const text of ['a', 'YQ==', 'YWI+', 'YW I', 'YW\nI']) assert.equal(base64UrlDecode(text), undefined, text)
  assert.deepEqual(base64Decode('YW\nJj\r\n'), utf8Encode('abc'))
})

test('utf8Length is the length of the encoding, for lone surrogates too', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(utf8Length(text), utf8Encode(text).length)
    }),
  )
  for (const text of ['\ud800', 'a\ud800b', '\udc00\ud800', 'é€😀']) {
    assert.equal(utf8Length(text), utf8Encode(text).length)
  }
})

test('bytes are compared, joined and checked for UTF-8', () => {
  const a = utf8Encode('a')
  const ab = utf8Encode('ab')
  assert.ok(compareBytes(a, ab) < 0 && compareBytes(ab, a) > 0 && compareBytes(ab, ab) === 0)
  assert.deepEqual(concatBytes([a, ab]), utf8Encode('aab'))
  assert.equal(equalBytesConstantTime(a, a), true)
  assert.equal(equalBytesConstantTime(a, ab), false)
  assert.equal(utf8DecodeStrict(new Uint8Array([0xff])), undefined)
  assert.equal(utf8DecodeStrict(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])), '\ufeffa')
})
