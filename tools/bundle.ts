/**
 * Bundles src/main/skiff.ts into dist/skiff.mjs (what a user starts), the library and the cluster's own process beside
 * it. Sources run as they are only in tests and development.
 */
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
const program: BuildOptions = {
  ...options, format: 'cjs', banner: {}, outExtension: { '.js': '.cjs' },
}

/** In one piece, because whoever starts it waits for all of it: a function, which takes what it is to export. */
async function bundleServeProgram(): Promise<string> {
  const { metafile } = await build({
    ...program,
    entryPoints: { 'serve-program': 'src/main/serve-program.ts' },
    entryNames: '[name]-[hash]',
    banner: { js: '(function (exports, module) {' },
    footer: { js: '})' },
    metafile: true,
  })
  const file = Object.keys(metafile!.outputs).find((name) => name.endsWith('.cjs'))!
  requireAscii(`${root}${file}`)
  return basename(file)
}

const [programFile] = await Promise.all([
  bundleServeProgram(),
  build({
    ...options,
    entryPoints: { skiff: 'src/main/skiff.ts', library: 'src/main/library.ts' },
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
  }),
])
await build({
  ...program,
  entryPoints: { 'serve-process': 'src/main/bundled-serve-process.ts' },
  define: { programFile: JSON.stringify(programFile) },
})
rmSync(`${root}dist`, { recursive: true, force: true })
renameSync(`${root}${fresh}`, `${root}dist`)
