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
    errors: ['spec.podGroupTemplates: Required value: must have at least one item'],
  },
  {
    kind: workload,
    it: 'has templates with different names and one policy each',
    object: workloadOf(
      template, template, { name: '', schedulingPolicy: { basic: {}, gang: { minCount: 1 } } },
      { name: 'b', schedulingPolicy: { gang: { minCount: -1 } }, resourceClaims: [{ name: 'c' }], priority: 2e9 },
    ),
    errors: [
      'spec.podGroupTemplates[2].name: Required value',
      'spec.podGroupTemplates[2].schedulingPolicy: Invalid value: "{basic, gang}": must specify exactly one of: `basic`, `gang`',
      'spec.podGroupTemplates[3].schedulingPolicy.gang.minCount: Invalid value: -1: must be greater than or equal to 1',
      'spec.podGroupTemplates[3].resourceClaims[0]: Invalid value: "": must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
      'spec.podGroupTemplates[3].priority: Invalid value: 2000000000: must be less than or equal to 1000000000',
      'spec.podGroupTemplates[1]: Duplicate value: "a"',
    ],
  },
  {
    kind: workload,
    it: 'may get a controller later',
    old: workloadOf(template),
    object: { metadata: { name: 'a' }, spec: { podGroupTemplates: [template], controllerRef: { kind: 'Job', name: 'j' } } },
  },
  {
    kind: workload,
    it: 'keeps its templates',
    old: workloadOf(template),
    object: workloadOf({ ...template, name: 'b' }),
    errors: [
      'spec.podGroupTemplates: Invalid value: [{"name":"b","schedulingPolicy":{"gang":{"minCount":2}}}]: field is immutable',
    ],
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
    errors: ['spec.schedulingPolicy: Invalid value: {"gang":{"minCount":1}}: field is immutable'],
  },
]

for (const { kind, ...row } of rows) {
  test(`${kind.kind} ${row.it}`, () => assert.deepEqual(outcomeOf(kind, row), expectedOf(row)))
}
