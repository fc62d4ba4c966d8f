/** Reads when upstream deprecates and removes its kinds, and writes it as a table. */
import { header } from './emit-types.ts'

/** Minor versions of 1.x (0: not set), and what to use instead (`apps/v1 Deployment`). */
export type Lifecycle = readonly [deprecated: number, removed: number, replacement?: string]

/** Kind → lifecycle, of the text of a zz_generated.prerelease-lifecycle.go; only kinds that are deprecated at some time. */
export function readLifecycles(text: string): ReadonlyMap<string, Lifecycle> {
  const facts = new Map<string, Map<string, string>>()
  for (const [, kind, what, value] of text.matchAll(/^func \(in \*(\w+)\) APILifecycle(\w+)\(\)[^{]*\{\s*return (.*)$/gm)) {
    const known = facts.get(kind!) ?? new Map<string, string>()
    facts.set(kind!, known.set(what!, value!))
  }
  const lifecycles = new Map<string, Lifecycle>()
  for (const [kind, known] of facts) {
    const deprecated = minorOf(known.get('Deprecated'))
    if (deprecated === 0 || kind.endsWith('List')) continue
    const [, group, version, name] = /Group: "([^"]*)", Version: "([^"]*)", Kind: "([^"]*)"/.exec(known.get('Replacement') ?? '') ?? []
    const removed = minorOf(known.get('Removed'))
    lifecycles.set(kind, name === undefined ? [deprecated, removed] : [deprecated, removed, `${group ? `${group}/` : ''}${version} ${name}`])
  }
  return lifecycles
}

function minorOf(majorAndMinor: string | undefined): number {
  return majorAndMinor === undefined ? 0 : Number(majorAndMinor.split(',')[1])
}

export function emitLifecycles(lifecycles: ReadonlyMap<string, Lifecycle>): string {
  const lines = [...lifecycles].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([kind, [deprecated, removed, replacement]]) =>
    `  '${kind}': [${deprecated}, ${removed}${replacement === undefined ? '' : `, '${replacement}'`}],`)
  return [
    header('the Go sources of k8s.io'),
    '/** Minor versions of 1.x in which a kind is deprecated and removed (0: not set), and what to use instead. */\n',
    'export type Lifecycle = readonly [deprecated: number, removed: number, replacement?: string]\n\n',
    '/** `group/version/Kind` → lifecycle. */\n',
    `export const lifecycles: Readonly<Record<string, Lifecycle>> = {\n${lines.join('\n')}\n}\n`,
  ].join('')
}
