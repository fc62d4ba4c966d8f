/**
 * Every resource in every served version, opt-in and removed ones included: a full sample of it goes through all verbs
 * and forms, and what comes back is what tests/conformance/golden says. `node tests/conformance/every-kind.test.ts
 * --rewrite` makes the golden files anew.
 */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseRuntimeConfig } from '#api/runtime-config.ts'
import { schemas } from '#api/schemas.ts'
import { servedKinds } from '#api/served-kinds.ts'
import { KindDriver } from './drive-kind.ts'
import { byKind } from './sample-values.ts'
import { acceptedSample, fullSample, type JsonObject } from './valid-sample.ts'

const golden = join(import.meta.dirname, 'golden')
const rewrite = process.argv.includes('--rewrite')
const kinds = servedKinds(parseRuntimeConfig('api/all=true,api/legacy=true'))
const files = new Set<string>()

if (rewrite) {
  rmSync(golden, { recursive: true, force: true })
  mkdirSync(golden)
}

for (const kind of kinds) {
  for (const version of kind.versions) {
    // What is only asked, and never stored, has tests of its own.
    if (!kind.verbs.includes('create') || !kind.verbs.includes('get')) continue
    const driver = new KindDriver(kind, version, kinds)
    const file = `${driver.apiVersion.replace('/', '.')}.${kind.kind}.json`
    files.add(file)
    test(`${driver.apiVersion} ${kind.kind}`, async () => {
      const path = join(golden, file)
      if (rewrite) {
        const metadata = { name: byKind[kind.kind] ?? 'sample', labels: { app: 'sample' }, annotations: { note: 'sample' } }
        const first: JsonObject = { ...fullSample(schemas.struct(version.schema)), apiVersion: driver.apiVersion, kind: kind.kind, metadata }
        const course = await driver.run(await acceptedSample(first, (sample) => driver.judge(sample)))
        writeFileSync(path, `${JSON.stringify(course, undefined, 1)}\n`)
        return
      }
      assert.ok(existsSync(path), `${path} is missing: run this file with --rewrite`)
      const expected = JSON.parse(readFileSync(path, 'utf8')) as JsonObject
      const course = await driver.run(expected['sample'] as JsonObject)
      assert.deepEqual(JSON.parse(JSON.stringify(course)), expected)
    })
  }
}

test('there is no golden file without its resource', () => {
  assert.deepEqual(readdirSync(golden).filter((file) => !files.has(file)), [])
})
