/** Table: ResourceClaims in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { resourceClaim } from './resourceclaim.ts'

function own(deviceClassName: string): object {
  return { metadata: { name: 'a' }, spec: { devices: { requests: [{ name: 'a', exactly: { deviceClassName } }] } } }
}

const rows: readonly Row[] = [
  {
    it: 'asks for one device of each',
    object: own('gpu'),
    holds: { 'spec.devices.requests.0.exactly': { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1 } },
  },
  {
    it: 'stays as it was asked',
    old: own('gpu'),
    object: own('nic'),
    errors: [
      'spec: Invalid value: {"devices":{"requests":[{"name":"a","exactly":{"deviceClassName":"nic","allocationMode":"ExactCount","count":1}}]}}: field is immutable',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(resourceClaim, row), expectedOf(row)))
