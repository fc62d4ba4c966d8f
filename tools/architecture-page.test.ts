import assert from 'node:assert/strict'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const page = read('ARCHITECTURE.md')
const pages = ['ARCHITECTURE.md', 'README.md', ...globSync('docs/{guides,internals}/*.md', { cwd: root })]
const folders = readdirSync(join(root, 'src'))

/** What stands in backticks within a sentence; whole blocks of code are examples. */
function quoted(markdown: string): string[] {
  return [...markdown.replace(/^```[^]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!)
}

test('every folder of src has its words on the page, and no other is spoken of', () => {
  const named = quoted(page).map((text) => /^src\/([a-z]+)\/$/.exec(text)?.[1]).filter((name) => name !== undefined)
  assert.deepEqual([...new Set(named)].toSorted(), folders.toSorted())
})

test('every folder of the API server has its place on the page', () => {
  const parts = readdirSync(join(root, 'src/apiserver'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const named = new Set(quoted(page))
  assert.deepEqual(parts.map(({ name }) => `${name}/`).filter((name) => !named.has(name)), [])
})

for (const path of pages) {
  test(`every file that ${path} names exists`, () => {
    const names = quoted(read(path)).filter((text) => /^(src|tests|tools|bench|docs)\/[\w./-]*$/.test(text))
    assert.deepEqual(names.filter((name) => !existsSync(join(root, name))), [])
  })
}

test('every name that the page puts in backticks is a name in the code', () => {
  const text = globSync('{src,tools,tests}/**/*.ts', { cwd: root })
    .filter((path) => !path.includes('/gen/'))
    .map(read)
    .join('\n')
  const words = new Set(text.match(/[A-Za-z_$][\w$-]*/g))
  const scripts = (JSON.parse(read('package.json')) as { readonly scripts: object }).scripts
  const known = (name: string): boolean => words.has(name) || folders.includes(name) || name in scripts
  const unknown = quoted(page)
    .filter((name) => !name.includes('/') && !/^(npm run|ls) /.test(name))
    .flatMap((name) => name.match(/[A-Za-z_$][\w$-]*/g) ?? [])
    .filter((name) => !['await', 'using'].includes(name) && !known(name))
  assert.deepEqual(unknown, [])
})

test('every page about an inside is named on the page, and every decision has its date', () => {
  for (const path of globSync('docs/internals/*.md', { cwd: root })) assert.ok(page.includes(path), path)
  for (const path of globSync('docs/decisions/*.md', { cwd: root })) {
    const number = /(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1]
    assert.match(read(path), new RegExp(`^# ${number}: .+\n\nDate: \\d{4}-\\d\\d-\\d\\d\\.\n`), path)
  }
})
