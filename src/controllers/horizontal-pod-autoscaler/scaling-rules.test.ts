/** What of a recommendation is followed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HorizontalPodAutoscalerBehavior } from '#api/gen/autoscaling-v2.ts'
import { decideScaling, noMemory, remember, rememberChange, type ScalingMemory } from './scaling-rules.ts'

const now = Date.UTC(2026, 0, 1)
const ago = (seconds: number): number => now - seconds * 1000

interface Situation {
  readonly current: number
  readonly recommended: number
  readonly behavior?: HorizontalPodAutoscalerBehavior
  readonly memory?: ScalingMemory
  readonly min?: number
  readonly max?: number
}

function decide({ current, recommended, behavior, memory = noMemory, min = 1, max = 100 }: Situation) {
  const scaleTargetRef = { kind: 'Deployment', name: 'd' }
  const spec = { scaleTargetRef, minReplicas: min, maxReplicas: max, ...(behavior && { behavior }) }
  return decideScaling({ spec, current, recommended, memory, now })
}

const recommendedBefore = (...list: readonly (readonly [seconds: number, replicas: number])[]): ScalingMemory =>
  list.reduce((memory, [seconds, replicas]) => remember(memory, replicas, ago(seconds)), noMemory)
const changedBefore = (...list: readonly (readonly [seconds: number, change: number])[]): ScalingMemory =>
  list.reduce((memory, [seconds, change]) => rememberChange(memory, change, ago(seconds)), noMemory)
const policy = (type: string, value: number, periodSeconds = 60) => ({ type, value, periodSeconds })
const up = (...policies: readonly ReturnType<typeof policy>[]): HorizontalPodAutoscalerBehavior =>
  ({ scaleUp: { policies: [...policies] }, scaleDown: { policies: [policy('Percent', 100)] } })
const down = (...policies: readonly ReturnType<typeof policy>[]): HorizontalPodAutoscalerBehavior => ({
  scaleUp: { policies: [policy('Percent', 100)] },
  scaleDown: { policies: [...policies], stabilizationWindowSeconds: 0 },
})

const cases: readonly (readonly [string, Situation, replicas: number, stabilized: string, limited: string])[] = [
  ['as recommended', { current: 3, recommended: 5 }, 5, 'ReadyForNewScale', 'DesiredWithinRange'],
  ['to the double at most', { current: 10, recommended: 50 }, 20, 'ReadyForNewScale', 'ScaleUpLimit'],
  ['to four at least', { current: 1, recommended: 50 }, 4, 'ReadyForNewScale', 'ScaleUpLimit'],
  ['no more than the maximum', { current: 10, recommended: 50, max: 15 }, 15, 'ReadyForNewScale', 'TooManyReplicas'],
  ['no less than the minimum', { current: 5, recommended: 1, min: 3 }, 3, 'ReadyForNewScale', 'TooFewReplicas'],
  ['down only when nobody wanted more for five minutes',
    { current: 10, recommended: 2, memory: recommendedBefore([299, 8], [301, 10]) }, 8,
    'ScaleDownStabilized', 'DesiredWithinRange'],
  ['up only when nobody wanted less in the window', {
    current: 2, recommended: 8, memory: recommendedBefore([20, 3], [90, 2]),
    behavior: { scaleUp: { stabilizationWindowSeconds: 60, policies: [policy('Percent', 900)] } },
  }, 3, 'ScaleUpStabilized', 'DesiredWithinRange'],
  ['by pods', { current: 5, recommended: 20, behavior: up(policy('Pods', 3)) }, 8, 'ReadyForNewScale', 'ScaleUpLimit'],
  ['by the most generous policy',
    { current: 5, recommended: 20, behavior: up(policy('Pods', 3), policy('Percent', 100)) }, 10,
    'ReadyForNewScale', 'ScaleUpLimit'],
  ['counting what the period has seen already',
    { current: 7, recommended: 20, behavior: up(policy('Pods', 3)), memory: changedBefore([30, 2], [70, 2]) }, 8,
    'ReadyForNewScale', 'ScaleUpLimit'],
  ['down by percent', { current: 10, recommended: 1, behavior: down(policy('Percent', 25)) }, 7,
    'ReadyForNewScale', 'ScaleDownLimit'],
  ['down by the most generous policy',
    { current: 10, recommended: 1, behavior: down(policy('Percent', 10), policy('Pods', 4)) }, 6,
    'ReadyForNewScale', 'ScaleDownLimit'],
  ['down by the strictest policy, if so chosen', {
    current: 10, recommended: 1,
    behavior: {
      scaleDown: {
        selectPolicy: 'Min', stabilizationWindowSeconds: 0, policies: [policy('Percent', 10), policy('Pods', 4)],
      },
    },
  }, 9, 'ReadyForNewScale', 'ScaleDownLimit'],
  ['not down at all, if so chosen', {
    current: 10, recommended: 1, behavior: { scaleDown: { selectPolicy: 'Disabled', stabilizationWindowSeconds: 0 } },
  }, 10, 'ReadyForNewScale', 'ScaleDownLimit'],
]
for (const [name, situation, replicas, stabilized, limited] of cases) {
  test(name, () => {
    const decision = decide(situation)
    const reasons = [decision.stabilized.reason, decision.limited.reason]
    assert.deepEqual([decision.replicas, ...reasons], [replicas, stabilized, limited])
    assert.equal(decision.limited.isLimited, limited !== 'DesiredWithinRange')
  })
}

test('what is older than an hour is forgotten', () => {
  const memory = remember(rememberChange(recommendedBefore([3601, 5], [10, 6]), 1, ago(3700)), 7, now)
  assert.deepEqual(memory.recommendations.map(({ replicas }) => replicas), [6, 7])
  assert.deepEqual(memory.changes, [])
})
