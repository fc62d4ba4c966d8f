/** Table: ResourceQuotas in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { resourceQuota } from './resourcequota.ts'

const rows: readonly Row[] = [
  {
    it: 'counts what can be counted',
    object: { metadata: { name: 'a' }, spec: { hard: { cpu: '1', pods: '3', 'count/deployments.apps': '2' } } },
  },
  {
    it: 'counts nothing else', object: { metadata: { name: 'a' }, spec: { hard: { storage: '1', pods: '1500m' } } },
    errors: ['spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota',
      'spec.hard[pods]: Invalid value: "1500m": must be an integer'],
  },
  {
    it: 'counts pods of one class or of another',
    object: { metadata: { name: 'a' }, spec: { hard: { pods: '1' }, scopes: ['BestEffort', 'NotBestEffort'] } },
    errors: ['spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes'],
  },
  {
    it: 'keeps its scopes', old: { spec: { scopes: ['BestEffort'] } }, object: { spec: { scopes: ['NotBestEffort'] } },
    errors: ['spec.scopes: Invalid value: ["NotBestEffort"]: field is immutable'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(resourceQuota, row), expectedOf(row)))
