/** Table: `--runtime-config` → what is served more, or less, than by default. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kinds } from './kinds.ts'
import { optInKinds } from './opt-in-kinds.ts'
import { parseRuntimeConfig } from './runtime-config.ts'
import { schemas } from './schemas.ts'
import { servedKinds } from './served-kinds.ts'

const usual = kinds.map(({ group, plural }) => `${plural}.${group}`)

const table: readonly (readonly [config: string, more: readonly string[], less: readonly string[]])[] = [
  ['', [], []],
  ['storagemigration.k8s.io/v1beta1', ['storageversionmigrations.storagemigration.k8s.io'], []],
  ['scheduling.k8s.io/v1alpha2=true', ['podgroups.scheduling.k8s.io', 'workloads.scheduling.k8s.io'], []],
  ['batch/v1=false', [], ['cronjobs.batch', 'jobs.batch']],
  ['api/all=false,v1=true', [], usual.filter((name) => !name.endsWith('.'))],
  ['policy/v1/poddisruptionbudgets=false', [], ['poddisruptionbudgets.policy']],
]

for (const [config, more, less] of table) {
  test(`serves ${more.length} more and ${less.length} less with "${config}"`, () => {
    const served = servedKinds(parseRuntimeConfig(config)).map(({ group, plural }) => `${plural}.${group}`)
    assert.deepEqual(served.filter((name) => !usual.includes(name)), more)
    assert.deepEqual(usual.filter((name) => !served.includes(name)), less)
  })
}

test('prefers a version that is served', () => {
  const [kind] = servedKinds([['api/all', false], ['autoscaling/v1', true]])
  assert.equal(kind?.preferredVersion.version, 'v1')
  assert.equal(kind?.storedVersion.version, 'v2')
})

test('serves removed versions only for api/legacy, or one resource at a time', () => {
  const betas = (config: string): string[] =>
    servedKinds(parseRuntimeConfig(config)).flatMap(({ group, plural, versions }) =>
      versions
        .filter(({ version, served }) => served && version.includes('beta'))
        .map(({ version }) => `${group}/${version}/${plural}`),
    )
  assert.deepEqual(betas('policy/v1beta1=true'), [])
  assert.deepEqual(betas('policy/v1beta1/poddisruptionbudgets=true'), ['policy/v1beta1/poddisruptionbudgets'])
  const all = betas('api/legacy=true,rbac.authorization.k8s.io/v1beta1/roles=false')
  assert.equal(all.length, 37)
  for (const kind of servedKinds(parseRuntimeConfig('api/legacy=true'))) {
    for (const { version, schema } of kind.versions) {
      assert.equal(schemas.kind(kind.group, version, kind.kind)?.name, schema)
    }
    assert.ok(!kind.preferredVersion.version.includes('beta'))
  }
})

test('refuses what is neither on nor off', () => assert.equal(parseRuntimeConfig('apps/v1=maybe'), undefined))

test('every opt-in kind has a schema and columns, and is served by no version', () => {
  for (const kind of optInKinds) {
    for (const { version, schema, served } of kind.versions) {
      assert.equal(schemas.kind(kind.group, version, kind.kind)?.name, schema)
      assert.equal(served, false)
    }
    assert.ok(kind.columns?.length)
  }
})
