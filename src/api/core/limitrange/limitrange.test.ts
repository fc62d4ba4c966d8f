/** Table: LimitRanges in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { limitRange } from './limitrange.ts'

function limits(...items: object[]): object {
  return { metadata: { name: 'a' }, spec: { limits: items } }
}

const rows: readonly Row[] = [
  {
    it: 'derives defaults from limits',
    object: limits({ type: 'Container', max: { cpu: '2' }, min: { memory: '1Mi' } }),
    holds: { 'spec.limits.0.default': { cpu: '2' }, 'spec.limits.0.defaultRequest': { cpu: '2', memory: '1Mi' } },
  },
  {
    it: 'allows more than it asks for',
    object: limits({ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } }),
    errors: ['spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'],
  },
  {
    it: 'has no defaults for pods',
    object: limits({ type: 'Pod', default: { cpu: '1' } }),
    errors: ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"],
  },
  {
    it: 'limits storage of claims',
    object: limits({ type: 'PersistentVolumeClaim' }),
    errors: [
      'spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
    ],
  },
  {
    it: 'knows what can be limited',
    object: limits({ type: 'X', max: { gold: '1' } }),
    errors: [
      'spec.limits[0].type: Invalid value: "X": must be a standard limit type or fully qualified',
      'spec.limits[0].max[gold]: Invalid value: "gold": must be a standard resource type or fully qualified',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(limitRange, row), expectedOf(row)))
