/** `npm run fuzz -- TARGET --seconds N [--seed N] [--rounds N]`: fuzzes for long; without a target all, one after the other. */
import { parseArgs } from 'node:util'
import { fuzz } from './run.ts'
import { targets } from './targets.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true, options: { seconds: { type: 'string' }, seed: { type: 'string' }, rounds: { type: 'string' } },
})
const chosen = positionals.length === 0 ? targets : targets.filter(({ name }) => positionals.includes(name))
if (chosen.length === 0) throw new Error(`no such target; there are: ${targets.map(({ name }) => name).join(', ')}`)
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
for (const target of chosen) {
  const limits = { seed, ...(values.rounds ? { rounds: Number(values.rounds) } : { milliseconds: Number(values.seconds ?? 60) * 1000 }) }
  const { rounds, slowestMs } = await fuzz(target, limits)
  process.stdout.write(`${target.name}: ${rounds} rounds from seed ${seed}, the slowest took ${slowestMs.toFixed(0)} ms of CPU\n`)
}
