/** A data directory says whose it is; what does not say so is never used or removed. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { claimDataDirectory, decideOwner, removeDataDirectory, type DirectoryOwner } from './data-directory.ts'

const mark = (format: number, cluster: unknown): string => JSON.stringify({ format, cluster })
const cases: readonly (readonly [string, readonly string[], string | undefined, DirectoryOwner])[] = [
  ['an absent or empty one', [], undefined, { type: 'nobody' }],
  ['a fresh file system', ['lost+found'], undefined, { type: 'nobody' }],
  ['a claim that a crash interrupted', ['skiff.json.new'], undefined, { type: 'nobody' }],
  ['one that was given the authorities of another server', ['pki'], undefined, { type: 'nobody' }],
  ['a claimed one', ['skiff.json', 'store'], mark(1, 'a'), { type: 'cluster', name: 'a' }],
  ['one of a later release', ['skiff.json'], mark(2, 'a'), { type: 'newer', format: 2 }],
  ["another program's", ['PG_VERSION', 'base'], undefined, { type: 'others', example: 'PG_VERSION' }],
  ['one with a mark that is not ours', ['skiff.json'], '{"boat":true}', { type: 'others', example: 'skiff.json' }],
  ['one with a mark that is no JSON', ['skiff.json'], '', { type: 'others', example: 'skiff.json' }],
]
for (const [name, names, text, owner] of cases) {
  test(`${name} belongs to: ${owner.type}`, () => assert.deepEqual(decideOwner({ names, mark: text }), owner))
}

test('only the cluster that claimed a directory can use and remove it', (context) => {
  const scratch = mkdtempSync(join(tmpdir(), 'data-directory-'))
  context.after(() => rmSync(scratch, { recursive: true, force: true }))
  const directory = join(scratch, 'deep/data')
  claimDataDirectory(directory, 'a')
  claimDataDirectory(directory, 'a')
  assert.throws(() => claimDataDirectory(directory, 'b'), { id: 'E-DATA-INUSE' })
  mkdirSync(join(directory, 'store'))
  assert.equal(removeDataDirectory(directory, 'b'), false)
  assert.deepEqual(readdirSync(directory).toSorted(), ['skiff.json', 'store'])
  assert.equal(removeDataDirectory(directory, 'a'), true)
  assert.equal(existsSync(directory), false)
  const foreign = join(scratch, 'foreign')
  mkdirSync(foreign)
  writeFileSync(join(foreign, 'thesis.txt'), 'years of work')
  assert.throws(() => claimDataDirectory(foreign, 'a'), { id: 'E-DATA-FOREIGN' })
  assert.equal(removeDataDirectory(foreign, 'a'), false)
  assert.deepEqual(readdirSync(foreign), ['thesis.txt'])
})

test('a directory that cannot be is an error and not an endless loop', { skip: !existsSync('/proc/self') }, () => {
  assert.throws(() => claimDataDirectory('/proc/skiff', 'a'), { id: 'E-PATH' })
})
