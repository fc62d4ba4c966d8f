/** Tests of JSON patch and JSON merge patch. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { deepFreeze } from '#base/deep-freeze.ts'
import { ApiError } from '../errors/api-error.ts'
import { applyJsonPatch, maxJsonPatchOperations, unknownJsonPatchFields } from './json-patch.ts'
import { applyMergePatch, createMergePatch } from './merge-patch.ts'

const apply = (document: object, ...operations: object[]): unknown =>
  applyJsonPatch(
    deepFreeze(structuredClone(document)) as Record<string, unknown>,
    deepFreeze(structuredClone(operations)),
  )

test('operations do what RFC 6902 says, and what upstream adds to it', () => {
  const cases: readonly (readonly [object, object, unknown])[] = [
    [{ a: 1 }, { op: 'add', path: '/b', value: 2 }, { a: 1, b: 2 }],
    [{ a: 1 }, { op: 'add', path: '/a', value: 2 }, { a: 2 }],
    [{ a: [1, 3] }, { op: 'add', path: '/a/1', value: 2 }, { a: [1, 2, 3] }],
    [{ a: [1] }, { op: 'add', path: '/a/-', value: { b: 1 } }, { a: [1, { b: 1 }] }],
    [{ a: [1, 2] }, { op: 'add', path: '/a/-1', value: 3 }, { a: [1, 2, 3] }],
    [{ a: [1, 2] }, { op: 'add', path: '/a/2', value: 3 }, { a: [1, 2, 3] }],
    [{ a: 1 }, { op: 'add', path: '/b' }, { a: 1, b: null }],
    [{ a: 1, b: 2 }, { op: 'remove', path: '/b' }, { a: 1 }],
    [{ a: [1, 2, 3] }, { op: 'remove', path: '/a/-1' }, { a: [1, 2] }],
    [{ a: { b: { c: 1 } } }, { op: 'replace', path: '/a/b/c', value: 2 }, { a: { b: { c: 2 } } }],
    [{ a: 1 }, { op: 'replace', path: '/absent', value: 2 }, { a: 1, absent: 2 }],
    [{ a: 1 }, { op: 'replace', path: '', value: { b: 2 } }, { b: 2 }],
    [{ a: [1, 2] }, { op: 'replace', path: '/a/-1', value: 3 }, { a: [1, 3] }],
    [{ a: { x: 1 }, b: {} }, { op: 'move', from: '/a/x', path: '/b/y' }, { a: {}, b: { y: 1 } }],
    [{ a: [1, 2, 3] }, { op: 'move', from: '/a/0', path: '/a/-' }, { a: [2, 3, 1] }],
    [{ a: { x: [1] } }, { op: 'copy', from: '/a', path: '/b' }, { a: { x: [1] }, b: { x: [1] } }],
    [{ 'x/y': { 'm~n': 1 } }, { op: 'replace', path: '/x~1y/m~0n', value: 2 }, { 'x/y': { 'm~n': 2 } }],
    [{ a: 1 }, { op: 'test', path: '/a', value: 1 }, { a: 1 }],
    [{ a: { x: 1, y: [null] } }, { op: 'test', path: '/a', value: { y: [null], x: 1 } }, { a: { x: 1, y: [null] } }],
    [{ a: 1 }, { op: 'test', path: '/absent', value: null }, { a: 1 }],
    [{ a: 1 }, { op: 'test', path: '', value: { a: 1 } }, { a: 1 }],
    [{ a: 1 }, { op: 'add', path: 'ignored/b', value: 2 }, { a: 1, b: 2 }],
  ]
  for (const [document, operation, expected] of cases) {
    assert.deepEqual(apply(document, operation), expected, JSON.stringify(operation))
  }
})

test('an operation that cannot be done is a 422, its reason kept for the log', () => {
  const cases: readonly (readonly [object, string])[] = [
    [
      { op: 'remove', path: '/b' },
      "error in remove for path: '/b': Unable to remove nonexistent key: b: missing value",
    ],
    [{ op: 'add', path: '/b/c', value: 1 }, 'add operation does not apply: doc is missing path: "/b/c": missing value'],
    [{ op: 'add', path: '/a/b', value: 1 }, 'add operation does not apply: doc is missing path: "/a/b": missing value'],
    [
      { op: 'add', path: '/l/9', value: 1 },
      "error in add for path: '/l/9': Unable to access invalid index: 9: invalid index referenced",
    ],
    [
      { op: 'add', path: '/l/x', value: 1 },
      "error in add for path: '/l/x': value was not a proper array index: 'x': strconv.Atoi: parsing \"x\": invalid syntax",
    ],
    [{ op: 'add', path: '', value: 1 }, 'add operation does not apply: doc is missing path: "": missing value'],
    [
      { op: 'replace', path: '/l/5', value: 1 },
      'replace operation does not apply: doc is missing key: /l/5: missing value',
    ],
    [
      { op: 'replace', value: 1 },
      'replace operation failed to decode path: operation missing path field: missing value',
    ],
    [{ op: 'test', path: '/a', value: '1' }, 'testing value /a failed: test failed'],
    [{ op: 'move', path: '/a' }, 'move operation failed to decode from: operation, missing from field: missing value'],
    [
      { op: 'copy', from: '/x/y', path: '/a' },
      'copy operation does not apply: doc is missing from path: /x/y: missing value',
    ],
    [{ op: 'spin', path: '/a' }, 'Unexpected kind: spin'],
    [{ path: '/a' }, 'Unexpected kind: unknown'],
  ]
  for (const [operation, reason] of cases) {
    assert.throws(() => apply({ a: 1, l: [1] }, operation), (error: unknown) => {
      assert.ok(error instanceof ApiError)
      assert.equal(error.code, 422)
      assert.equal(error.message, 'the server rejected our request due to an error in our request')
      assert.equal((error.cause as Error).message, reason)
      return true
    })
  }
})

test('what is not a patch is a 400', () => {
  assert.throws(() => applyJsonPatch({}, { op: 'add' }), {
    message: 'json: cannot unmarshal object into Go value of type jsonpatch.Patch',
  })
  assert.throws(() => applyJsonPatch({}, ['add']), {
    message: 'json: cannot unmarshal string into Go value of type jsonpatch.Operation',
  })
  assert.deepEqual(applyJsonPatch({ a: 1 }, null), { a: 1 })
})

test('a patch cannot grow without limit', () => {
  const many = Array.from({ length: maxJsonPatchOperations + 1 }, () => ({ op: 'test', path: '/a', value: 1 }))
  assert.throws(() => applyJsonPatch({ a: 1 }, many),
    (error: unknown) => error instanceof ApiError && error.code === 413
      && error.message === 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001')
  const doubling = Array.from({ length: 40 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }))
  assert.throws(() => applyJsonPatch({ a: ['x'.repeat(100)] }, doubling),
    (error: unknown) => error instanceof ApiError && /exceeding the limit 3145728/.test((error.cause as Error).message))
})

test('10,000 insertions at the head of a list are quick', () => {
  const operations = Array.from({ length: maxJsonPatchOperations }, () => ({ op: 'add', path: '/a/0', value: 1 }))
  const before = performance.now()
  assert.equal((applyJsonPatch({ a: [] }, operations) as { a: unknown[] }).a.length, maxJsonPatchOperations)
  assert.ok(performance.now() - before < 1000)
})

test('no patch reaches a prototype', () => {
  const poison = JSON.parse('{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}') as Record<
    string,
    unknown
  >
  const merged = applyMergePatch({}, poison)
  const added = apply({}, { op: 'add', path: '/__proto__', value: { isAdmin: true } }) as Record<string, unknown>
  for (const object of [merged, added, {} as Record<string, unknown>]) {
    assert.equal(object['isAdmin'], undefined)
    assert.equal(Object.getPrototypeOf(object), Object.prototype)
  }
  assert.equal(JSON.stringify(added), '{"__proto__":{"isAdmin":true}}')
  assert.throws(() => apply({}, { op: 'add', path: '/constructor/prototype/isAdmin', value: true }), ApiError)
  assert.throws(() => apply({}, { op: 'remove', path: '/toString' }), ApiError)
})

test('unknown fields of operations are named for strict validation', () => {
  assert.deepEqual(
    unknownJsonPatchFields([
      { op: 'add', path: '/a' },
      { op: 'add', pth: '/a' },
    ]),
    ['json patch unknown field "[1].pth"'],
  )
})

test('merge patches merge objects, remove by null and replace the rest', () => {
  const cases: readonly (readonly [object, object, unknown])[] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    [{ a: { b: 1 } }, { a: [null, 1] }, { a: [null, 1] }],
    [{}, { a: [null, { b: null }] }, { a: [{}] }],
    [{ a: null }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
  ]
  for (const [document, patch, expected] of cases) {
    assert.deepEqual(
      applyMergePatch(deepFreeze(document) as Record<string, unknown>, deepFreeze(patch)),
      expected,
      JSON.stringify(patch),
    )
  }
  assert.throws(() => applyMergePatch({}, []), /cannot unmarshal array/)
  assert.throws(() => applyMergePatch({}, null), { message: 'Invalid JSON Patch' })
})

const leaf = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('a', 'b'), fc.boolean())
const json = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, fc.array(leaf, { maxLength: 3 }), tie('object')),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value'), { maxKeys: 4 }),
})).object as fc.Arbitrary<Record<string, unknown>>

test('a created merge patch, applied, gives the modified document', () => {
  fc.assert(fc.property(json, json, (original, modified) => {
    const result = applyMergePatch(deepFreeze(original), deepFreeze(createMergePatch(original, modified)))
    assert.equal(stable(result), stable(modified))
  }))
})

test('adding and then removing anything gives the document back', () => {
  fc.assert(fc.property(json, fc.constantFrom('x', 'y', '__proto__x'), json, (document, key, value) => {
    const result = applyJsonPatch(deepFreeze(document), [
      { op: 'add', path: `/${key}`, value },
      { op: 'remove', path: `/${key}` },
    ])
    assert.equal(stable(result), stable(document))
  }))
})

function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${key}:${stable(item)}`)
    .join()}}`
}
