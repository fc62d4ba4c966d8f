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
    it: 'hints at each zone and each node once',
    object: {
      metadata: { name: 'a' }, addressType: 'IPv4',
      endpoints: [
        { addresses: ['10.0.0.1'], hints: { forZones: [{ name: 'a' }, { name: 'a' }], forNodes: [{ name: 'A' }] } },
        { addresses: ['10.0.0.2'], hints: { forZones: [...'abcdefghi'].map((name) => ({ name })) } },
      ],
    },
    errors: [
      'endpoints[0].hints.forZones[1].name: Duplicate value: "a"',
      'endpoints[0].hints.forNodes[0].name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case '
        + "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. "
        + "'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      'endpoints[1].hints.forZones: Too many: 9: must have at most 8 items',
    ],
  },
  {
    it: 'keeps its family',
    old: { addressType: 'IPv4' },
    object: { addressType: 'IPv6' },
    errors: ['addressType: Invalid value: "IPv6": field is immutable'],
  },
  {
    it: 'keeps endpoints of old as they are',
    old: { addressType: 'IPv4', endpoints: [{ addresses: ['010.0.0.1'] }] },
    object: { addressType: 'IPv4', endpoints: [{ addresses: ['010.0.0.1'] }] },
  },
  {
    it: 'says where endpoints are in fields of their own',
    old: {
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'], deprecatedTopology: { 'kubernetes.io/hostname': 'n', rack: 'r' } }],
    },
    object: {
      addressType: 'IPv4',
      endpoints: [
        { addresses: ['10.0.0.2'], deprecatedTopology: { 'kubernetes.io/hostname': 'n', rack: 'r' } },
        { addresses: ['10.0.0.3'], deprecatedTopology: { 'kubernetes.io/hostname': 'm' } },
      ],
    },
    holds: { endpoints: [{ addresses: ['10.0.0.2'], nodeName: 'n' }, { addresses: ['10.0.0.3'] }] },
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(endpointSlice, row), expectedOf(row)))
