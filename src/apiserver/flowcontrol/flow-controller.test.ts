/** Who runs, who waits and who is refused under the built-in configuration and under others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FlowSchema, PriorityLevelConfiguration } from '#api/gen/flowcontrol-v1.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import { parseRequestInfo, type RequestInfo } from '../request-info.ts'
import { manualClock, settle } from '../testing.ts'
import {
  mandatoryFlowSchemas,
  mandatoryPriorityLevels,
  suggestedFlowSchemas,
  suggestedPriorityLevels,
} from '#api/flowcontrol/bootstrap-objects.ts'
import { FlowController, type Turn } from './flow-controller.ts'
import { seatLimits } from './seats.ts'
import { dealHand, hashFlow } from './shuffle-sharding.ts'

const schemas = [...mandatoryFlowSchemas, ...suggestedFlowSchemas]
const levels = [...mandatoryPriorityLevels, ...suggestedPriorityLevels]

function requestOf(method: string, path: string): RequestInfo {
  return parseRequestInfo(method, path, '') as RequestInfo
}

function user(name: string, ...groups: readonly string[]): UserInfo {
  return { name, groups: [...groups, 'system:authenticated'] }
}

const pods = requestOf('GET', '/api/v1/namespaces/a/pods')
const lease = requestOf('PUT', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/a')

const classified: readonly (readonly [what: string, UserInfo, RequestInfo, schema: string, level: string])[] = [
  ['the administrator', user('admin', 'system:masters'), pods, 'exempt', 'exempt'],
  ['a probe', user('bob'), requestOf('GET', '/healthz'), 'probes', 'exempt'],
  ['the scheduler\'s lease', user('system:kube-scheduler'), lease, 'system-leader-election', 'leader-election'],
  ['the scheduler', user('system:kube-scheduler'), pods, 'kube-scheduler', 'workload-high'],
  ['a node\'s status', user('system:node:a', 'system:nodes'), requestOf('PATCH', '/api/v1/nodes/a/status'),
    'system-node-high', 'node-high'],
  ['a node', user('system:node:a', 'system:nodes'), pods, 'system-nodes', 'system'],
  ['a controller', user('system:serviceaccount:kube-system:x', 'system:serviceaccounts'), pods,
    'kube-system-service-accounts', 'workload-high'],
  ['a pod', user('system:serviceaccount:a:x', 'system:serviceaccounts'), pods, 'service-accounts', 'workload-low'],
  ['a person', user('bob'), pods, 'global-default', 'global-default'],
  ['nobody in any group', { name: 'x', groups: [] }, pods, 'catch-all', 'catch-all'],
]

for (const [what, who, info, flowSchema, priorityLevel] of classified) {
  test(`${what} falls under ${flowSchema}`, () => {
    const controller = new FlowController({ clock: manualClock(), seats: 600, waitLimitMs: 15_000 })
    controller.configure(schemas, levels)
    const found = controller.classify(who, info)
    assert.deepEqual([found.flowSchema, found.priorityLevel], [flowSchema, priorityLevel])
  })
}

test('seats are shared as upstream shares 600 of them', () => {
  const limits = seatLimits(levels, 600)
  assert.deepEqual([...limits].map(([name, { nominal, lendable }]) => [name, nominal, lendable]), [
    ['exempt', 0, 0], ['catch-all', 13, 0], ['system', 74, 24], ['node-high', 98, 25], ['leader-election', 25, 0],
    ['workload-high', 98, 49], ['workload-low', 245, 221], ['global-default', 49, 25],
  ])
})

test('a hand has different cards of the deck, and the same ones for the same flow', () => {
  for (const name of ['a', 'b', 'c', 'system:node:1']) {
    const hand = dealHand(hashFlow('schema', name), 128, 6)
    assert.equal(new Set(hand).size, 6)
    assert.ok(hand.every((card) => card >= 0 && card < 128))
    assert.deepEqual(hand, dealHand(hashFlow('schema', name), 128, 6))
  }
})

/** One level with these seats and queues, for everybody, told apart by their names. */
function small(queuing?: { queues: number; handSize: number; queueLengthLimit: number }): {
  schemas: FlowSchema[]; levels: PriorityLevelConfiguration[]
} {
  return {
    schemas: [{
      metadata: { name: 'all' },
      spec: {
        matchingPrecedence: 1,
        priorityLevelConfiguration: { name: 'small' },
        distinguisherMethod: { type: 'ByUser' },
        rules: [{
          subjects: [{ kind: 'Group', group: { name: '*' } }],
          resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }],
        }],
      },
    }],
    levels: [{
      metadata: { name: 'small' },
      spec: {
        type: 'Limited',
        limited: {
          nominalConcurrencyShares: 100,
          borrowingLimitPercent: 0,
          limitResponse: queuing ? { type: 'Queue', queuing } : { type: 'Reject' },
        },
      },
    }],
  }
}

