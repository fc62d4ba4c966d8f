/** Resource versions are ordered as numbers, without being made numbers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareResourceVersions, isResourceVersion, parseResourceVersionParameter } from './resource-version.ts'

test('longer is later, and equal length compares digit by digit', () => {
  for (const [left, right, sign] of [
    ['9', '10', -1], ['10', '10', 0], ['123', '122', 1], ['9007199254740993', '9007199254740992', 1],
  ] as const) {
    assert.equal(Math.sign(compareResourceVersions(left, right)!), sign, `${left} ${right}`)
  }
  assert.equal(compareResourceVersions('0', '1'), undefined)
  assert.equal(compareResourceVersions('a', '1'), undefined)
})

test('zero, signs and leading zeros are no resource versions', () => {
  for (const text of ['', '0', '01', '-1', '+1', '1a', '123456789012345678901']) {
    assert.equal(isResourceVersion(text), false, text)
  }
})

test('a query parameter may be empty, zero or a revision', () => {
  assert.equal(parseResourceVersionParameter(''), undefined)
  assert.equal(parseResourceVersionParameter('0'), 0)
  assert.equal(parseResourceVersionParameter('42'), 42)
  assert.throws(() => parseResourceVersionParameter('x'), { message: 'strconv.ParseUint: parsing "x": invalid syntax' })
})
