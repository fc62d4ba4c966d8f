/** Table: addresses and ranges as clients write them → what is wrong with them, or better avoided. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addressWarnings,
  rangeWarnings,
  validateAddress,
  validateCanonicalAddress,
  validateCanonicalRange,
  validateRange,
} from './addresses.validation.ts'

const noAddress = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
const noRange = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'

const table = [
  [validateAddress, '10.0.0.1', undefined],
  [validateAddress, '2001:0db8::1', undefined],
  [validateAddress, '10.0.0', noAddress],
  [validateAddress, '010.000.00.01', 'must not have leading 0s'],
  [validateAddress, '::ffff:1.2.3.4', 'must not be an IPv4-mapped IPv6 address'],
  [validateCanonicalAddress, '2001:0db8::1', 'must be in canonical form ("2001:db8::1")'],
  [validateCanonicalAddress, '01.2.3.4', 'must not have leading 0s'],
  [validateRange, '10.0.0.0/8', undefined],
  [validateRange, '2001:0db8::/64', undefined],
  [validateRange, '10.0.0.0', noRange],
  [validateRange, '010.0.0.0/8', 'must not have leading 0s in IP or prefix length'],
  [validateRange, '10.0.0.0/08', 'must not have leading 0s in IP or prefix length'],
  [validateRange, '::ffff:10.0.0.0/104', 'must not have an IPv4-mapped IPv6 address'],
  [validateRange, '10.0.0.1/8', 'must not have bits set beyond the prefix length'],
  [validateCanonicalRange, '2001:0db8::/64', 'must be in canonical form ("2001:db8::/64")'],
] as const

for (const [validate, value, detail] of table) {
  test(`${validate.name} of ${value}: ${detail ?? 'good'}`, () => {
    const message = `Invalid value: "${value}": ${detail}`
    assert.deepEqual(validate(value, 'a'), detail ? [{ type: 'FieldValueInvalid', field: 'a', message }] : [])
  })
}

test('keeps what was there before', () => {
  assert.deepEqual(validateAddress('010.0.0.1', 'a', ['010.0.0.1']), [])
  assert.deepEqual(validateRange('10.0.0.1/8', 'a', ['10.0.0.1/8']), [])
})

const warnings = [
  [addressWarnings, '10.0.0.1', []],
  [addressWarnings, '010.0.0.1', ['a: non-standard IP address "010.0.0.1" is invalid: use "10.0.0.1"']],
  [addressWarnings, '::ffff:1.2.3.4', ['a: non-standard IP address "::ffff:1.2.3.4" is invalid: use "1.2.3.4"']],
  [addressWarnings, 'FE80::1', ['a: IPv6 address "FE80::1" should be in RFC 5952 canonical format ("fe80::1")']],
  [rangeWarnings, '10.0.0.0/8', []],
  [rangeWarnings, '10.0.0.1/8',
    ['a: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)']],
  [rangeWarnings, '010.0.0.0/8', ['a: non-standard CIDR value "010.0.0.0/8" is invalid: use "10.0.0.0/8"']],
  [rangeWarnings, 'FE80::/64', ['a: IPv6 CIDR value "FE80::/64" should be in RFC 5952 canonical format ("fe80::/64")']],
] as const

for (const [warn, value, expected] of warnings) {
  test(`${warn.name} of ${value}`, () => assert.deepEqual(warn(value, 'a'), expected))
}
