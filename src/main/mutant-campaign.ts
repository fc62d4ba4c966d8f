/**
 * Plants each bug of the list in a copy of the sources and runs the check that must notice it. A bug that nobody
 * notices shows that a check is missing.
 */
import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createCollector, type Campaign, type Findings } from '#sim/storage/campaign.ts'
import { describeCheck, plant, type Check, type Mutant } from '#sim/mutants/mutant.ts'
import { mutants } from '#sim/mutants/mutants.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** What the checks need of the repository. */
const copied = ['src', 'tests', 'package.json']
const limitMs = 240_000
const testLimitMs = 60_000
const outputMax = 1_000_000

/** Unit 0 shows that the checks find nothing where there is no bug; each other unit plants one. */
export const mutantCampaign: Campaign = {
  name: 'mutants',
  purpose: `${mutants.length} bugs planted in a copy of the sources, one after the other: each must be noticed`,
  units: () => mutants.length + 1,
  run: (unit) => (unit === 0 ? runUnchanged() : runMutant(mutants[unit - 1]!)),
}

interface Outcome {
  readonly seconds: number
  /** What the check said against the code. */
  readonly complaint: string | undefined
  /** Why nothing can be concluded from the run. */
  readonly breakage: string | undefined
}

async function runMutant(mutant: Mutant): Promise<Findings> {
  const collector = createCollector()
  await using copy = await copySources()
  for (const edit of mutant.edits) {
    const path = join(copy.directory, edit.file)
    await writeFile(path, plant(await readFile(path, 'utf8'), edit))
  }
  const { seconds, complaint, breakage } = await runCheck(copy.directory, mutant.caughtBy)
  const check = describeCheck(mutant.caughtBy)
  collector.count('mutants')
  if (breakage !== undefined) collector.fail(`${mutant.name}: ${check}: ${breakage}`)
  else if (complaint === undefined) collector.fail(`${mutant.name}: SURVIVED ${check}, which took ${seconds.toFixed(1)} s`)
  else {
    collector.count('caught')
    collector.note(`${mutant.name} → ${check} → ${seconds.toFixed(1)} s\n    ${complaint}`)
  }
  return collector
}

/** The checks without any bug: one that always complains would catch everything. */
async function runUnchanged(): Promise<Findings> {
  const collector = createCollector()
  const checks = new Map(mutants.map(({ caughtBy }) => [describeCheck(caughtBy), caughtBy]))
  await using copy = await copySources()
  for (const [name, check] of checks) {
    const { complaint, breakage } = await runCheck(copy.directory, check)
    collector.count('checks without a bug')
    const problem = complaint ?? breakage
    if (problem !== undefined) collector.fail(`without any bug, ${name}: ${problem}`)
  }
  return collector
}

async function copySources(): Promise<AsyncDisposable & { readonly directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'skiff-mutant-'))
  for (const name of copied) await cp(join(root, name), join(directory, name), { recursive: true })
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'))
  return {
    directory,
    async [Symbol.asyncDispose]() { await rm(directory, { recursive: true, force: true }) },
  }
}

async function runCheck(directory: string, check: Check): Promise<Outcome> {
  const began = performance.now()
  const { output, code } = await run(directory, parametersOf(check))
  const seconds = (performance.now() - began) / 1000
  const mistake = /^.*\b(?:SyntaxError|ReferenceError|ERR_[A-Z_]*(?:MODULE|TYPE|EXPORT)[A-Z_]*).*$/m.exec(output)?.[0]
  const complaint = complaintIn(check, output)
  const failed = (breakage: string): Outcome => ({ seconds, complaint: undefined, breakage })
  if (mistake !== undefined) return failed(`what was planted is no code: ${mistake.trim()}`)
  if (check.type === 'test' && !hasRun(check.name, output)) return failed('there is no such test')
  if (code === 0) return { seconds, complaint: undefined, breakage: undefined }
  if (complaint !== undefined) return { seconds, complaint, breakage: undefined }
  return failed(`it ended with ${code ?? 'no code in time'} and without a word: ${output.slice(-500)}`)
}

function parametersOf(check: Check): readonly string[] {
  switch (check.type) {
    case 'test': return [
      '--test', '--test-isolation=none', '--test-reporter=tap', `--test-timeout=${testLimitMs}`,
      `--test-name-pattern=${check.name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`, check.file,
    ]
    case 'campaign': return [
      'src/main/storage-campaign.ts', check.name, '--from', `${check.from}`, '--units', `${check.units}`, '--workers', '1',
    ]
    case 'simulation':
      return ['src/main/sim.ts', '--from', `${check.from}`, '--seeds', `${check.seeds}`, '--processes', '1']
  }
}

/** In the words of each program, that it was this check that failed. */
function complaintIn(check: Check, output: string): string | undefined {
  const found = check.type === 'test'
    ? resultsOf(check.name, output).some((result) => result.startsWith('not ok'))
      ? /^\s*error: (?:\|-\n\s*)?(.*)$/m.exec(output)?.[1] ?? 'it failed' : undefined
    : /^FAIL.*\n(.*)$/m.exec(output)?.[1]
  return found?.trim().slice(0, 160)
}

function hasRun(name: string, output: string): boolean {
  return resultsOf(name, output).length > 0
}

/** `ok` and `not ok` of all tests of that name: a contract has one for each implementation. */
function resultsOf(name: string, output: string): string[] {
  return [...output.matchAll(/^\s*((?:not )?ok) \d+ - (.*)$/gm)]
    .filter(([, , title]) => title!.replaceAll('\\#', '#').replaceAll('\\\\', '\\').startsWith(name))
    .map(([, result]) => result!)
}

/** In a process group of its own, all of which is ended when it takes too long. */
function run(directory: string, parameters: readonly string[]): Promise<{ output: string; code: number | null }> {
  const { SKIFF_CAMPAIGN_WORKER: _, NODE_TEST_CONTEXT: __, NODE_CHANNEL_FD: ___, ...env } = process.env
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, parameters, {
      cwd: directory, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const take = (bytes: Buffer): void => {
      if (output.length < outputMax) output += bytes.toString()
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), limitMs)
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ output, code })
    })
  })
}
