/** Table: ReplicationControllers in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { replicationController } from './replicationcontroller.ts'

function template(spec: object = {}): object {
  return { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'b' }], ...spec } }
}

const rows: readonly Row[] = [
  {
    it: 'takes its selector from the template',
    object: { metadata: { name: 'a' }, spec: { template: template() } },
    holds: {
      'spec.replicas': 1,
      'spec.selector': { app: 'a' },
      'metadata.labels': { app: 'a' },
      status: { replicas: 0 },
    },
  },
  {
    it: 'needs a template',
    object: { metadata: { name: 'a' }, spec: { selector: { app: 'a' } } },
    errors: ['spec.template: Required value'],
  },
  {
    it: 'selects its own pods',
    object: { metadata: { name: 'a' }, spec: { selector: { app: 'b' }, template: template() } },
    errors: ['spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`'],
  },
  {
    it: 'restarts its pods',
    object: {
      metadata: { name: 'a' },
      spec: { template: template({ restartPolicy: 'Never', activeDeadlineSeconds: 1 }) },
    },
    errors: [
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
      'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicationController is not Supported',
    ],
  },
  {
    it: 'is told twice what is wrong with a change',
    old: { metadata: { name: 'a' }, spec: { template: template() } },
    object: { metadata: { name: 'a' }, spec: { template: template(), replicas: -1 } },
    errors: Array.from({ length: 2 }, () => 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'),
  },
  {
    it: 'counts parts of a whole',
    old: {},
    object: { status: { replicas: 1, readyReplicas: 2 } },
    subresource: 'status',
    errors: ['status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(replicationController, row), expectedOf(row)))
