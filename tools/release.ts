/** Makes what others import: the bundle and its type declarations in dist/. `tools/with-node tools/release.ts` */
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const types = join(root, 'dist/types')

execFileSync(process.execPath, [join(root, 'tools/bundle.ts')], { stdio: 'inherit' })
execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.release.json'], { cwd: root, stdio: 'inherit' })

/**
 * Declarations keep the source's own specifiers; outside this package `#` means nothing, and there are no .ts files.
 */
for (const file of globSync('**/*.d.ts', { cwd: types })) {
  const path = join(types, file)
  const text = readFileSync(path, 'utf8')
  const rewritten = text.replace(/(['"])(#[^'"]+|\.{1,2}\/[^'"]+)\.ts\1/g, (_, quote: string, specifier: string) => {
    const target = specifier.startsWith('#') ? relative(dirname(file), specifier.slice(1)) : specifier
    return `${quote}${target.startsWith('.') ? target : `./${target}`}.js${quote}`
  })
  if (rewritten !== text) writeFileSync(path, rewritten)
}
