/** Every planted bug still fits into the code; a few are planted with every test run, all of them by the campaign. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { plant } from '#sim/mutants/mutant.ts'
import { mutants } from '#sim/mutants/mutants.ts'
import { mutantCampaign } from './mutant-campaign.ts'

const root = join(import.meta.dirname, '../..')
const planted = [
  'a group of changes is written and not synced',
  'etcd 19179: a watch from the compacted revision does not tell what was deleted there',
  'each frame has a checksum of its own',
]

test('every bug fits into the code as it is now, and makes other code of it', () => {
  for (const { name, edits } of mutants) {
    const sources = new Map<string, string>()
    for (const edit of edits) {
      const before = sources.get(edit.file) ?? readFileSync(join(root, edit.file), 'utf8')
      const after = plant(before, edit)
      assert.notEqual(after, before, name)
      sources.set(edit.file, after)
    }
    for (const source of sources.values()) assert.ok(stripTypeScriptTypes(source).length > 0, name)
  }
})

test('no two bugs have one name', () => {
  assert.equal(new Set(mutants.map(({ name }) => name)).size, mutants.length)
})

test('a text that is not there, or there twice, is no place for a bug', () => {
  assert.throws(() => plant('a b', { file: 'f', before: 'c', after: '' }), /f no longer holds the text, .*: c/)
  assert.throws(() => plant('a b a', { file: 'f', before: 'a', after: '' }), /f holds the text more than once, .*: a/)
})

test('bugs that are planted are noticed, by the check that is named', async () => {
  for (const name of planted) {
    const at = mutants.findIndex((mutant) => mutant.name === name)
    assert.ok(at >= 0, name)
    const { failures, notes } = await mutantCampaign.run(at + 1)
    assert.deepEqual(failures, [])
    assert.match(notes[0]!, new RegExp(`^${name} → `))
  }
})
