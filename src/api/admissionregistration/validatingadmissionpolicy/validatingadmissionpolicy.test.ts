/** Table: ValidatingAdmissionPolicies in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { validatingAdmissionPolicy } from './validatingadmissionpolicy.ts'

const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }

function own(spec: object = {}, name = 'a'): object {
  return { metadata: { name }, spec: {
    validations: [{ expression: 'true' }], matchConstraints: { resourceRules: [rule] }, ...spec,
  } }
}

const label = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
  + "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
const notCompiled = (source: string, column: number, problem: string): string =>
  `Invalid value: ${JSON.stringify(source)}: compilation failed: ERROR: <input>:1:${column}: ${problem}\n`
  + ` | ${source}\n | ${'.'.repeat(column - 1)}^`

const places = [...Array(21).keys()]

const rows: readonly Row[] = [
  {
    it: 'fails closed',
    object: own(),
    holds: {
      'spec.failurePolicy': 'Fail', 'spec.matchConstraints.matchPolicy': 'Equivalent',
      'spec.matchConstraints.namespaceSelector': {}, 'spec.matchConstraints.objectSelector': {}, status: {},
    },
  },
  {
    it: 'says something, about something',
    object: own({ validations: [], matchConstraints: {} }),
    errors: [
      'spec.matchConstraints.resourceRules: Required value',
      'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
      'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
    ],
  },
  {
    it: 'has choices that exist',
    object: own({
      failurePolicy: 'Maybe',
      matchConstraints: {
        matchPolicy: 'Roughly', objectSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] },
        resourceRules: [{ ...rule, resourceNames: ['a/b', 'c', 'c'] }],
      },
    }),
    errors: [
      'spec.failurePolicy: Unsupported value: "Maybe": supported values: "Fail", "Ignore"',
      'spec.matchConstraints.matchPolicy: Unsupported value: "Roughly": supported values: "Equivalent", "Exact"',
      "spec.matchConstraints.objectSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      'spec.matchConstraints.resourceRules[0].resourceNames[0]: Invalid value: "a/b": may not contain \'/\'',
      'spec.matchConstraints.resourceRules[0].resourceNames[2]: Duplicate value: "c"',
    ],
  },
  ...([
    [{ kind: 'K' }, ['spec.paramKind.apiVersion: Required value']],
    [{ apiVersion: 'a/b/c', kind: 'K' },
      ['spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c']],
    [{ apiVersion: 'a/', kind: 'K' }, ['spec.paramKind.apiVersion: Invalid value: "a/": version must be specified']],
    [{ apiVersion: 'a/1', kind: 'k-' }, [
      `spec.paramKind.apiVersion: Invalid value: "1": ${label}`,
      `spec.paramKind.kind: Invalid value: "k-": may have mixed case, but should otherwise match: ${label}`,
    ]],
  ] as const).map(([paramKind, errors]): Row => ({
    it: `does not take ${JSON.stringify(paramKind)} for parameters`, object: own({ paramKind }), errors,
  })),
  {
    it: 'names its variables, which need an expression and come in order',
    object: own({
      variables: [
        { name: 'a-b', expression: '1' }, { name: ' ', expression: ' ' }, { name: 'while', expression: 'variables.x' },
        { name: 'x', expression: '1' }, { name: 'x', expression: 'variables.x + "a"' },
      ],
    }),
    errors: [
      'spec.variables[0].name: Invalid value: "a-b": must be a valid CEL identifier',
      'spec.variables[1].name: Required value: name is not specified',
      'spec.variables[1].expression: Required value: expression is not specified',
      'spec.variables[2].name: Invalid value: "while": must be a valid CEL identifier',
      `spec.variables[2].expression: ${notCompiled('variables.x', 10, "undefined field 'x'")}`,
      `spec.variables[4].expression: ${notCompiled('variables.x + "a"', 13,
        "found no matching overload for '_+_' applied to '(int, string)'")}`,
    ],
  },
  {
    it: 'has variables only when it declares some',
    object: own({ validations: [{ expression: 'variables.a' }] }),
    errors: [`spec.validations[0].expression: ${notCompiled('variables.a', 1,
      "undeclared reference to 'variables' (in container '')")}`],
  },
  {
    it: 'judges each validation as a whole, and one after the other',
    object: own({ validations: [
      { expression: ' ', messageExpression: ' ', message: ' ', reason: 'NotFound' },
      { expression: 'object.a', messageExpression: 'object.a', message: 'a\nb' },
      { expression: 'true &&\ntrue' },
    ] }),
    errors: [
      'spec.validations[0].expression: Required value: expression is not specified',
      'spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified',
      'spec.validations[0].message: Invalid value: " ": must be non-empty if specified',
      'spec.validations[0].reason: Unsupported value: "NotFound": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
      'spec.validations[1].expression: Invalid value: "object.a": must evaluate to bool but got dyn',
      'spec.validations[1].messageExpression: Invalid value: "object.a": must evaluate to string but got dyn',
      'spec.validations[1].message: Invalid value: "a\\nb": must not contain line breaks',
    ],
  },
  {
    it: 'leaves notes whose keys are names behind its own',
    object: own({ validations: [], auditAnnotations: [
      { key: 'a', valueExpression: " 'v' " }, { key: 'a', valueExpression: ' 1 ' }, { key: '/', valueExpression: '' },
      { key: 'long', valueExpression: `'${'x'.repeat(5 * 1024)}'` },
    ] }),
    errors: [
      'spec.auditAnnotations[1].valueExpression: Invalid value: " 1 ": must evaluate to one of [string null_type] but got int',
      'spec.auditAnnotations[1].key: Duplicate value: "a"',
      'spec.auditAnnotations[2].key: Invalid value: "a//": a valid label key must consist of alphanumeric characters, \'-\', \'_\' '
        + "or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
        + "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
      'spec.auditAnnotations[2].valueExpression: Required value: valueExpression is not specified',
      'spec.auditAnnotations[3].valueExpression: Required value: must not exceed 5120 bytes in length',
    ],
  },
  {
    it: 'leaves at most twenty',
    object: own({ auditAnnotations: places.map((at) => ({ key: `k${at}`, valueExpression: "''" })) }),
    errors: [
      `spec.auditAnnotations: Invalid value: ${JSON.stringify(
        places.map((at) => ({ Key: `k${at}`, ValueExpression: "''" })))}: must not have more than 20 auditAnnotations`,
    ],
  },
  {
    it: 'looks at conditions again when the parameters are others',
    old: own({ matchConditions: [{ name: 'c', expression: ' params.a ' }] }),
    object: own({
      matchConditions: [{ name: 'c', expression: ' params.a ' }], paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    }),
    errors: ['spec.matchConditions[0].expression: Invalid value: "params.a": must evaluate to bool but got dyn'],
  },
  {
    it: 'is told what its types are by someone who can say it',
    subresource: 'status',
    old: own(),
    object: { ...own(), status: {
      typeChecking: { expressionWarnings: [{ fieldRef: 'spec.a[', warning: '' }, { fieldRef: ' ', warning: 'w' }] },
      conditions: [{ type: 'A', status: 'Yes', reason: 'R', lastTransitionTime: '2026-01-01T00:00:00Z', message: '' }],
    } },
    errors: [
      'status.typeChecking.expressionWarnings[0].warning: Required value',
      'status.typeChecking.expressionWarnings[0].fieldRef: Invalid value: "spec.a[": invalid JSONPath: unterminated array',
      'status.typeChecking.expressionWarnings[1].fieldRef: Required value',
      'status.conditions[0].status: Unsupported value: "Yes": supported values: "False", "True", "Unknown"',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(validatingAdmissionPolicy, row), expectedOf(row)))

test('names of files are not for the API', () => {
  assert.deepEqual(validatingAdmissionPolicy.warnings?.(own({}, 'a.static.k8s.io') as never, undefined), [
    'metadata.name: names ending with ".static.k8s.io" are reserved for static manifest-based configurations and cannot be managed via the API',
  ])
})
