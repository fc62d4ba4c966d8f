/** A part of the crash campaign that fits into every test run, and what makes the campaign worth running. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPlatter } from '../platter.ts'
import { seededRandom } from '../random.ts'
import { createCollector } from './campaign.ts'
import { crashEverywhere } from './crash-campaign.ts'
import { crashStates } from './crash-states.ts'
import { preamble, randomSteps, sequences } from './operations.ts'
import { record } from './recording.ts'

const limits = { subsets: 8, byteEdges: 3 }

test('no crash at any change of the disk loses what was promised: all single operations and some pairs', async () => {
  const collector = createCollector()
  await crashEverywhere('empty', [], [], limits, collector)
  const pairs = [...sequences(2)].filter((_, at) => at % 9 === 0)
  for (const [at, steps] of [...sequences(1), ...pairs].entries()) {
    await crashEverywhere(`short ${at}`, steps, preamble, limits, collector)
  }
  assert.deepEqual(collector.failures, [])
  assert.ok(collector.counts['crash states']! > 1_000)
})

test('no crash at any change of the disk loses what was promised: a random run', async () => {
  const collector = createCollector()
  await crashEverywhere('random', randomSteps(seededRandom('random'), 100), [], limits, collector)
  assert.deepEqual(collector.failures, [])
  assert.ok(collector.counts['crash states']! > 1_000)
})

test('a workload comes past snapshots, new logs, lost names and unsynced sectors', async () => {
  const { calls } = await record('all', randomSteps(seededRandom('all'), 300))
  const types = new Set(calls.map(({ call }) => call.type))
  assert.deepEqual([...types].toSorted(), ['create', 'remove', 'rename', 'resize', 'sync', 'syncDirectory', 'write'])
  assert.ok(calls.some(({ call }) => call.type === 'rename' && call.target.includes('/snapshot-')))
  assert.ok(calls.filter(({ call }) => call.type === 'rename' && call.target.includes('/log-')).length > 2)
})

test('every sequence with a snapshot in it takes one', async () => {
  for (const [at, steps] of [...sequences(1), ...sequences(2)].entries()) {
    if (!steps.flat().some(({ type }) => type === 'snapshot')) continue
    const { calls } = await record(`snapshot ${at}`, steps, preamble)
    const isTaken = calls.some(({ call }) => call.type === 'rename' && call.target.includes('/snapshot-'))
    assert.ok(isTaken, JSON.stringify(steps))
  }
})

test('the same seed gives the same calls', async () => {
  const [one, two] = await Promise.all([1, 2].map(() => record('same', randomSteps(seededRandom('same'), 200))))
  assert.deepEqual(one!.calls, two!.calls)
})

test('the states of a crash are all that sectors, lengths and names may have become', () => {
  const platter = createPlatter(new Map([['/old', new Uint8Array(1_024).fill(1)]]))
  platter.apply({ type: 'write', file: 0, offset: 0, bytes: new Uint8Array(1_024).fill(2) })
  platter.apply({ type: 'write', file: 0, offset: 512, bytes: new Uint8Array(512).fill(3) })
  platter.apply({ type: 'rename', source: '/old', target: '/new' })
  const seen = new Set<string>()
  for (const { files } of crashStates(platter, seededRandom(1), { subsets: 50, byteEdges: 0 })) {
    for (const [path, bytes] of files) seen.add(`${path} ${bytes[0]}${bytes[512]}`)
  }
  const names = ['/new', '/old']
  const contents = ['11', '12', '13', '21', '22', '23']
  const all = names.flatMap((name) => contents.map((content) => `${name} ${content}`))
  assert.deepEqual([...seen].toSorted().filter((each) => each.startsWith('/new')), all.slice(0, 6))
  assert.ok([...seen].every((each) => all.includes(each)))
})
