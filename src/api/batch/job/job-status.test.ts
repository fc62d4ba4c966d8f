/** Table: statuses of Jobs, before and after | what is wrong with the change. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf } from '../../kind-check.ts'
import { job } from './job.ts'

const start = '2026-01-01T00:00:00Z'
const end = '2026-01-01T00:01:00Z'

function conditions(...types: readonly string[]): object[] {
  return types.map((type) => ({ type, status: 'True' }))
}

const complete = { startTime: start, completionTime: end, conditions: conditions('SuccessCriteriaMet', 'Complete') }
const failed = { startTime: start, conditions: conditions('FailureTarget', 'Failed') }

interface Case {
  readonly it: string
  readonly spec?: object
  readonly from?: object
  readonly to: object
  readonly errors?: readonly string[]
}

const cases: readonly Case[] = [
  { it: 'completes', to: complete },
  { it: 'fails', to: failed },
  {
    it: 'counts', to: { active: -1, succeeded: -2, ready: -3, terminating: -4 },
    errors: [
      'status.active: Invalid value: -1: must be greater than or equal to 0',
      'status.succeeded: Invalid value: -2: must be greater than or equal to 0',
      'status.ready: Invalid value: -3: must be greater than or equal to 0',
      'status.terminating: Invalid value: -4: must be greater than or equal to 0',
      'status.succeeded: Invalid value: -2: cannot decrease the succeeded counter',
    ],
  },
  {
    it: 'names each uncounted pod once', to: { uncountedTerminatedPods: { succeeded: ['a', ''], failed: ['a'] } },
    errors: [
      'status.uncountedTerminatedPods.succeeded[1]: Invalid value: "": must not be empty',
      'status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"',
    ],
  },
  {
    it: 'ends one way', to: { ...complete, conditions: conditions('Complete', 'Failed', 'FailureTarget') },
    errors: [
      'status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions',
      'status.conditions: Invalid value: cannot set Complete=True and FailureTarget=true conditions',
      'status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
    ],
  },
  {
    it: 'is complete at a time', to: { ...complete, completionTime: undefined },
    errors: ['status.completionTime: Required value: completionTime is required for Complete jobs'],
  },
  {
    it: 'has a time of completion when it is complete', to: { startTime: end, completionTime: start },
    errors: [
      'status.completionTime: Invalid value: "2026-01-01T00:00:00Z": ' +
        'cannot set completionTime when there is no Complete=True condition',
      'status.completionTime: Invalid value: "2026-01-01T00:00:00Z": completionTime cannot be set before startTime',
    ],
  },
  {
    it: 'fails in two steps', to: { startTime: start, conditions: conditions('Failed') },
    errors: ['status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition'],
  },
  {
    it: 'leaves nothing behind', to: { ...failed, startTime: undefined, active: 1, terminating: 2, ready: 2,
      uncountedTerminatedPods: { failed: ['a'] } },
    errors: [
      'status.active: Invalid value: 1: active>0 is invalid for finished job',
      'status.startTime: Required value: startTime is required for finished job',
      'status.uncountedTerminatedPods: Invalid value: {"failed":["a"]}: ' +
        'uncountedTerminatedPods needs to be empty for finished job',
      'status.terminating: Invalid value: 2: terminating>0 is invalid for finished job',
      'status.ready: Invalid value: 2: cannot set more ready pods than active',
    ],
  },
  {
    it: 'has indexes only when it is indexed', to: { completedIndexes: '0', failedIndexes: '' },
    errors: [
      'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode',
      'status.failedIndexes: Invalid value: "": cannot set non-null failedIndexes when backoffLimitPerIndex is null',
    ],
  },
  {
    it: 'completes or fails each index', spec: { completionMode: 'Indexed', completions: 5, backoffLimitPerIndex: 1 },
    to: { completedIndexes: '0-2,4', failedIndexes: '2-3,9' },
    errors: [
      'status.failedIndexes: Invalid value: "2-3,9": error parsing failedIndexes: too large index: "9"',
      'status.failedIndexes: Invalid value: "2-3,9": failedIndexes and completedIndexes overlap at index: 2',
    ],
  },
  {
    it: 'succeeds or fails', to: { conditions: conditions('SuccessCriteriaMet', 'FailureTarget') },
    errors: ['status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and FailureTarget=true conditions'],
  },
  {
    it: 'does not come back', from: { ...complete, succeeded: 1, failed: 1 },
    to: { ...complete, conditions: [], startTime: end, completionTime: undefined },
    errors: [
      'status.conditions: Invalid value: cannot disable the terminal Complete=True condition',
      'status.failed: Invalid value: 0: cannot decrease the failed counter',
      'status.succeeded: Invalid value: 0: cannot decrease the succeeded counter',
      'status.startTime: Required value: startTime cannot be removed for unsuspended job',
      'status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition',
    ],
  },
  {
    it: 'completes once', from: complete, to: { ...complete, completionTime: '2026-01-01T00:02:00Z' },
    errors: ['status.completionTime: Invalid value: "2026-01-01T00:02:00Z": completionTime cannot be mutated'],
  },
  { it: 'may stay wrong in what does not change', from: { completedIndexes: '7' }, to: { completedIndexes: '7', active: 1 } },
]

function own(status: object, spec: object = {}): object {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'b' }] } }
  return { metadata: { name: 'a', uid: 'u' }, spec: { template, ...spec }, status }
}

for (const { it, spec, from = {}, to, errors = [] } of cases) {
  const row = { it, old: own(from, spec), object: own(to, spec), subresource: 'status', errors }
  test(it, () => assert.deepEqual(outcomeOf(job, row), expectedOf(row)))
}
