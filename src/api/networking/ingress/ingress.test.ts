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
  {
    it: 'keeps a bad name of a secret, and a bad rule for many hosts, once it has them',
    old: { spec: { tls: [{ secretName: 'A' }], rules: [{ host: '*.a.b', http: { paths: [] } }] } },
    object: { spec: { tls: [{ secretName: 'B' }], rules: [{ host: '*.c.d', http: { paths: [] } }] } },
  },
  {
    it: 'keeps the addresses that it is reached at',
    old: { status: { loadBalancer: { ingress: [{ ip: '010.0.0.1' }] } } }, subresource: 'status',
    object: { status: { loadBalancer: { ingress: [{ ip: '010.0.0.1' }, { ip: '010.0.0.2' }] } } },
    errors: ['status.loadBalancer.ingress[1].ip: Invalid value: "010.0.0.2": must not have leading 0s'],
  },
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(ingress, row), expectedOf(row)))

test('warns of an annotation that is a field', () => {
  const annotated = { metadata: { annotations: { 'kubernetes.io/ingress.class': 'a' } } }
  assert.deepEqual(ingress.warnings!(annotated as never, undefined),
    ['annotation "kubernetes.io/ingress.class" is deprecated, please use \'spec.ingressClassName\' instead'])
})
