/**
 * Bundles the `skiff` command into dist/skiff.cjs (what a user starts), the cluster's own process and the library
 * beside it. Sources run as they are only in tests and development.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, renameSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type BuildOptions, type Plugin } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Built-in modules that a start does without. */
const seldom: ReadonlySet<string> = new Set([
  'node:http2',
  'node:https',
  'node:zlib',
  'node:dgram',
  'node:child_process',
])

/**
 * An import of a built-in module copies all that it exports, and so runs every getter of it: that of node:http alone
 * loads the whole of undici (20 ms). Here only what the sources name is read; of seldom used modules when it is used.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtin', sideEffects: false }))
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => {
      const load = `process.getBuiltinModule('${path}')`
      const names = Object.keys(process.getBuiltinModule(path) as object)
      if (seldom.has(path)) {
        return {
          contents: names
            .map((name) => `Object.defineProperty(exports, '${name}', { enumerable: true, get: () => ${load}.${name} });`)
            .join('\n'),
        }
      }
      // To call something pure is what esbuild leaves out where nobody wants the result.
      const read = names.filter((name) => name !== 'default')
        .map((name) => `export const ${name} = /* @__PURE__ */ $of('${name}')`)
      const all = [`const $all = ${load}`, 'const $of = (name) => $all[name]', 'export default $all']
      return { contents: [...all, ...read].join('\n') }
    })
  },
}

/**
 * V8 keeps a text in which a single character is beyond Latin-1 as two bytes for each: three megabytes more for as long
 * as the process lives.
 */
function requireAscii(file: string): void {
  const at = readFileSync(file).findIndex((byte) => byte > 127)
  if (at >= 0) throw new Error(`${file} is not ASCII at byte ${at}; spell the character as an escape in the source`)
}

// Made beside the old one and then put in its place, so that whoever starts meanwhile finds a whole one.
const fresh = `dist.${process.pid}`
const options: BuildOptions = {
  absWorkingDir: root,
  outdir: fresh,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node26',
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  minifySyntax: true,
  minifyWhitespace: true,
  plugins: [lazyBuiltins],
  logLevel: 'warning',
  // CommonJS dependencies inside an ES module bundle still call require.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
}
/** In one piece, because whoever starts it waits for all of it: a function, which takes what it is to export. */
async function bundleProgram(name: string, source: string): Promise<void> {
  const script: BuildOptions = { ...options, format: 'cjs', banner: {}, outExtension: { '.js': '.cjs' } }
  const { metafile } = await build({
    ...script,
    entryPoints: { [`${name}-program`]: source },
    entryNames: '[name]-[hash]',
    banner: { js: '(function (exports, module) {' },
    footer: { js: '})' },
    metafile: true,
  })
  const file = Object.keys(metafile!.outputs).find((output) => output.endsWith('.cjs'))!
  requireAscii(`${root}${file}`)
  await build({
    ...script,
    entryPoints: { [name]: 'src/main/compiled-program.ts' },
    define: { programFile: JSON.stringify(basename(file)) },
  })
}

await Promise.all([
  bundleProgram('skiff', 'src/main/skiff-program.ts'),
  bundleProgram('serve-process', 'src/main/serve-program.ts'),
  build({
    ...options,
    entryPoints: { library: 'src/main/library.ts' },
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
  }),
])
rmSync(`${root}dist`, { recursive: true, force: true })
renameSync(`${root}${fresh}`, `${root}dist`)
// What a command compiles first of all is thereby there for the first that a user gives.
execFileSync(process.execPath, [`${root}dist/skiff.cjs`, 'up', '--help'], { stdio: 'ignore' })
