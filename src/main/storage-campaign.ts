/** `npm run campaign`: the storage laboratory's campaigns, for as long as one likes, on as many cores as there are. */
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { campaigns as campaignsInMemory } from '#sim/storage/campaigns.ts'
import type { Campaign, Findings } from '#sim/storage/campaign.ts'
import { killCampaign } from './kill-campaign.ts'
import { mutantCampaign } from './mutant-campaign.ts'

const campaigns: readonly Campaign[] = [...campaignsInMemory, killCampaign, mutantCampaign]

const usage = `Shows that the store loses nothing.

  npm run campaign -- NAME [--from UNIT] [--units COUNT] [--workers COUNT]

Each unit does the same whenever it is run. Without --units all of them run, or 1,000 where there is no end of them.

${campaigns.map(({ name, purpose }) => `  ${name.padEnd(14)}${purpose}`).join('\n')}
`
const isWorker = process.env['SKIFF_CAMPAIGN_WORKER'] === '1'
const defaultSeeds = 1_000
const progressMs = 10_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { from: { type: 'string' }, units: { type: 'string' }, workers: { type: 'string' } },
})

interface Total {
  readonly counts: Map<string, number>
  done: number
  failed: number
}

/** A worker runs the units that it is sent, one after the other. */
function work({ run }: Campaign): void {
  process.on('message', (unit: number) => {
    run(unit).then(
      ({ counts, failures, notes }) => process.send!({ unit, findings: { counts, failures, notes } }),
      (error: unknown) => {
        const what = error instanceof Error ? error.stack : String(error)
        process.send!({ unit, findings: { counts: {}, failures: [`the campaign broke: ${what}`], notes: [] } })
      },
    )
  })
}

function take(total: Total, campaign: Campaign, unit: number, { counts, failures, notes }: Findings): void {
  total.done++
  for (const [name, count] of Object.entries(counts)) total.counts.set(name, (total.counts.get(name) ?? 0) + count)
  for (const note of notes) process.stdout.write(`${note}\n`)
  if (failures.length === 0) return
  total.failed++
  process.stdout.write(`FAIL unit ${unit}: npm run campaign -- ${campaign.name} --from ${unit} --units 1\n`)
  for (const failure of failures) process.stdout.write(`     ${failure}\n`)
}

function describe({ counts, done, failed }: Total, count: number, began: number): string {
  const seconds = (performance.now() - began) / 1000
  const figures = [...counts].map(([name, figure]) => `${figure.toLocaleString('en')} ${name}`).join(', ')
  return `${done} of ${count} units in ${seconds.toFixed(0)} s, ${failed} failed: ${figures}\n`
}

async function runUnits(campaign: Campaign, first: number, count: number, workers: number): Promise<boolean> {
  const total: Total = { counts: new Map(), done: 0, failed: 0 }
  const began = performance.now()
  let next = first
  const progress = setInterval(() => process.stdout.write(describe(total, count, began)), progressMs)
  await Promise.all(Array.from({ length: Math.min(workers, count) }, () => new Promise<void>((resolve, reject) => {
    const worker = fork(fileURLToPath(import.meta.url), [campaign.name], {
      env: { ...process.env, SKIFF_CAMPAIGN_WORKER: '1' },
    })
    const feed = (): void => {
      if (next < first + count) worker.send(next++)
      else worker.disconnect()
    }
    worker.on('message', ({ unit, findings }: { unit: number; findings: Findings }) => {
      take(total, campaign, unit, findings)
      feed()
    })
    worker.on('error', reject)
    worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))))
    feed()
  })))
  clearInterval(progress)
  process.stdout.write(describe(total, count, began))
  return total.failed === 0
}

async function main(): Promise<boolean> {
  const campaign = campaigns.find(({ name }) => name === positionals[0])
  if (campaign === undefined) {
    process.stdout.write(usage)
    return positionals.length === 0
  }
  if (isWorker) {
    work(campaign)
    return true
  }
  const first = Number(values.from ?? 0)
  const rest = await campaign.units() - first
  const count = Math.min(Number(values.units ?? (rest === Infinity ? defaultSeeds : rest)), rest)
  return await runUnits(campaign, first, count, Number(values.workers ?? availableParallelism()))
}

const isRight = await main()
if (!isWorker) process.exitCode = isRight ? 0 : 1
