/** Table: Endpoints in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { endpoints } from './endpoints.ts'

const rows: readonly Row[] = [
  {
    it: 'speaks TCP unless it says otherwise',
    object: { metadata: { name: 'a' }, subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }] },
    holds: { 'subsets.0.ports.0.protocol': 'TCP' },
  },
  {
    it: 'has addresses in every subset',
    object: { metadata: { name: 'a' }, subsets: [{}] },
    errors: ['subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`'],
  },
  {
    it: 'leads to other machines',
    object: { metadata: { name: 'a' }, subsets: [{ addresses: [{ ip: '169.254.1.1' }] }] },
    errors: [
      'subsets[0].addresses[0].ip: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
    ],
  },
  {
    it: 'keeps what was good once',
    old: { subsets: [{ addresses: [{ ip: '010.0.0.1' }] }] },
    object: { metadata: { labels: { a: 'b' } }, subsets: [{ addresses: [{ ip: '010.0.0.1' }] }] },
  },
  {
    it: 'repeats no mistake of old beside a change',
    old: { subsets: [{ addresses: [{ ip: '010.0.0.1' }] }] },
    object: { subsets: [{ addresses: [{ ip: '010.0.0.1' }] }, { addresses: [{ ip: '10.0.0.2' }] }] },
    errors: ['subsets[0].addresses[0].ip: Invalid value: "010.0.0.1": must not have leading 0s'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(endpoints, row), expectedOf(row)))
