/** Table: DaemonSets in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DaemonSet } from '../../gen/apps-v1.ts'
import { checkCreate, expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { daemonSet } from './daemonset.ts'

const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'b' }] } }

function own(spec: object = {}): object {
  return { metadata: { name: 'a' }, spec: { selector: { matchLabels: { app: 'a' } }, template, ...spec } }
}

const rows: readonly Row[] = [
  {
    it: 'replaces one pod at a time', object: own(),
    holds: {
      'spec.updateStrategy': { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      'spec.revisionHistoryLimit': 10,
      status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
    },
  },
  {
    it: 'has one pod too few or one too many, not both',
    object: own({ updateStrategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } } }),
    errors: [
      'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
    ],
  },
  {
    it: 'can move', object: own({ updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } }),
    errors: ['spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0'],
  },
  {
    it: 'selects something',
    object: own({ selector: {} }),
    errors: ['spec.selector: Invalid value: {}: empty selector is invalid for daemonset'],
  },
  {
    it: 'tells both counts before their bounds',
    object: own({ updateStrategy: { rollingUpdate: { maxUnavailable: '101%', maxSurge: -1 } } }),
    errors: [
      'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: -1: must be greater than or equal to 0',
      'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
      'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: -1: may not be set when maxUnavailable is non-zero',
    ],
  },
  {
    it: 'does not ask for a selector, but for pods that it selects',
    object: { metadata: { name: 'a' }, spec: { template } },
    errors: ['spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`'],
  },
]

const count = 'deprecated.daemonset.template.generation'
const counted = (generation: string, spec?: object): object =>
  ({ ...own(spec), metadata: { name: 'a', annotations: { [count]: generation, other: 'b' } } })

const counts: readonly Row[] = [
  { it: 'counts its first template', object: own(), holds: { 'metadata.annotations': { [count]: '1' } } },
  {
    it: 'lets who makes it count from elsewhere', object: counted('+07'),
    holds: { 'metadata.annotations': { [count]: '7', other: 'b' } },
  },
  {
    it: 'counts from one at least', object: counted('-7'),
    holds: { 'metadata.annotations': { [count]: '1', other: 'b' } },
  },
  {
    it: 'lets nobody change the count', old: checked(counted('3')), object: own({ minReadySeconds: 1 }),
    holds: { 'metadata.annotations': { [count]: '3' } },
  },
  {
    it: 'lets nobody change the count with the status', old: counted('3'), object: counted('9'), subresource: 'status',
    holds: { 'metadata.annotations': { [count]: '3', other: 'b' } },
  },
  {
    it: 'counts a new template', old: checked(counted('3')),
    object: own({ template: { ...template, metadata: { labels: { app: 'a', b: 'c' } } } }),
    holds: { 'metadata.annotations': { [count]: '4' } },
  },
  {
    it: 'never changes the selector, which it says first',
    old: checked(own()), object: own({ selector: {} }),
    errors: [
      'spec.selector: Invalid value: {}: field is immutable',
      'spec.selector: Invalid value: {}: empty selector is invalid for daemonset',
    ],
  },
]

/** As it came to be stored. */
function checked(object: object): object {
  return checkCreate(daemonSet, object as DaemonSet).object
}

test('reads the count of templates as a number', () => {
  for (const [text, why] of [['x', 'invalid syntax'], ['9223372036854775808', 'value out of range']] as const) {
    assert.throws(
      () => outcomeOf(daemonSet, { it: '', object: counted(text) }),
      { message: `strconv.ParseInt: parsing "${text}": ${why}` },
    )
  }
})

for (const row of [...rows, ...counts]) test(row.it, () => assert.deepEqual(outcomeOf(daemonSet, row), expectedOf(row)))
