/** Table: FlowSchemas in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { flowSchema } from './flowschema.ts'

function own(spec: object = {}): { metadata: object, spec: object } {
  return { metadata: { name: 'a' }, spec: { priorityLevelConfiguration: { name: 'l' }, ...spec } }
}

const rows: readonly Row[] = [
  { it: 'comes after the first thousand', object: own(), holds: { 'spec.matchingPrecedence': 1000, status: {} } },
  {
    it: 'comes first when it is exempt',
    object: own({ matchingPrecedence: 1 }),
    errors: ["spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"],
  },
  {
    it: 'is about somebody and something',
    object: own({ rules: [{ subjects: [{ kind: 'User', group: { name: 'g' } }] }] }),
    errors: ['spec.rules[0].subjects[0].user: Required value: user is required when subject kind is \'User\'',
      "spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'",
      'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty'],
  },
  {
    it: 'has the same verbs for paths as for resources',
    object: own({
      rules: [{
        subjects: [{ kind: 'User', user: { name: 'u' } }],
        nonResourceRules: [{ verbs: ['post'], nonResourceURLs: ['/a'] }, { verbs: ['*'], nonResourceURLs: ['*'] }],
      }],
    }),
    errors: [
      'spec.rules[0].nonResourceRules[0].verbs: Unsupported value: ["post"]: supported values: "create", "delete", '
      + '"deletecollection", "get", "list", "patch", "proxy", "update", "watch"',
    ],
  },
  {
    it: 'has each condition once, with a type',
    old: own(), subresource: 'status',
    object: { ...own(), status: { conditions: [{ type: 'Dangling' }, { type: 'Dangling' }, {}] } },
    errors: [
      'status.conditions[1].type: Duplicate value: "Dangling"',
      'status.conditions[2].type: Required value: must not be empty',
    ],
  },
  {
    it: 'leaves the schema that catches all as it is',
    object: { metadata: { name: 'catch-all' }, spec: own().spec },
    errors: [
      'spec: Invalid value: {"PriorityLevelConfiguration":{"Name":"l"},"MatchingPrecedence":1000,'
      + '"DistinguisherMethod":null,"Rules":null}: '
      + "spec of 'catch-all' must equal the fixed value",
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(flowSchema, row), expectedOf(row)))
