/** Table: RuntimeClasses in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { runtimeClass } from './runtimeclass.ts'

const rows: readonly Row[] = [
  { it: 'has a handler', object: { metadata: { name: 'a' }, handler: 'runc' } },
  {
    it: 'keeps its handler',
    old: { handler: 'runc' },
    object: { handler: 'gvisor' },
    errors: ['handler: Invalid value: "gvisor": field is immutable'],
  },
  {
    it: 'tolerates each taint once',
    object: {
      metadata: { name: 'a' },
      handler: 'b',
      scheduling: {
        tolerations: [
          { operator: 'Exists', effect: 'NoExecute' },
          { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 },
        ],
      },
    },
    errors: ['scheduling.tolerations[1]: Duplicate value: {"Key":"","Operator":"Exists","Value":"","Effect":"NoExecute",'
      + '"TolerationSeconds":1}'],
  },
  {
    it: 'needs whole parts of what it adds to a pod',
    object: { metadata: { name: 'a' }, handler: 'b', overhead: { podFixed: { cpu: '-1' } } },
    errors: ['overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(runtimeClass, row), expectedOf(row)))
