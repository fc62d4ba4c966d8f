/** How long a fork takes, of the state and of the whole cluster, and what it costs in memory. */
import { Cluster, kinds } from '../src/main/library.ts'
import type { Figure, Report } from './figure.ts'

const objects = 100_000
const rounds = 7

export async function run(report: Report): Promise<void> {
  const give = (figure: string, value: number, unit: string, goal?: number): void => {
    const better: Figure['better'] = 'lower'
    const holds = goal === undefined ? {} : { goal, holds: value <= goal }
    report({ bench: 'fork', figure, value: Number(value.toPrecision(3)), unit, better, ...holds })
  }
  await using cluster = await Cluster.start({ nodes: 0 })
  const maps = cluster.client.of(kinds.configMap, 'default')
  for (let made = 0; made < objects;) {
    const names = Array.from({ length: 500 }, () => `map-${made++}`)
    await Promise.all(names.map((name) => maps.create({ metadata: { name }, data: { text: 'x'.repeat(200) } })))
  }
  const answered: number[] = []
  const before = memory()
  const forks: Cluster[] = []
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now()
    const fork = await cluster.fork({ nodes: 0 })
    await fork.client.of(kinds.configMap, 'default').get('map-77777')
    answered.push(performance.now() - begin)
    forks.push(fork)
    // So that one fork's controllers do not work while the next is measured.
    await new Promise((resolve) => setTimeout(resolve, 2_000))
  }
  give(`fork of a cluster with ${objects} objects, to the first answer, median`, median(answered), 'ms', 50)
  give('... slowest', Math.max(...answered), 'ms')
  give('memory that a fork with running controllers adds', (memory() - before) / rounds, 'MB')
  for (const fork of forks) await fork[Symbol.asyncDispose]()
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}

function memory(): number {
  globalThis.gc?.()
  return process.memoryUsage.rss() / 1e6
}
