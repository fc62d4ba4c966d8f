/** Tests of equality and freezing of JSON values. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deepEqual, semanticEqual } from './deep-equal.ts'
import { deepFreeze } from './deep-freeze.ts'

const cases: readonly (readonly [unknown, unknown, boolean, boolean])[] = [
  [{ a: 1, b: 2 }, { b: 2, a: 1 }, true, true],
  [{ a: 1, b: undefined }, { a: 1 }, true, true],
  [{ a: 1 }, { a: 1, b: null }, false, true],
  [{ a: [] }, {}, false, true],
  [{ a: {} }, {}, false, true],
  [{ a: '' }, {}, false, false],
  [{ a: 0 }, {}, false, false],
  [[1, 2], [1, 2], true, true],
  [[1, 2], [2, 1], false, false],
  [[1], { 0: 1 }, false, false],
  [1, '1', false, false],
  [null, undefined, false, true],
  [{ constructor: 'x' }, {}, false, false],
  [{}, { constructor: 'x' }, false, false],
  [{ a: { b: [{ c: 1 }] } }, { a: { b: [{ c: 1 }] } }, true, true],
  [new Uint8Array([1, 2]), new Uint8Array([1, 2]), true, true],
  [new Uint8Array([1, 2]), new Uint8Array([1, 3]), false, false],
]

test('deepEqual compares JSON exactly, semanticEqual takes empty for absent, both are symmetric', () => {
  for (const [a, b, exact, semantic] of cases) {
    const shown = `${JSON.stringify(a)} and ${JSON.stringify(b)}`
    assert.equal(deepEqual(a, b), exact, shown)
    assert.equal(deepEqual(b, a), exact, shown)
    assert.equal(semanticEqual(a, b), semantic, shown)
    assert.equal(semanticEqual(b, a), semantic, shown)
  }
})

test('deepFreeze freezes every level', () => {
  const value = deepFreeze({ a: [{ b: 1 }] })
  assert.throws(() => { value.a[0]!.b = 2 }, TypeError)
  assert.throws(() => { value.a.push({ b: 3 }) }, TypeError)
})
