/** Table: Nodes in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { node } from './node.ts'

const rows: readonly Row[] = [
  {
    it: 'keeps the status that it registers with, all of it to be allocated',
    object: { metadata: { name: 'a' }, status: { capacity: { cpu: '4' } } },
    holds: { 'status.allocatable': { cpu: '4' } },
  },
  {
    it: 'has each taint once',
    object: {
      metadata: { name: 'a' },
      spec: {
        taints: [
          { key: 'a', effect: 'NoSchedule' },
          { key: 'a', effect: 'NoSchedule', value: 'b' },
        ],
      },
    },
    errors: [
      'metadata.taints[1]: Duplicate value: {"key":"a","effect":"NoSchedule","value":"b"}: taints must be unique by key and effect pair',
    ],
  },
  {
    it: 'has one range per family',
    object: { metadata: { name: 'a' }, spec: { podCIDRs: ['10.0.0.0/24', '10.1.0.0/24'] } },
    errors: [
      'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.1.0.0/24"]: may specify no more than one CIDR for each IP family',
    ],
  },
  {
    it: 'keeps its range and its provider',
    old: { spec: { podCIDRs: ['10.0.0.0/24'], providerID: 'a' } },
    object: { spec: { podCIDRs: ['10.1.0.0/24'], providerID: 'b' } },
    errors: [
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
      'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(node, row), expectedOf(row)))
