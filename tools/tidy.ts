/**
 * Checks the code itself: layers, purity, cycles, size, unused exports. Part of `npm run ok`, so that it cannot drift
 * from what is enforced.
 */
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import {
  banned,
  impure,
  looseFolders,
  maxColumns,
  maxLines,
  mayImport,
  publicSurface,
  pureLibraries,
  siblings,
} from './architecture.ts'
import { unusedExports } from './unused-exports.ts'

const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^'"\n;]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g

/** Every breach of the architecture under `root`, one sentence each; empty when all is well. */
export function tidy(root: string): string[] {
  const problems: string[] = []
  const graph = new Map<string, string[]>()
  for (const path of globSync('src/**/*.ts', { cwd: root }).toSorted()) {
    if (path.endsWith('.d.ts')) continue
    const text = readFileSync(join(root, path), 'utf8')
    const report = (message: string): void => { problems.push(`${path}: ${message}`) }
    const isTest = path.endsWith('.test.ts')
    if (!path.includes('/gen/')) checkText(path, text, isTest, report)
    const targets: string[] = []
    for (const specifier of importsOf(text)) checkImport(path, specifier, isTest, report, targets)
    graph.set(path, targets)
  }
  for (const cycle of cycles(graph)) problems.push(`import cycle: ${cycle.join(' → ')}`)
  problems.push(...mirrorProblems(root), ...exportProblems(root))
  return problems
}

function checkText(path: string, text: string, isTest: boolean, report: (message: string) => void): void {
  const lines = text.split('\n').length
  if (lines > maxLines) report(`${lines} lines; the limit is ${maxLines}`)
  for (const [index, line] of text.split('\n').entries()) {
    if (isTooWide(line) && !isLoose(path)) report(`line ${index + 1} is wider than ${maxColumns} columns`)
  }
  if (/\bexport \* /.test(text)) report('no barrels: import the file that defines the name')
  if (isTest || impure.includes(folderOf(path))) return
  for (const [pattern, instead, except] of banned) {
    const found = path === except ? null : pattern.exec(text)
    if (found) report(`${found[0]} is banned here, use ${instead}`)
  }
}

/** Texts are not broken, so that they can be searched for: a line may be as wide as the text in it wants. */
export function isTooWide(line: string): boolean {
  if (line.length <= maxColumns) return false
  if (/^\s*(\/\/|\/?\*)/.test(line)) return true
  const code = line.replace(/(['"`])(?:\\.|(?!\1).)*\1?|\/(?![ /])(?:\\.|[^/\\])+\//g, (text) => text.slice(0, 2))
  return code.length > maxColumns
}

function checkImport(
  path: string,
  specifier: string,
  isTest: boolean,
  report: (message: string) => void,
  targets: string[],
): void {
  const from = folderOf(path)
  if (specifier.startsWith('.')) {
    const target = posix.join(dirname(path), specifier)
    if (folderOf(target) !== from) return report(`${specifier} leaves ${from}/; cross a border with #`)
    if (!isTest && areSiblings(path, target)) {
      report(`${path} and ${target} are siblings; they may not import each other`)
    }
    targets.push(target)
  } else if (specifier.startsWith('#')) {
    const target = `src/${specifier.slice(1)}`
    const to = folderOf(target)
    if (to === from) return report(`${specifier} stays in ${from}/; use a relative path`)
    const allowed = (mayImport[from] ?? []).includes(to) || (isTest && (to === 'sim' || to === 'host' || to === 'main'))
    if (!allowed && !isTest) report(`${from}/ may not import ${to}/`)
    targets.push(target)
  } else if (!impure.includes(from) && !isTest) {
    const home = pureLibraries[specifier]
    if (!home || !path.startsWith(home)) {
      report(`${from}/ may not import ${specifier}; only ${impure.join('/, ')}/ touch the machine`)
    }
  }
}

/** True when both files lie under one sibling folder, in different sub-folders of which none is shared. */
function areSiblings(path: string, target: string): boolean {
  for (const [folder, shared] of Object.entries(siblings)) {
    if (!path.startsWith(folder) || !target.startsWith(folder)) continue
    const [a, ...deeperA] = path.slice(folder.length).split('/')
    const [b, ...deeperB] = target.slice(folder.length).split('/')
    // Two files side by side are siblings as two folders are; a file beside folders may be their list.
    if ((deeperA.length === 0) !== (deeperB.length === 0)) return false
    return a !== b && !shared.includes(b!)
  }
  return false
}

/** host/ and sim/ answer world/ name for name, so `ls src/world` is all that the system can do to a machine. */
function mirrorProblems(root: string): string[] {
  const names = (folder: string): string[] =>
    readdirSync(join(root, 'src', folder)).map((name) => name.replace(/\.ts$/, ''))
  const world = names('world')
  return names('host')
    .filter((name) => !world.includes(name))
    .map((name) => `src/host/${name} has no counterpart in src/world`)
}

function exportProblems(root: string): string[] {
  const paths = globSync('{src,tests,tools,bench}/**/*.ts', { cwd: root })
  const files = new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
  return unusedExports(files)
    .filter(({ path }) => !publicSurface.includes(path) && !isLoose(path))
    .map(({ path, name }) => `${path}: ${name} is exported, but no other file names it`)
}

function importsOf(text: string): string[] {
  return [...text.matchAll(importPattern)].map((match) => (match[1] ?? match[2] ?? match[3])!)
}

function isLoose(path: string): boolean {
  return looseFolders.some((folder) => path.startsWith(folder))
}

function folderOf(path: string): string {
  return path.split('/')[1]!
}

function cycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = []
  const done = new Set<string>()
  const visit = (path: string, stack: string[]): void => {
    const at = stack.indexOf(path)
    if (at >= 0) { found.push([...stack.slice(at), path]); return }
    if (done.has(path)) return
    for (const next of graph.get(path) ?? []) visit(next, [...stack, path])
    done.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
  return found
}

if (import.meta.main) {
  const problems = tidy(process.cwd())
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  process.exitCode = problems.length > 0 ? 1 : 0
}
