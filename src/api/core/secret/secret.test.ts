/** Table: Secrets in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { secret } from './secret.ts'

const rows: readonly Row[] = [
  {
    it: 'turns texts into data',
    object: { metadata: { name: 'a' }, stringData: { a: 'é' } },
    holds: { type: 'Opaque', data: { a: 'w6k=' }, stringData: undefined },
  },
  {
    it: 'contains what its type says',
    object: { metadata: { name: 'a' }, type: 'kubernetes.io/tls', data: {} },
    errors: ['data[tls.crt]: Required value', 'data[tls.key]: Required value'],
  },
  {
    it: 'names the account of a token',
    object: { metadata: { name: 'a' }, type: 'kubernetes.io/service-account-token' },
    errors: ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
  },
  {
    it: 'does not show what is in a broken configuration',
    object: { metadata: { name: 'a' }, type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'W10=' } },
    errors: [
      'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": json: cannot unmarshal array into Go value of type '
        + 'map[string]interface {}',
    ],
  },
  {
    it: 'says in the words of Go what is broken',
    object: { metadata: { name: 'a' }, type: 'kubernetes.io/dockercfg', data: { '.dockercfg': 'e2E=' } },
    errors: [
      'data[.dockercfg]: Invalid value: "<secret contents redacted>": invalid character \'a\' looking for beginning of ' +
        'object key string',
    ],
  },
  {
    it: 'tells first what may not change', old: { type: 'Opaque', immutable: true },
    object: { immutable: true, data: { 'a b': '' } },
    errors: [
      'data: Forbidden: field is immutable when `immutable` is set',
      'data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric characters, \'-\', \'_\' or ' +
        "'.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ],
  },
  {
    it: 'keeps its type',
    old: { type: 'a' },
    object: { type: 'b' },
    errors: ['type: Invalid value: "b": field is immutable'],
  },
  {
    it: 'holds up to a mebibyte',
    object: { metadata: { name: 'a' }, data: { a: 'AAAA'.repeat(349526) } },
    errors: ['data: Too long: may not be more than 1048576 bytes'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(secret, row), expectedOf(row)))
