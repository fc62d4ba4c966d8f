/** Table: PodTemplates in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stored } from '#machinery/meta/object.ts'
import type { PodTemplate } from '../../gen/core-v1.ts'
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

test('warns of its template when that changes', () => {
  const template = { spec: { containers: [], nodeSelector: { 'beta.kubernetes.io/os': 'linux' } } }
  const stored: Stored<PodTemplate> = {
    metadata: { name: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', generation: 1 },
    template,
  }
  const warning = 'template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'
  assert.deepEqual(podTemplate.warnings?.({ metadata: { name: 'a' }, template }, undefined), [warning])
  assert.deepEqual(podTemplate.warnings?.({ metadata: { name: 'a', generation: 1 }, template }, stored), [])
})

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(podTemplate, row), expectedOf(row)))
