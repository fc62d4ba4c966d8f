import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTooWide } from './tidy.ts'
import { unusedExports } from './unused-exports.ts'

test('an export that no other file names is found, a type is not', () => {
  const files = new Map([
    ['src/a.ts', 'export function used() {}\nexport function lonely() {}\nexport interface Shape {}\nlonely()\n'],
    ['src/a.test.ts', "import { used } from './a.ts'\n"],
    ['src/api/gen/b.ts', 'export const generated = 1\n'],
    ['tools/c.ts', 'export const elsewhere = 1\n'],
  ])
  assert.deepEqual(unusedExports(files), [{ path: 'src/a.ts', name: 'lonely' }])
})

test('a line is too wide when its code is, not when a text in it is', () => {
  const text = 'x'.repeat(120)
  assert.equal(isTooWide(`const name = '${text}'`), false)
  assert.equal(isTooWide(`import { name } from '${text}'`), false)
  assert.equal(isTooWide(`  throw new Error(\`${text} \${'in'} ${text}\`)`), false)
  assert.equal(isTooWide(`  | ${text}`), true)
  assert.equal(isTooWide(`/** ${text} */`), true)
})
