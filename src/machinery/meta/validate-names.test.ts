/** Tables: a name → what is wrong with it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  validateConfigMapKey,
  validateDns1035Label,
  validateDns1123Label,
  validateDns1123Subdomain,
  validateEnvVarName,
  validateLabelValue,
  validateName,
  validatePortName,
  validateQualifiedName,
} from './validate-names.ts'

const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
  + "with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
  + "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

const table: readonly (readonly [(value: string) => string[], string, readonly string[]])[] = [
  [validateDns1123Subdomain, 'a.b-c.9', []],
  [validateDns1123Subdomain, 'A_b', [subdomain]],
  [validateDns1123Subdomain, 'a'.repeat(254), ['must be no more than 253 characters']],
  [validateDns1123Label, '9a', []],
  [validateDns1123Label, 'a.b', ['must not contain dots']],
  [validateDns1123Label, '-a', [label]],
  [
    validateDns1035Label,
    '9a',
    [
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
        + "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    ],
  ],
  [validateQualifiedName, 'example.com/Name_1', []],
  [validateQualifiedName, '/name', ['prefix part must be non-empty']],
  [
    validateQualifiedName,
    'a/b/c',
    [
      "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with "
        + "an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ],
  ],
  [validateQualifiedName, `${'a'.repeat(254)}/b`, ['prefix part must be no more than 253 bytes']],
  [validateQualifiedName, 'a'.repeat(64), ['name part must be no more than 63 bytes']],
  [validateLabelValue, '', []],
  [validateLabelValue, 'a'.repeat(64), ['must be no more than 63 bytes']],
  [validateConfigMapKey, '..a', ["must not start with '..'"]],
  [validateConfigMapKey, '..', ["must not be '..'"]],
  [
    validateEnvVarName,
    'a=b',
    ["a valid environment variable name must consist only of printable ASCII characters other than '='"],
  ],
  [validatePortName, 'http-', ['must not begin or end with a hyphen']],
  [validatePortName, '1234', ['must contain at least one letter (a-z)']],
  [(name) => validateName('pathSegment', name), 'system:a', []],
  [(name) => validateName('pathSegment', name), 'a/b%c', ["may not contain '/'", "may not contain '%'"]],
  [(name) => validateName('pathSegment', name), '..', ["may not be '..'"]],
  [(name) => validateName('dns1123Subdomain', name, true), 'web-', []],
  [(name) => validateName('dns1123Subdomain', name, false), 'web-', [subdomain]],
]

for (const [validate, value, expected] of table) {
  test(`${value.slice(0, 40)}: ${expected[0]?.slice(0, 60) ?? 'is good'}`, () =>
    assert.deepEqual(validate(value), expected))
}
