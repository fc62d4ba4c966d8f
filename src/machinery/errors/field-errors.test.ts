/** Table: a fault → its sentence, byte for byte as apimachinery words it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  invalidWithoutValue,
  notSupported,
  quoteGo,
  required,
  tooLong,
  tooMany,
  typeInvalid,
  valueNotFound,
} from './field-errors.ts'

const table = [
  [required('a'), 'FieldValueRequired', 'Required value'],
  [required('a', 'must be set'), 'FieldValueRequired', 'Required value: must be set'],
  [invalidValue('a', 'x"y', 'is wrong'), 'FieldValueInvalid', 'Invalid value: "x\\"y": is wrong'],
  [invalidValue('a', -1, 'is wrong'), 'FieldValueInvalid', 'Invalid value: -1: is wrong'],
  [
    invalidValue('a', { b: '<c>' }, 'is wrong'),
    'FieldValueInvalid',
    'Invalid value: {"b":"\\u003cc\\u003e"}: is wrong',
  ],
  [invalidValue('a', undefined, 'is wrong'), 'FieldValueInvalid', 'Invalid value: null: is wrong'],
  [invalidWithoutValue('a', 'is wrong'), 'FieldValueInvalid', 'Invalid value: is wrong'],
  [forbiddenValue('a', 'not now'), 'FieldValueForbidden', 'Forbidden: not now'],
  [notSupported('a', 'x', ['b', 'c']), 'FieldValueNotSupported', 'Unsupported value: "x": supported values: "b", "c"'],
  [duplicateValue('a', 80), 'FieldValueDuplicate', 'Duplicate value: 80'],
  [valueNotFound('a', 'x'), 'FieldValueNotFound', 'Not found: "x"'],
  [tooLong('a', 63), 'FieldValueTooLong', 'Too long: may not be more than 63 bytes'],
  [tooLong('a', 1), 'FieldValueTooLong', 'Too long: may not be more than 1 byte'],
  [tooMany('a', 3, 2), 'FieldValueTooMany', 'Too many: 3: must have at most 2 items'],
  [typeInvalid('a', 'x', 'must be a number'), 'FieldValueTypeInvalid', 'Invalid value: "x": must be a number'],
] as const

for (const [error, type, message] of table) {
  test(`words ${type} as "${message}"`, () => assert.deepEqual(error, { type, field: 'a', message }))
}

test('quotes as Go does', () => {
  assert.equal(quoteGo('a\tb\u0001é😀\\'), '"a\\tb\\x01é😀\\\\"')
  assert.equal(quoteGo(''), '""')
  assert.equal(quoteGo(' !#$[]~'), '" !#$[]~"')
  for (const [text, quoted] of [['"', '\\"'], ['\\', '\\\\'], ['\x7f', '\\x7f'], ['\n', '\\n']] as const) {
    assert.equal(quoteGo(`a${text}b`), `"a${quoted}b"`)
    assert.equal(quoteGo(text), `"${quoted}"`)
  }
})
