/** The built-in table is whole: every line parses and every reference leads somewhere. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schemas } from './schemas.ts'

test('every struct of the built-in table parses', () => {
  let fields = 0
  for (const name of schemas.names()) fields += schemas.struct(name).fields.length
  assert.ok(fields > 3000, `only ${fields} fields`)
})

test('the kinds that a cluster lives by are there', () => {
  for (const [group, version, kind] of [
    ['', 'v1', 'Pod'], ['apps', 'v1', 'Deployment'], ['apiextensions.k8s.io', 'v1', 'CustomResourceDefinition'],
    ['', 'v1', 'Status'], ['apiregistration.k8s.io', 'v1', 'APIService'], ['autoscaling', 'v1', 'Scale'],
    ['policy', 'v1', 'Eviction'], ['authentication.k8s.io', 'v1', 'TokenReview'],
    ['authorization.k8s.io', 'v1', 'SubjectAccessReview'], ['metrics.k8s.io', 'v1beta1', 'PodMetrics'],
    ['admission.k8s.io', 'v1', 'AdmissionReview'], ['meta.k8s.io', 'v1', 'Table'], ['', 'v1', 'DeleteOptions'],
    ['', 'v1', 'List'],
  ] as const) {
    assert.ok(schemas.kind(group, version, kind), `${group}/${version} ${kind}`)
  }
})

test('metadata of every kind with a name is ObjectMeta', () => {
  for (const { kind, struct } of schemas.kinds()) {
    const metadata = struct.fieldsByName.get('metadata')?.shape
    if (metadata?.type === 'struct') assert.match(metadata.struct.name, /\.(ObjectMeta|ListMeta)$/, kind)
  }
})
