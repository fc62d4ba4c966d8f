/** `npm run bench -- NAME... [--json]`: runs benches and prints their figures, with --json one object a line. */
import { availableParallelism, cpus, totalmem } from 'node:os'
import type { Figure, Report } from './figure.ts'

const benches: Readonly<Record<string, () => Promise<{ run(report: Report): Promise<void> }>>> = {
  start: () => import('./start.ts'),
  api: () => import('./api.ts'),
  large: () => import('./large.ts'),
  store: () => import('./store.ts'),
  etcd: () => import('./etcd.ts'),
  'etcd-store': () => import('./etcd-store.ts'),
  scheduler: () => import('./scheduler.ts'),
  node: () => import('./node.ts'),
  fork: () => import('./fork.ts'),
}

const words = process.argv.slice(2)
const json = words.includes('--json')
const names = words.filter((word) => !word.startsWith('--'))
const unknown = names.filter((name) => !Object.hasOwn(benches, name))
if (names.length === 0 || unknown.length > 0) {
  process.stderr.write(`${unknown.length > 0 ? `unknown bench: ${unknown.join(', ')}\n` : ''}npm run bench -- NAME... [--json], with NAME one of: ${Object.keys(benches).join(', ')}\n`)
  process.exit(2)
}
if (!json) process.stdout.write(`${availableParallelism()} x ${cpus()[0]?.model ?? 'processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}\n`)
for (const name of names) await (await benches[name]!()).run(print)

function print(figure: Figure): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(figure)}\n`)
    return
  }
  const { goal, holds, better } = figure
  const verdict = goal === undefined ? '' : `goal ${better === 'lower' ? '<=' : '>='} ${goal} ${figure.unit}: ${holds ? 'holds' : 'MISSED'}`
  process.stdout.write(`${figure.bench.padEnd(6)} ${figure.figure.padEnd(64)} ${String(figure.value).padStart(10)} ${figure.unit.padEnd(8)} ${verdict}\n`)
}
