/** Table: IngressClasses in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { ingressClass } from './ingressclass.ts'

const rows: readonly Row[] = [
  { it: 'accepts a controller with a domain', object: { metadata: { name: 'a' }, spec: { controller: 'a.b/c' } } },
  {
    it: 'wants a domain', object: { metadata: { name: 'a' }, spec: { controller: 'c' } },
    errors: ['spec.controller: Invalid value: "c": must be a domain-prefixed path (such as "acme.io/foo")'],
  },
  {
    it: 'finds its parameters in the cluster',
    object: {
      metadata: { name: 'a' }, spec: { controller: 'a.b/c', parameters: { kind: 'K', name: 'n', namespace: 'x' } },
    },
    errors: ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
    holds: { 'spec.parameters.scope': 'Cluster' },
  },
  {
    it: 'keeps its controller',
    old: { spec: { controller: 'a.b/c' } },
    object: { spec: { controller: 'a.b/d' } },
    errors: ['spec.controller: Invalid value: "a.b/d": field is immutable'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(ingressClass, row), expectedOf(row)))
