/** Table: IPAddresses in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { ipAddress } from './ipaddress.ts'

const rows: readonly Row[] = [
  {
    it: 'is named like the address',
    object: {
      metadata: { name: '10.0.0.1' }, spec: { parentRef: { resource: 'services', namespace: 'a', name: 'b' } },
    },
  },
  {
    it: 'is spelled in one way',
    object: { metadata: { name: '2001:DB8::1' }, spec: { parentRef: { resource: 'services', name: 'b' } } },
    errors: ['metadata.name: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")'],
  },
  {
    it: 'belongs to something',
    object: { metadata: { name: '10.0.0.1' }, spec: {} },
    errors: ['spec.parentRef: Required value'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(ipAddress, row), expectedOf(row)))
