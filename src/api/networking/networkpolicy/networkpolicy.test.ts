/** Table: NetworkPolicies in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { networkPolicy } from './networkpolicy.ts'

const rows: readonly Row[] = [
  {
    it: 'is about ingress, and about egress when it says something of it',
    object: { metadata: { name: 'a' }, spec: { egress: [{ ports: [{ port: 80 }] }] } },
    holds: {
      'spec.policyTypes': ['Ingress', 'Egress'], 'spec.egress.0.ports.0.protocol': 'TCP', 'spec.podSelector': {},
    },
  },
  {
    it: 'has peers by label or by address',
    object: {
      metadata: { name: 'a' },
      spec: { ingress: [{ from: [{}, { podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] }] },
    },
    errors: ['spec.ingress[0].from[0]: Required value: must specify a peer',
      'spec.ingress[0].from[1]: Forbidden: may not specify both ipBlock and another peer'],
  },
  {
    it: 'excepts a part',
    object: {
      metadata: { name: 'a' },
      spec: { ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }] }] },
    },
    errors: [
      'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
    ],
  },
  {
    it: 'counts ports up',
    object: { metadata: { name: 'a' }, spec: { ingress: [{ ports: [{ port: 90, endPort: 80 }] }] } },
    errors: ['spec.ingress[0].ports[0].endPort: Invalid value: 90: must be greater than or equal to `port`'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(networkPolicy, row), expectedOf(row)))
