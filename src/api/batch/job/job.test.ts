/** Table: Jobs in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job } from '../../gen/batch-v1.ts'
import { checkCreate, checkUpdate, expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { job } from './job.ts'

function own(spec: object = {}): object {
  return {
    metadata: { name: 'a', uid: 'u' },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'b' }] } }, ...spec },
  }
}

const rows: readonly Row[] = [
  {
    it: 'is done once', object: own(),
    holds: {
      'spec.completions': 1,
      'spec.parallelism': 1,
      'spec.backoffLimit': 6,
      'spec.completionMode': 'NonIndexed',
      'spec.suspend': false,
      'spec.podReplacementPolicy': 'TerminatingOrFailed', 'spec.manualSelector': false, status: {},
      'spec.selector': { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } },
      'spec.template.metadata.labels': {
        'job-name': 'a',
        'controller-uid': 'u',
        'batch.kubernetes.io/job-name': 'a',
        'batch.kubernetes.io/controller-uid': 'u',
      },
    },
  },
  {
    it: 'is a work queue when it says only how many work',
    object: own({ parallelism: 3 }),
    holds: { 'spec.completions': undefined },
  },
  {
    it: 'ends', object: own({ template: { spec: { containers: [{ name: 'a', image: 'b' }] } } }),
    errors: ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  },
  {
    it: 'has a number when it is indexed',
    object: own({ completionMode: 'Indexed', parallelism: 1 }),
    errors: ['spec.completions: Required value: when completion mode is Indexed'],
  },
  {
    it: 'handles failures by rules',
    object: own({ podFailurePolicy: { rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [0] } }] } }),
    errors: [
      'spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(job, row), expectedOf(row)))

test('keeps its template once it is made', () => {
  const { object: made } = checkCreate(job, own() as Job)
  const changed = structuredClone(made)
  changed.spec!.template.spec!.containers[0]!.image = 'c'
  const { errors } = checkUpdate(job, changed, made)
  assert.deepEqual(
    errors.map((error) => error.replace(/\{.*\}/, '…')), ['spec.template: Invalid value: …: field is immutable'],
  )
})

test('moves to other nodes before it has begun', () => {
  const { object: made } = checkCreate(job, own({ suspend: true }) as Job)
  const changed = structuredClone(made)
  changed.spec!.template.spec!.nodeSelector = { zone: 'b' }
  assert.deepEqual(checkUpdate(job, changed, made).errors, [])
})
