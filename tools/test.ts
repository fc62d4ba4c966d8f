/**
 * Everything that must pass: types, lint, architecture, unit and compatibility tests, simulation seeds, and on Linux as
 * root the machine tests with real containers. `npm test -- WORD` runs only the test files whose path contains WORD.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureInstalled } from './debian-tool.ts'
import { tidy } from './tidy.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const words = process.argv.slice(2).filter((word) => !word.startsWith('--'))
/** `ok` is the short form for every day: without the machine tests. */
const short = process.argv.includes('--ok')
const testLimitMs = 300_000
const seeds = '100'

interface Stage {
  readonly name: string
  run(): boolean
}

function command(program: string, ...parameters: readonly string[]): boolean {
  return spawnSync(program, parameters, { cwd: root, stdio: 'inherit' }).status === 0
}

function testFiles(...patterns: readonly string[]): string[] {
  return globSync([...patterns], { cwd: root }).filter((file) => words.every((word) => file.includes(word))).toSorted()
}

/** Node's own runner; `concurrency` files at a time. */
function nodeTests(files: readonly string[], concurrency: number): boolean {
  if (files.length === 0) return true
  return command(
    process.execPath,
    '--test',
    `--test-concurrency=${concurrency}`,
    // A test that waits for what never comes fails, and does not hold everything up.
    `--test-timeout=${testLimitMs}`,
    '--test-reporter=dot',
    '--test-reporter-destination=stdout',
    '--test-reporter=./tools/failures-reporter.ts',
    '--test-reporter-destination=stdout',
    ...files,
  )
}

const checks: readonly Stage[] = [
  { name: 'types (everything)', run: () => command(join(root, 'node_modules/.bin/tsc'), '-p', 'tsconfig.json') },
  {
    name: 'types (deterministic code: no Node, no DOM)',
    run: () => command(join(root, 'node_modules/.bin/tsc'), '-p', 'tsconfig.pure.json'),
  },
  { name: 'lint', run: () => command(join(root, 'node_modules/.bin/oxlint'), '--deny-warnings') },
  {
    name: 'architecture',
    run: () => {
      const problems = tidy(root)
      for (const problem of problems) process.stdout.write(`${problem}\n`)
      return problems.length === 0
    },
  },
]
const unit: Stage = {
  name: 'unit and compatibility tests',
  run: () =>
    nodeTests(
      testFiles(
        'src/**/*.test.ts',
        'tests/{compatibility,conformance,fuzz,integration,scenarios}/**/*.test.ts',
        'tools/**/*.test.ts',
      ),
      2,
    ),
}
const simulation: Stage = {
  name: `simulation, ${seeds} seeds`,
  run: () => command(process.execPath, 'src/main/sim.ts', '--seeds', seeds),
}
const machine: Stage = { name: 'machine tests (real containers, real kubectl)', run: runMachineTests }

function runMachineTests(): boolean {
  const files = testFiles('tests/machine/*.test.ts')
  if (files.length === 0) return true
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    process.stdout.write(
      'the machine tests need Linux and root, and are part of what must pass: run npm test as root (everything before them has run)\n',
    )
    return false
  }
  // Here and not only by the tests that need it: a test that finds no containerd must not be able to pass by
  // being skipped.
  ensureInstalled({
    containerd: 'containerd',
    runc: 'runc',
    nft: 'nftables',
    ip: 'iproute2',
    busybox: 'busybox-static',
    curl: 'curl',
    '/usr/lib/cni/bridge': 'containernetworking-plugins',
  })
  return nodeTests(files, 1)
}

const stages =
  words.length > 0 ? [unit, ...(short ? [] : [machine])] : [...checks, unit, simulation, ...(short ? [] : [machine])]
let passed = 0
let failed = 0
for (const stage of stages) {
  process.stdout.write(`\n== ${stage.name}\n`)
  const begin = performance.now()
  const ok = stage.run()
  process.stdout.write(
    `== ${stage.name}: ${ok ? 'ok' : 'FAILED'} in ${((performance.now() - begin) / 1000).toFixed(1)} s\n`,
  )
  if (ok) passed++
  else failed++
}
process.stdout.write(`\nstages: ${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
