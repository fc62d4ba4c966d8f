import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePattern } from './regular-expression.ts'

const found = (pattern: string, text: string): boolean | string => {
  const compiled = compilePattern(pattern)
  return typeof compiled === 'string' ? compiled : compiled(text)
}

const rows: readonly (readonly [pattern: string, text: string, result: boolean | string])[] = [
  ['b', 'abc', true], ['^b', 'abc', false], ['(?i)^ABC\\z', 'abc', true], ['(?P<name>a)', 'a', true], ['[[:digit:]]', '7', true],
  ['^\\pL+$', 'äß', true], ['^.$', '\u{1f600}', true],
  ['(', '', 'error parsing regexp: missing closing ): `(`'],
  ['(?=a)', '', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
  ['a{1001}', '', 'error parsing regexp: invalid repeat count: `{1001}`'],
]

test('patterns are Go\'s, and so are the words for those that are none', () => {
  for (const [pattern, text, result] of rows) assert.equal(found(pattern, text), result, pattern)
})

test('a nested repetition takes time linear in the text', () => {
  const before = performance.now()
  assert.equal(found('^(a+)+$', `${'a'.repeat(200_000)}!`), false)
  assert.ok(performance.now() - before < 2000)
})