function controllerOf(seats: number, configuration: ReturnType<typeof small>) {
  const clock = manualClock()
  const controller = new FlowController({ clock, seats, waitLimitMs: 15_000 })
  controller.configure(configuration.schemas, configuration.levels)
  const idle = new AbortController().signal
  const take = async (name: string, signal = idle): Promise<Turn> =>
    await controller.take(controller.classify(user(name), pods), 1, () => signal)
  return { clock, controller, take }
}

test('without queues, who finds no seat is refused', async () => {
  const { take } = controllerOf(2, small())
  const first = await take('a')
  assert.equal((await take('b')).type, 'run')
  assert.equal((await take('c')).type, 'refused')
  if (first.type === 'run') first.release()
  assert.equal((await take('c')).type, 'run')
})

test('who waits runs when a seat is free, and a flood waits behind a trickle', async () => {
  const { take } = controllerOf(1, small({ queues: 64, handSize: 1, queueLengthLimit: 50 }))
  const order: string[] = []
  const running = await take('flood')
  const waits = ['flood', 'flood', 'flood', 'trickle'].map(async (name) => {
    const turn = await take(name)
    order.push(name)
    if (turn.type === 'run') turn.release()
  })
  await settle()
  assert.equal(order.length, 0)
  if (running.type === 'run') running.release()
  await Promise.all(waits)
  assert.equal(order.indexOf('trickle') < 2, true, `${order}`)
})

test('who waits too long, or goes away, is refused; a full queue refuses at once', async () => {
  const { clock, take } = controllerOf(1, small({ queues: 1, handSize: 1, queueLengthLimit: 2 }))
  await take('a')
  const gone = new AbortController()
  const patient = take('b')
  const impatient = take('c', gone.signal)
  await settle()
  assert.equal((await take('d')).type, 'refused')
  gone.abort()
  assert.equal((await impatient).type, 'refused')
  await clock.advance(15_000)
  assert.equal((await patient).type, 'refused')
})

test('a level borrows what another lends while it is free, and no more', async () => {
  const { schemas: all, levels: own } = small()
  own[0]!.spec!.limited!.borrowingLimitPercent = 100
  const lender: PriorityLevelConfiguration = {
    metadata: { name: 'lender' },
    spec: {
      type: 'Limited',
      limited: { nominalConcurrencyShares: 105, lendablePercent: 50, limitResponse: { type: 'Reject' } },
    },
  }
  const { take } = controllerOf(20, { schemas: all, levels: [...own, lender] })
  const turns = await Promise.all(Array.from({ length: 20 }, () => take('a')))
  // Ten of its own (of 100 + 105 + 5 shares), and five of the lender's ten, less the seat that rounding up made.
  assert.equal(turns.filter(({ type }) => type === 'run').length, 14)
})

test('requests that wait under an old configuration still get their turn', async () => {
  const { controller, take } = controllerOf(1, small({ queues: 4, handSize: 1, queueLengthLimit: 5 }))
  const running = await take('a')
  const waiting = take('b')
  await settle()
  const changed = small({ queues: 8, handSize: 1, queueLengthLimit: 5 })
  controller.configure(changed.schemas, changed.levels)
  if (running.type === 'run') running.release()
  assert.equal((await waiting).type, 'run')
})
