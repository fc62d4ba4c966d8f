import assert from 'node:assert/strict'
import { test } from 'node:test'
import { latin1Encode } from './bytes.ts'
import { KnownTexts } from './known-texts.ts'

test('reads each text as it is, however many there are and wherever it stands', () => {
  const texts = new KnownTexts()
  for (let round = 0; round < 2; round++) {
    for (let at = 0; at < 100_000; at++) {
      const text = `${at}/\u00ff\u0000${'x'.repeat(at % 7)}`
      const bytes = latin1Encode(`<${text}>`)
      assert.equal(texts.read(bytes, 1, bytes.length - 1), text)
    }
  }
  const long = 'y'.repeat(4_096)
  assert.equal(texts.read(latin1Encode(long), 0, long.length), long)
  assert.equal(texts.read(new Uint8Array(0), 0, 0), '')
})
