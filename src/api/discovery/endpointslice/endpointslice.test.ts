/** Table: EndpointSlices in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { endpointSlice } from './endpointslice.ts'

const rows: readonly Row[] = [
  {
    it: 'speaks TCP without a name',
    object: {
      metadata: { name: 'a' }, addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ port: 80 }],
    },
    holds: { 'ports.0': { port: 80, name: '', protocol: 'TCP' } },
  },
  {
    it: 'says what its addresses are',
    object: { metadata: { name: 'a' }, endpoints: [] },
    errors: ['addressType: Required value'],
  },
  {
    it: 'has addresses of one family',
    object: { metadata: { name: 'a' }, addressType: 'IPv6', endpoints: [{ addresses: ['10.0.0.1'] }] },
    errors: ['endpoints[0].addresses[0]: Invalid value: "10.0.0.1": must be an IPv6 address'],
  },
  {
    it: 'names each port once',
    object: { metadata: { name: 'a' }, addressType: 'IPv4', ports: [{ port: 80 }, { port: 81 }] },
    errors: ['ports[1].name: Duplicate value: ""'],
  },
  {
    it: 'keeps its family',
    old: { addressType: 'IPv4' },
    object: { addressType: 'IPv6' },
    errors: ['addressType: Invalid value: "IPv6": field is immutable'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(endpointSlice, row), expectedOf(row)))
