/** `npm run sim`: runs seeds of the simulation, and tells how to run a failing one again. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { simulate, type SimulationResult } from '#sim/simulation.ts'

const usage = `Runs the whole cluster in virtual time, with faults that follow from the seed.

  npm run sim -- --seed N [--trace] [--logs] [--hours H]   one seed; --trace: writes and faults, --logs: what is logged
  npm run sim -- --seeds COUNT [--from N] [--hours H]      many, in two processes
`

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    from: { type: 'string' },
    hours: { type: 'string' },
    processes: { type: 'string' },
    trace: { type: 'boolean' },
    logs: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})

interface Timed {
  readonly result: SimulationResult
  readonly ms: number
}

async function runSeed(seed: number, print?: (line: string) => void): Promise<Timed> {
  const begin = performance.now()
  const hours = values.hours === undefined ? {} : { hours: Number(values.hours) }
  const result = await simulate({ seed, ...hours, ...(print && { print }), ...(values.logs && { logs: true }) })
  return { result, ms: performance.now() - begin }
}

function describe({ result, ms }: Timed): string {
  const { seed, events, crashes, elapsedMs, violations } = result
  const verdict = violations.length === 0 ? 'ok  ' : 'FAIL'
  return (
    `${verdict}seed ${seed}  ${events.toLocaleString('en')} events  ${crashes} crashes  `
    + `${(elapsedMs / 3_600_000).toFixed(1)} h of virtual time in ${(ms / 1000).toFixed(1)} s  `
    + `${violations.length} violations`
  )
}

function explainFailure({ seed, violations, faults }: SimulationResult): string {
  const lines = violations.map(({ promise, what, at }) => `     ${(at / 1000).toFixed(3)} s  ${promise}: ${what}`)
  const hours = values.hours === undefined ? '' : ` --hours ${values.hours}`
  return [
    `     faults: ${faults.join(', ') || 'none'}`,
    ...lines,
    `     npm run sim -- --seed ${seed}${hours} --trace`,
  ].join('\n')
}

/** A worker runs the seeds that it is sent, one after the other. */
function work(): void {
  process.on('message', (seed: number) => {
    void runSeed(seed).then((timed) => process.send!(timed))
  })
}

async function runSeeds(first: number, count: number, processes: number): Promise<boolean> {
  let next = first
  let failed = 0
  const program = fileURLToPath(import.meta.url)
  const more = values.hours === undefined ? [] : ['--hours', values.hours]
  const begin = performance.now()
  await Promise.all(Array.from({ length: Math.min(processes, count) }, () => new Promise<void>((resolve, reject) => {
    const worker = fork(program, more, { env: { ...process.env, SKIFF_SIM_WORKER: '1' } })
    const feed = (): void => {
      if (next < first + count) worker.send(next++)
      else worker.disconnect()
    }
    worker.on('message', (timed: Timed) => {
      process.stdout.write(`${describe(timed)}\n`)
      if (timed.result.violations.length > 0) {
        failed++
        process.stdout.write(`${explainFailure(timed.result)}\n`)
      }
      feed()
    })
    worker.on('error', reject)
    worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))))
    feed()
  })))
  process.stdout.write(
    `${count - failed} of ${count} seeds ok in ${((performance.now() - begin) / 1000).toFixed(1)} s\n`,
  )
  return failed === 0
}

async function main(): Promise<boolean> {
  if (values.seeds !== undefined) {
    return await runSeeds(Number(values.from ?? 1), Number(values.seeds), Number(values.processes ?? 2))
  }
  if (values.seed === undefined) {
    process.stdout.write(usage)
    return values.help === true
  }
  const timed = await runSeed(
    Number(values.seed),
    values.trace || values.logs ? (line) => process.stdout.write(`${line}\n`) : undefined,
  )
  process.stdout.write(`${describe(timed)}\n     trace ${timed.result.hash}\n`)
  if (timed.result.violations.length === 0) return true
  process.stdout.write(`${explainFailure(timed.result)}\n`)
  return false
}

if (process.env['SKIFF_SIM_WORKER'] === '1') work()
else process.exitCode = (await main()) ? 0 : 1
