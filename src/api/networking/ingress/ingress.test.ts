/** Table: Ingresses in → faults out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { ingress } from './ingress.ts'

const backend = { service: { name: 'a', port: { number: 80 } } }

function own(spec: object): object {
  return { metadata: { name: 'a' }, spec }
}

function path(fields: object = {}): object {
  return { path: '/', pathType: 'Prefix', backend, ...fields }
}

const rows: readonly Row[] = [
  { it: 'accepts a rule', object: own({ rules: [{ host: '*.a.b', http: { paths: [path()] } }] }) },
  {
    it: 'leads somewhere',
    object: own({}),
    errors: ['spec: Invalid value: []: either `defaultBackend` or `rules` must be specified'],
  },
  {
    it: 'needs a kind of path',
    object: own({ rules: [{ http: { paths: [{ path: '/' }] } }] }),
    errors: ['spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified'],
  },
  {
    it: 'has paths from the root, without tricks',
    object: own({ rules: [{ http: { paths: [path({ path: 'a//b' })] } }] }),
    errors: ['spec.rules[0].http.paths[0].path: Invalid value: "a//b": must be an absolute path',
      `spec.rules[0].http.paths[0].path: Invalid value: "a//b": must not contain '//'`],
  },
  {
    it: 'names a port once', object: own({ defaultBackend: { service: { name: 'a', port: {} } } }),
    errors: ['spec.defaultBackend: Required value: port name or number is required'],
  },
  {
    it: 'names its class once',
    object: {
      ...own({ defaultBackend: backend, ingressClassName: 'x' }),
      metadata: { name: 'a', annotations: { 'kubernetes.io/ingress.class': 'y' } },
    },
    errors: [
      'annotations.kubernetes.io/ingress.class: Invalid value: "y": must match `ingressClassName` when both are specified',
    ],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(ingress, row), expectedOf(row)))
