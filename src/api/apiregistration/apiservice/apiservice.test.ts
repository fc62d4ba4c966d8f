/** Table: APIServices in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { apiService } from './apiservice.ts'

function own(spec: object = {}): object {
  return {
    metadata: { name: 'v1.a.b' },
    spec: { group: 'a.b', version: 'v1', groupPriorityMinimum: 100, versionPriority: 10, ...spec },
  }
}

const rows: readonly Row[] = [
  {
    it: 'is available when it is local', object: own(),
    holds: {
      'status.conditions': [
        {
          type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    },
  },
  {
    it: 'is named for what it serves',
    object: { ...own(), metadata: { name: 'a' } },
    errors: ['metadata.name: Invalid value: "a": must be `spec.version+"."+spec.group`'],
  },
  {
    it: 'has a place in the order', object: own({ groupPriorityMinimum: 0, versionPriority: 2000 }),
    errors: ['spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000',
      'spec.versionPriority: Invalid value: 2000: must be positive and less than 1000'],
  },
  {
    it: 'is served by a Service',
    object: own({ service: { name: 's' }, insecureSkipTLSVerify: true, caBundle: 'AA==' }),
    errors: [
      'spec.service.namespace: Required value',
      'spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present',
    ],
    holds: { 'spec.service.port': 443 },
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(apiService, row), expectedOf(row)))
