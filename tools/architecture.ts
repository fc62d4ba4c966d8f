/** The architecture, as data. tidy.ts enforces it; ARCHITECTURE.md explains it. */

const library = ['base', 'machinery', 'api', 'world', 'client'] as const
const components = [
  'storage', 'etcd', 'apiserver', 'controllers', 'scheduler', 'kubelet', 'proxy', 'dns', 'network', 'kubectl', 'bootstrap',
] as const

/** Folder under src/ → the other folders that it may import. Types count: there is no `import type` exemption. */
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  machinery: ['base'],
  world: ['base', 'machinery'],
  api: ['base', 'machinery'],
  client: ['base', 'machinery', 'api', 'world'],
  storage: ['base', 'world'],
  etcd: ['base', 'world', 'storage'],
  apiserver: [...library, 'storage'],
  controllers: library,
  scheduler: library,
  kubelet: library,
  proxy: library,
  dns: library,
  network: library,
  kubectl: library,
  bootstrap: library,
  host: ['base', 'machinery', 'world'],
  cluster: [...library, ...components],
  sim: [...library, ...components, 'cluster'],
  main: [...library, ...components, 'cluster', 'host', 'sim'],
}

/** Folders that may touch Node and npm packages. Everything else is deterministic. */
export const impure: readonly string[] = ['host', 'main']

/** npm packages without a machine behind them, and the one place that each may be imported from. */
export const pureLibraries: Readonly<Record<string, string>> = {
  'js-yaml': 'src/machinery/codec/',
  're2js': 'src/machinery/regular-expression.ts',
}

/** Things that deterministic code must not name, what to use instead, and the file that this is made of. */
export const banned: readonly (readonly [pattern: RegExp, instead: string, except?: string])[] = [
  [/\bDate\.now\(|\bnew Date\(\)/, 'clock.now()'],
  [/\bMath\.random\(|\brandomUUID\(/, 'random'],
  [/\b(setTimeout|setInterval|setImmediate|queueMicrotask)\(/, 'clock.sleep()'],
  [/\b(WeakRef|FinalizationRegistry)\b/, 'explicit disposal', 'src/base/shared-value.ts'],
  [/\bconsole\./, 'log'],
]

/**
 * Folders whose sub-folders are siblings that never import each other, with the sub-folders that all may share.
 * A new controller, scheduler plugin or command is thereby one folder (or file) and one line in one list.
 */
export const siblings: Readonly<Record<string, readonly string[]>> = {
  'src/controllers/': ['driver', 'workload', 'testing'],
}

/** A hand-written file longer than this is split. Generated files are exempt. */
export const maxLines = 700

/** Code is broken into lines of at most this; a text in quotes may be longer. */
export const maxColumns = 120

/** Exports of these files are for others than the files of this repository. */
export const publicSurface: readonly string[] = ['src/main/library.ts']

/** Files (or folders) that are not yet held to `maxColumns` and to having no unused exports. The list only gets shorter. */
export const looseFolders: readonly string[] = [
  'src/apiserver/admission/plugins.test.ts',
]
