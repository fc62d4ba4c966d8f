import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareResourceVersions, newerResourceVersion } from './resource-version.ts'

test('longer is later, and equal length compares digit by digit', () => {
  for (const [left, right, sign] of [
    ['9', '10', -1],
    ['10', '10', 0],
    ['123', '122', 1],
    ['9007199254740993', '9007199254740992', 1],
    ['', '1', -1],
  ] as const) {
    assert.equal(Math.sign(compareResourceVersions(left, right)), sign, `${left} ${right}`)
  }
  assert.equal(newerResourceVersion('9', '10'), '10')
  assert.equal(newerResourceVersion('10', ''), '10')
})
