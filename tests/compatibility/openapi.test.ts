/**
 * OpenAPI beside what upstream's own clients are tested with (of 1.27 and older), apart from texts. Reads these documents
 * from the folder `SKIFF_UPSTREAM_SOURCES`; skipped without it.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { kinds } from '#api/kinds.ts'
import { schemas } from '#api/schemas.ts'
import { renderOpenApiV3 } from '#apiserver/openapi/documents.ts'
import { openApiDifferences } from './openapi-differences.ts'

const sources = process.env['SKIFF_UPSTREAM_SOURCES']
const folder = sources && join(sources, 'k8s.io/client-go/openapi/openapitest/testdata')

/** Where 1.36 itself differs from 1.27, in its sources. */
const changedSince = [
  /^components schemas io\.k8s\.api\.core\.v1\.ClaimSource$/,
  /\.PodResourceClaim properties source$/,
  /\.PersistentVolumeClaimStatus properties resizeStatus$/,
  /\.PersistentVolumeClaimSpec properties resources allOf 0 \$ref$/,
  /\.LabelSelectorRequirement properties key x-kubernetes-patch-(merge-key|strategy)$/,
  /\.(HostAlias|PodIP|TokenRequest|TokenRequestSpec|TokenRequestStatus|CronJob|StatefulSetSpec|EndpointSlice) required$/,
  /\.(PodFailurePolicyOnPodConditionsPattern|PodFailurePolicyRule) required$/,
  /meta\.v1\.Status x-kubernetes-group-version-kind 1$/,
]

const documents = [
  ['api__v1', '', 'v1'],
  ['apis__apps__v1', 'apps', 'v1'],
  ['apis__batch__v1', 'batch', 'v1'],
  ['apis__discovery.k8s.io__v1', 'discovery.k8s.io', 'v1'],
] as const

for (const [name, group, version] of documents) {
  const file = folder && join(folder, `${name}_openapi.json`)
  test(`${name} says what upstream's document says`, { skip: !file || !existsSync(file) }, () => {
    const upstream: unknown = JSON.parse(readFileSync(file!, 'utf8'))
    const ours = renderOpenApiV3({ group, version }, kinds, schemas, { serverVersion: 'unversioned' })
    const differences = openApiDifferences(upstream, ours)
      .filter(({ at }) => !changedSince.some((pattern) => pattern.test(at)))
    assert.deepEqual(differences, [])
  })
}

test('what is missing, other or too much is found', () => {
  const upstream = { properties: { a: { type: 'string', description: 'x' }, b: {} }, required: ['a'] }
  const at = (ours: unknown): readonly string[] => openApiDifferences(upstream, ours).map(({ at: path }) => path)
  assert.deepEqual(at({ properties: { a: { type: 'string' }, b: {}, later: {} }, required: ['a', 'later'] }), [])
  assert.deepEqual(at({ properties: { a: { type: 'integer' } }, required: [] }), [
    'properties a type', 'properties b', 'required',
  ])
  assert.deepEqual(at({ ...upstream, 'x-kubernetes-unions': [] }), ['x-kubernetes-unions'])
})
