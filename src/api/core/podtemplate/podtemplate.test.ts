/** Table: PodTemplates in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { podTemplate } from './podtemplate.ts'

const rows: readonly Row[] = [
  {
    it: 'fills in its template, less than a pod',
    object: { metadata: { name: 'a' }, template: { spec: { containers: [{ name: 'a', image: 'b' }] } } },
    holds: { 'template.spec.restartPolicy': 'Always', 'template.spec.enableServiceLinks': undefined },
  },
  {
    it: 'needs a container', object: { metadata: { name: 'a' } }, errors: ['template.spec.containers: Required value'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(podTemplate, row), expectedOf(row)))
