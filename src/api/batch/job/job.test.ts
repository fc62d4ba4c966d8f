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
  {
    it: 'has few enough indexes to list', object: own({
      completionMode: 'Indexed', completions: 100_001, parallelism: 10_001, backoffLimitPerIndex: 1,
    }),
    errors: [
      'spec.maxFailedIndexes: Required value: must be specified when completions is above 100000',
      'spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 ' +
        'and used with backoff limit per index',
    ],
  },
  {
    it: 'counts failed indexes with a limit for each', object: own({
      completionMode: 'Indexed', completions: 1, maxFailedIndexes: 100_001,
    }),
    errors: [
      'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
      'spec.maxFailedIndexes: Invalid value: 100001: must be less than or equal to completions',
      'spec.maxFailedIndexes: Invalid value: 100001: must be less than or equal to 100000',
    ],
  },
  {
    it: 'has indexes only when it is indexed', object: own({ backoffLimitPerIndex: 1, successPolicy: { rules: [] } }),
    errors: [
      'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
      'spec.successPolicy: Invalid value: {"rules":[]}: requires indexed completion mode',
    ],
  },
  {
    it: 'succeeds by rules', object: own({ completionMode: 'Indexed', completions: 5, successPolicy: { rules: [
      {}, { succeededCount: 6 }, { succeededIndexes: '0-2', succeededCount: 4 }, { succeededIndexes: '3,1' },
      { succeededIndexes: '1-2-3' }, { succeededIndexes: '5' }, { succeededIndexes: 'a' },
    ] } }),
    errors: [
      'spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified',
      'spec.successPolicy.rules[1].succeededCount: Invalid value: 6: must be less than or equal to 5 ' +
        '(the number of specified completions)',
      'spec.successPolicy.rules[2].succeededCount: Invalid value: 4: must be less than or equal to 3 ' +
        '(the number of indexes in the specified succeededIndexes field)',
      'spec.successPolicy.rules[3].succeededIndexes: Invalid value: "3,1": error parsing succeededIndexes: ' +
        'non-increasing order, previous: 3, current: 1',
      'spec.successPolicy.rules[4].succeededIndexes: Invalid value: "1-2-3": error parsing succeededIndexes: the ' +
        'fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by \'-\'',
      'spec.successPolicy.rules[5].succeededIndexes: Invalid value: "5": error parsing succeededIndexes: ' +
        'too large index: "5"',
      'spec.successPolicy.rules[6].succeededIndexes: Invalid value: "a": error parsing succeededIndexes: ' +
        'cannot convert string to integer for index: "a"',
    ],
  },
  {
    it: 'says what its rules of failure do, on what', object: own({ podFailurePolicy: { rules: [
      { action: '', onPodConditions: [{ type: 'a', status: 'Maybe' }] }, { action: 'FailIndex' }, { action: 'Go',
        onExitCodes: { operator: 'In', values: [3, 1, 3], containerName: 'x' }, onPodConditions: [{ type: 'a' }] },
    ] } }),
    errors: [
      'spec.podFailurePolicy.rules[0].action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]',
      'spec.podFailurePolicy.rules[0].onPodConditions[0].status: Unsupported value: "Maybe": ' +
        'supported values: "False", "True", "Unknown"',
      'spec.podFailurePolicy.rules[1].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set',
      'spec.podFailurePolicy.rules[1]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
      'spec.podFailurePolicy.rules[2].action: Unsupported value: "Go": ' +
        'supported values: "Count", "FailIndex", "FailJob", "Ignore"',
      'spec.podFailurePolicy.rules[2].onExitCodes.containerName: Invalid value: "x": ' +
        'must be one of the container or initContainer names in the pod template',
      'spec.podFailurePolicy.rules[2].onExitCodes.values[2]: Duplicate value: 3',
      'spec.podFailurePolicy.rules[2].onExitCodes.values: Invalid value: [3,1,3]: must be ordered',
      'spec.podFailurePolicy.rules[2]: Invalid value: ' +
        'specifying both OnExitCodes and OnPodConditions is not supported',
    ],
  },
  {
    it: 'is managed by a domain\'s path', object: own({ managedBy: `example.com/${'x'.repeat(52)}` }),
    errors: ['spec.managedBy: Too long: may not be more than 63 bytes'],
  },
  {
    it: 'is managed by something with a domain', object: own({ managedBy: 'me' }),
    errors: ['spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")'],
  },
  {
    it: 'leaves room for the index in its pods\' host names',
    object: { ...own({ completionMode: 'Indexed', completions: 11 }), metadata: { name: 'a'.repeat(61), uid: 'u' } },
    errors: [`metadata.name: Invalid value: "${'a'.repeat(61)}": will not able to create pod with invalid DNS label: ` +
      `${'a'.repeat(61)}-10`],
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

const suspended = { suspend: true, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'b' }] } } }

/** An update of a suspended Job with this status: its containers ask for more. */
function resized(status: object): readonly string[] {
  const { object: made } = checkCreate(job, own(suspended) as Job)
  made.status = status
  const changed = structuredClone(made)
  changed.spec!.template.spec!.containers[0]!.resources = { requests: { cpu: '2' } }
  return checkUpdate(job, changed, made).errors.map((error) => error.replace(/\{.*\}/, '…'))
}

test('asks for more while it rests', () => {
  const immutable = ['spec.template: Invalid value: …: field is immutable']
  assert.deepEqual(resized({}), [])
  assert.deepEqual(resized({ active: 1 }), immutable)
  assert.deepEqual(resized({ startTime: '2026-01-01T00:00:00Z' }), immutable)
  assert.deepEqual(
    resized({ startTime: '2026-01-01T00:00:00Z', conditions: [{ type: 'Suspended', status: 'True' }] }), [],
  )
})

test('grows and shrinks in both its numbers', () => {
  const { object: made } = checkCreate(job, own({ completionMode: 'Indexed', completions: 2, parallelism: 2 }) as Job)
  const changed = structuredClone(made)
  changed.spec!.completions = 3
  assert.deepEqual(checkUpdate(job, changed, made).errors,
    ['spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism'])
  changed.spec!.parallelism = 3
  assert.deepEqual(checkUpdate(job, changed, made).errors, [])
})
