/** Table: Deployments in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { deployment } from './deployment.ts'

const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'b' }] } }

function own(spec: object = {}): object {
  return { metadata: { name: 'a' }, spec: { selector: { matchLabels: { app: 'a' } }, template, ...spec } }
}

const rows: readonly Row[] = [
  {
    it: 'replaces a quarter at a time', object: own(),
    holds: {
      'spec.replicas': 1, 'spec.revisionHistoryLimit': 10, 'spec.progressDeadlineSeconds': 600, status: {},
      'spec.strategy': { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    },
  },
  { it: 'keeps zero replicas', object: own({ replicas: 0 }), holds: { 'spec.replicas': 0 } },
  {
    it: 'has a selector, and pods that it selects',
    object: { metadata: { name: 'a' }, spec: { template } },
    errors: [
      'spec.selector: Required value',
      'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
    ],
  },
  {
    it: 'selects something', object: own({ selector: {} }),
    errors: ['spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
  },
  {
    it: 'selects its own pods', object: own({ selector: { matchLabels: { app: 'b' } } }),
    errors: ['spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`'],
  },
  {
    it: 'can move', object: own({ strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: '0%' } } }),
    errors: ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0'],
  },
  {
    it: 'does not roll when it recreates', object: own({ strategy: { type: 'Recreate', rollingUpdate: {} } }),
    errors: ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
  },
  {
    it: 'counts up from zero', object: own({ replicas: -1 }),
    errors: ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
  },
  {
    it: 'restarts its pods',
    object: own({ template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } }),
    errors: ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  },
  {
    it: 'keeps its selector',
    old: own(),
    object: own({
      selector: { matchLabels: { app: 'a', tier: 'b' } },
      template: { ...template, metadata: { labels: { app: 'a', tier: 'b' } } },
    }),
    errors: ['spec.selector: Invalid value: {"matchLabels":{"app":"a","tier":"b"}}: field is immutable'],
  },
  {
    it: 'counts parts of a whole',
    old: { metadata: {}, status: { collisionCount: 2 } },
    object: { metadata: {}, status: { replicas: 1, readyReplicas: 2, collisionCount: 1 } },
    subresource: 'status',
    errors: [
      'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
      'status.collisionCount: Invalid value: 1: cannot be decremented',
    ],
  },
  {
    it: 'says nothing of the template while its selector cannot be read',
    object: own({ selector: { matchLabels: { app: '!' } }, template: {} }),
    errors: [
      'spec.selector.matchLabels: Invalid value: "!": a valid label must be an empty string or consist of alphanumeric characters, '
      + "'-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "
      + "regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      'spec.selector: Invalid value: {"matchLabels":{"app":"!"}}: invalid label selector',
    ],
  },
  {
    it: 'reads a text that is no percentage as none', object: own({ strategy: { rollingUpdate: { maxUnavailable: 'x', maxSurge: 0 } } }),
    errors: [
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "x": a valid percent string must be a numeric string followed by '
      + "an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "x": may not be 0 when `maxSurge` is 0',
    ],
  },
]

const statusRow: Row = {
  it: 'tells the counts of a status before their order',
  old: { status: { collisionCount: 2 } },
  object: {
    status: { terminatingReplicas: -1, collisionCount: 1, readyReplicas: 1, availableReplicas: 2, replicas: 1 },
  },
  subresource: 'status',
  errors: [
    'status.terminatingReplicas: Invalid value: -1: must be greater than or equal to 0',
    'status.availableReplicas: Invalid value: 2: cannot be greater than status.replicas',
    'status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas',
    'status.collisionCount: Invalid value: 1: cannot be decremented',
  ],
}

for (const row of [...rows, statusRow]) {
  test(row.it, () => assert.deepEqual(outcomeOf(deployment, row), expectedOf(row)))
}
