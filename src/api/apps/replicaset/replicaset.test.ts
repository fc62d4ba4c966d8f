/** Table: ReplicaSets in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { replicaSet } from './replicaset.ts'

const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'b' }] } }

function own(spec: object = {}): object {
  return { metadata: { name: 'a' }, spec: { selector: { matchLabels: { app: 'a' } }, template, ...spec } }
}

const rows: readonly Row[] = [
  { it: 'is one unless it says otherwise', object: own(), holds: { 'spec.replicas': 1, status: { replicas: 0 } } },
  {
    it: 'has a selector',
    object: { metadata: { name: 'a' }, spec: { template } },
    errors: [
      'spec.selector: Required value',
      'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
    ],
  },
  {
    it: 'keeps its selector',
    old: own(),
    object: own({ selector: { matchLabels: { app: 'a' }, matchExpressions: [{ key: 'app', operator: 'Exists' }] } }),
    errors: [
      'spec.selector: Invalid value: {"matchLabels":{"app":"a"},"matchExpressions":[{"key":"app","operator":"Exists"}]}: field is immutable',
    ],
  },
  {
    it: 'counts parts of a whole',
    old: {},
    object: { status: { replicas: 1, availableReplicas: 1 } },
    subresource: 'status',
    errors: ['status.availableReplicas: Invalid value: 1: cannot be greater than readyReplicas'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(replicaSet, row), expectedOf(row)))
