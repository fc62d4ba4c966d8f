/** How many replicas a metric asks for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#api/gen/core-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { formatTime } from '#machinery/time.ts'
import { NoProposal, proposeReplicas, type Target } from './usage-ratio.ts'

const now = Date.UTC(2026, 0, 1)
const minute = 60_000

interface Situation {
  /** What each pod uses, in thousandths; undefined: not measured. */
  readonly used: readonly (number | undefined)[]
  readonly current?: number
  readonly isCpu?: boolean
  /** Of the last pods, in order. */
  readonly states?: readonly ('ready' | 'unready' | 'pending' | 'failed' | 'deleted' | 'new')[]
  readonly percent?: number
  readonly averageValue?: number
}

function podIn(index: number, state: NonNullable<Situation['states']>[number]): Stored<Pod> {
  const isReady = state === 'ready'
  const startedAt = now - (state === 'new' ? 1 : 60) * minute
  return {
    metadata: { name: `p${index}`, ...(state === 'deleted' && { deletionTimestamp: formatTime(now) }) },
    status: {
      phase: state === 'pending' ? 'Pending' : state === 'failed' ? 'Failed' : 'Running',
      startTime: formatTime(startedAt),
      conditions: [
        { type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: formatTime(startedAt + 1000) },
      ],
    },
  } as unknown as Stored<Pod>
}

function propose({ used, current = used.length, isCpu = true, states = [], percent = 50, averageValue }: Situation) {
  const first = used.length - states.length
  const pods = used.map((_, index) => podIn(index, states[index - first] ?? 'ready'))
  const usage = new Map(used.flatMap((milliValue, index) =>
    (milliValue === undefined ? [] : [[`p${index}`, { milliValue, at: now - 10_000, windowMs: 15_000 }] as const])))
  const target: Target = averageValue === undefined
    ? { type: 'utilization', percent, requests: new Map(pods.map(({ metadata }) => [metadata.name, 1000])) }
    : { type: 'averageValue', milliValue: averageValue }
  const tolerance = { down: 0.1, up: 0.1 }
  return proposeReplicas({ pods, usage, isCpu, currentReplicas: current, tolerance, now }, target)
}

const cases: readonly (readonly [string, Situation, number])[] = [
  ['twice of what should be: twice as many', { used: [1000, 1000, 1000] }, 6],
  ['half of what should be: half as many', { used: [250, 250] }, 1],
  ['a little more than what should be: as many as there are', { used: [540, 540] }, 2],
  ['a little less than what should be: as many as there are', { used: [460, 460] }, 2],
  ['by an average value', { used: [300, 300, 300], averageValue: 100 }, 9],
  ['a pod that is not ready counts as idle where more are wanted', { used: [1000, 1000, 900], states: ['unready'] }, 4],
  ['a pod that is not ready is not asked where fewer are wanted', { used: [100, 100, 900], states: ['unready'] }, 1],
  ['a pod that is not scheduled counts as idle', { used: [800, 800, undefined], states: ['pending'] }, 3],
  ['a new pod that is not ready counts as idle', { used: [1000, 1000], states: ['new'] }, 2],
  ['memory of a pod that is not ready counts', { used: [1000, 1000, 1000], isCpu: false, states: ['unready'] }, 6],
  ['an unmeasured pod counts as idle where more are wanted', { used: [1000, 1000, undefined] }, 4],
  ['an unmeasured pod counts as busy where fewer are wanted', { used: [100, 100, undefined] }, 3],
  ['failed and deleted pods are not there', { used: [1000, 900, 900], states: ['failed', 'deleted'], current: 1 }, 2],
]
for (const [name, situation, replicas] of cases) {
  test(name, () => assert.equal(propose(situation).replicas, replicas))
}

test('the utilization that is told is that of the measured pods', () => {
  const { utilization, averageMilliValue } = propose({ used: [300, 500, undefined] })
  assert.deepEqual([utilization, averageMilliValue], [40, 400])
})

const refusals: readonly (readonly [string, Situation, RegExp])[] = [
  ['no pods', { used: [] }, /^no pods returned by selector while calculating replica count$/],
  ['nothing measured', { used: [undefined] }, /^did not receive metrics for targeted pods \(pods might be unready\)$/],
]
for (const [name, situation, message] of refusals) {
  test(`nothing is proposed with ${name}`, () => {
    assert.throws(() => propose(situation), (error) => error instanceof NoProposal && message.test(error.message))
  })
}
