/** The programs in docs/guides/fork-and-history.md do what the page says. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'

const page = await readFile(new URL('../../docs/guides/fork-and-history.md', import.meta.url), 'utf8')
const programs = [...page.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1]!)
const directory = await mkdtemp(join(tmpdir(), 'guide-'))
const library = new URL('library.ts', import.meta.url).href

describe('the guide to forks', () => {
  after(() => rm(directory, { recursive: true }))
  assert.equal(programs.length, 2)
  for (const [index, program] of programs.entries()) {
    test(`has a program ${index + 1} that runs to its end`, async () => {
      const file = join(directory, `${index}.mts`)
      await writeFile(file, program.replaceAll("'skiff'", JSON.stringify(library)))
      await import(pathToFileURL(file).href)
    })
  }
})
