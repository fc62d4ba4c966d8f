/**
 * What is committed as generated is what the generator makes. SKIFF_UPSTREAM_SOURCES names the folder with k8s.io in
 * it.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { generate } from '../../tools/generate-api.ts'

const sources = process.env['SKIFF_UPSTREAM_SOURCES']

test('regenerating changes nothing', { skip: sources ? false : 'SKIFF_UPSTREAM_SOURCES is not set' }, () => {
  for (const [path, content] of generate(sources!)) {
    assert.equal(readFileSync(join(import.meta.dirname, '../..', path), 'utf8'), content, path)
  }
})
