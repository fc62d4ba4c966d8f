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
  {
    it: 'takes ranges that all read alike',
    object: { metadata: { name: 'a' }, spec: { podSelector: {}, egress: [{ to: [
      { ipBlock: { cidr: '010.0.0.0/8', except: ['10.0.0.1/16', 'x', '11.0.0.0/16'] } },
    ], ports: [{ protocol: 'X' }] }], policyTypes: ['X'] } },
    errors: [
      'spec.egress[0].ports[0].protocol: Unsupported value: "X": supported values: "TCP", "UDP", "SCTP"',
      'spec.egress[0].to[0].ipBlock.cidr: Invalid value: "010.0.0.0/8": must not have leading 0s in IP or prefix length',
      'spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "10.0.0.1/16": must not have bits set beyond the prefix length',
      'spec.egress[0].to[0].ipBlock.except[1]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      'spec.egress[0].to[0].ipBlock.except[2]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
      'spec.policyTypes[0]: Unsupported value: "X": supported values: "Ingress", "Egress"',
    ],
  },
  {
    it: 'keeps ranges of old as they are',
    old: { spec: { ingress: [{ from: [{ ipBlock: { cidr: '010.0.0.0/8' } }] }] } },
    object: { spec: { podSelector: {}, egress: [{ to: [{ ipBlock: { cidr: '010.0.0.0/8' } }] }] } },
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(networkPolicy, row), expectedOf(row)))
