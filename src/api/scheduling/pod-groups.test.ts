/** Table: Workloads and PodGroups in → what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { expectedOf, outcomeOf, type Row } from '../kind-check.ts'
import { podGroup } from './podgroup/podgroup.ts'
import { workload } from './workload/workload.ts'

const template = { name: 'a', schedulingPolicy: { gang: { minCount: 2 } } }

function workloadOf(...podGroupTemplates: readonly object[]): object {
  return { metadata: { name: 'a' }, spec: { podGroupTemplates } }
}

const rows: readonly (Row & { readonly kind: AnyKind })[] = [
  { kind: workload, it: 'is made of gangs', object: workloadOf(template) },
  {
    kind: workload,
    it: 'has a template',
    object: workloadOf(),
    errors: ['spec.podGroupTemplates: Required value'],
  },
  {
    kind: workload,
    it: 'has templates with different names and one policy each',
    object: workloadOf(
      template, template, { name: '', schedulingPolicy: { basic: {}, gang: { minCount: 0 } } },
      { name: 'b', schedulingPolicy: { gang: { minCount: -1 } } },
    ),
    errors: [
      'spec.podGroupTemplates[1]: Duplicate value: {"name":"a","schedulingPolicy":{"gang":{"minCount":2}},"schedulingConstraints":null}',
      'spec.podGroupTemplates[2].name: Required value',
      'spec.podGroupTemplates[2].schedulingPolicy: Invalid value: "{basic, gang}": must specify exactly one of: `basic`, `gang`',
      'spec.podGroupTemplates[2].schedulingPolicy.gang.minCount: Required value',
      'spec.podGroupTemplates[3].schedulingPolicy.gang.minCount: Invalid value: -1: must be greater than or equal to 1',
    ],
  },
  {
    kind: workload,
    it: 'says nothing to features that are off',
    object: workloadOf({
      ...template, resourceClaims: [{ name: 'c' }], priority: 2e9, schedulingConstraints: { topology: [{ key: '' }] },
      disruptionMode: 'Never', priorityClassName: 'P',
    }),
    holds: { 'spec.podGroupTemplates.0': template },
  },
  {
    kind: workload,
    it: 'keeps its controller',
    old: workloadOf(template),
    object: { metadata: { name: 'a' }, spec: { podGroupTemplates: [template], controllerRef: { kind: 'Job', name: 'j' } } },
    errors: ['spec.controllerRef: Invalid value: null: field is immutable'],
  },
  {
    kind: workload,
    it: 'keeps its templates',
    old: workloadOf(template),
    object: workloadOf({ ...template, name: 'b' }),
    errors: ['spec.podGroupTemplates: Invalid value: null: field is immutable'],
  },
  {
    kind: podGroup,
    it: 'names the template from which it was made',
    object: { metadata: { name: 'a' }, spec: { podGroupTemplateRef: { workload: {} }, schedulingPolicy: {} } },
    errors: [
      'spec.podGroupTemplateRef.workload.workloadName: Required value',
      'spec.podGroupTemplateRef.workload.podGroupTemplateName: Required value',
      'spec.schedulingPolicy: Invalid value: "": must specify one of: `basic`, `gang`',
    ],
  },
  {
    kind: podGroup,
    it: 'keeps its policy',
    old: { metadata: { name: 'a' }, spec: { schedulingPolicy: { basic: {} } } },
    object: { metadata: { name: 'a' }, spec: { schedulingPolicy: { gang: { minCount: 1 } } } },
    errors: ['spec.schedulingPolicy: Invalid value: null: field is immutable'],
  },
]

for (const { kind, ...row } of rows) {
  test(`${kind.kind} ${row.it}`, () => assert.deepEqual(outcomeOf(kind, row), expectedOf(row)))
}
