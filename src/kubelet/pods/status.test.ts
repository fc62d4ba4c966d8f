/** What is reported of a pod. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PodObject, PodStatus } from '../types.ts'
import { computePhase } from './conditions.ts'
import { qosClassOf, statusPatch } from './status.ts'

const states = {
  waiting: { state: { waiting: { reason: 'ContainerCreating' } } },
  looping: { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { exitCode: 1 } } },
  running: { state: { running: {} }, started: true },
  good: { state: { terminated: { exitCode: 0 } } },
  bad: { state: { terminated: { exitCode: 1 } } },
} as const

function phase(
  policy: string,
  inits: readonly (keyof typeof states)[],
  regular: readonly (keyof typeof states)[],
  finished = false,
): string {
  const named = (list: readonly (keyof typeof states)[], prefix: string) =>
    list.map((state, index) => ({ name: `${prefix}${index}`, ...states[state] }))
  const pod = {
    metadata: {},
    spec: {
      restartPolicy: policy,
      initContainers: named(inits, 'i').map(({ name }) => ({ name })),
      containers: named(regular, 'c').map(({ name }) => ({ name })),
    },
  }
  return computePhase(pod as unknown as PodObject, named(inits, 'i') as never, named(regular, 'c') as never, finished)
}

test('the phase follows from the containers', () => {
  for (const [policy, inits, regular, expected] of [
    ['Always', [], ['waiting'], 'Pending'],
    ['Always', [], ['running'], 'Running'],
    ['Always', [], ['running', 'waiting'], 'Pending'],
    ['Always', [], ['looping'], 'Running'],
    ['Always', [], ['good'], 'Running'],
    ['OnFailure', [], ['good'], 'Succeeded'],
    ['OnFailure', [], ['bad'], 'Running'],
    ['Never', [], ['good', 'bad'], 'Failed'],
    ['Never', [], ['good', 'good'], 'Succeeded'],
    ['Never', [], ['good', 'running'], 'Running'],
    ['Always', ['running'], ['waiting'], 'Pending'],
    ['Always', ['bad'], ['waiting'], 'Pending'],
    ['Never', ['bad'], ['waiting'], 'Failed'],
    ['Always', ['good'], ['running'], 'Running'],
  ] as const) assert.equal(phase(policy, inits, regular), expected, JSON.stringify([policy, inits, regular]))
})

test('the quality of service follows from requests and limits', () => {
  const pod = (...resources: readonly object[]): PodObject =>
    ({ spec: { containers: resources.map((item) => ({ resources: item })) } }) as never
  assert.equal(qosClassOf(pod({})), 'BestEffort')
  assert.equal(qosClassOf(pod({ requests: { cpu: '0' } })), 'BestEffort')
  assert.equal(qosClassOf(pod({ requests: { cpu: '1' } })), 'Burstable')
  assert.equal(qosClassOf(pod({ limits: { cpu: '1', memory: '1Gi' } })), 'Guaranteed')
  assert.equal(qosClassOf(pod({ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } })), 'Burstable')
  assert.equal(qosClassOf(pod({ limits: { cpu: '1', memory: '1Gi' } }, {})), 'Burstable')
})

test('a patch has only what changed; conditions of others stay; what is gone is removed', () => {
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: 't1' }
  const foreign = { type: 'example.com/gate', status: 'True' }
  const pod = {
    metadata: { uid: 'u' },
    status: {
      phase: 'Running', conditions: [foreign, ready], podIP: '1.1.1.1', podIPs: [{ ip: '1.1.1.1' }], message: 'old',
    },
  } as unknown as PodObject
  const next = {
    phase: 'Running',
    conditions: [ready, foreign],
    podIP: '1.1.1.1',
    podIPs: [{ ip: '1.1.1.1' }],
    message: 'old',
  } as unknown as PodStatus
  assert.equal(statusPatch(pod, next), undefined)
  const { message: _, ...rest } = next
  const unready = { ...ready, status: 'False', reason: 'ContainersNotReady' }
  assert.deepEqual(
    statusPatch(pod, { ...rest, conditions: [unready, foreign], podIPs: [{ ip: '2.2.2.2' }] } as never),
    {
      metadata: { uid: 'u' },
      status: {
        conditions: [unready],
        message: null,
        podIPs: [{ ip: '2.2.2.2' }, { $patch: 'replace' }],
      },
    },
  )
})
