/** The plan for a pod, as a table: what is there → what is done. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { SandboxStatus } from '#world/container-runtime.ts'
import type { PodObject } from '../types.ts'
import { annotation, containerHash, label } from './identity.ts'
import {
  actionKey,
  planPod,
  type BackOff,
  type Ending,
  type ObservedContainer,
  type PodAction,
  type PodSituation,
  type ProbeVerdicts,
} from './plan.ts'

const now = 1_000_000

interface Setup {
  /** `i:` init, `s:` sidecar, none: regular. `+startup` gives it a startup probe. */
  readonly containers?: string
  readonly policy?: 'Always' | 'OnFailure' | 'Never'
  /** `1` ready, `0` not, newest first. */
  readonly sandboxes?: string
  /** Newest first: `web=running`, `web=exited(1)`, `web=created`; a prime after the name: in an older sandbox. */
  readonly have?: string
  readonly probes?: Readonly<Record<string, ProbeVerdicts>>
  readonly backOff?: Readonly<Record<string, BackOff>>
  readonly underway?: readonly string[]
  readonly ending?: Ending
}

function podOf({ containers = 'web', policy = 'Always' }: Setup): PodObject {
  const parse = (word: string) => {
    const [name = '', probe] = word.replace(/^[is]:/, '').split('+')
    return {
      name,
      image: 'image',
      ...(word.startsWith('s:') && { restartPolicy: 'Always' }),
      ...(probe && { startupProbe: {} }),
    }
  }
  const words = containers.split(' ')
  return {
    metadata: { name: 'p', namespace: 'n', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    spec: {
      restartPolicy: policy,
      initContainers: words.filter((word) => /^[is]:/.test(word)).map(parse),
      containers: words.filter((word) => !/^[is]:/.test(word)).map(parse),
    },
  } as PodObject
}

function situationOf(setup: Setup): PodSituation {
  const pod = podOf(setup)
  const marks = (setup.sandboxes ?? '').split('').filter((mark) => mark !== '')
  const sandboxes = marks.map((mark, index): SandboxStatus => ({
    id: `box${marks.length - 1 - index}`,
    name: 'p',
    uid: 'u',
    namespace: 'n',
    attempt: marks.length - 1 - index,
    ready: mark === '1',
    createdAt: 0,
    labels: {},
    annotations: {},
    runtimeHandler: '',
    ips: ['10.0.0.1'],
    hostNetwork: false,
  }))
  const words = (setup.have ?? '').split(' ').filter((word) => word !== '')
  const containers = words.map((word, index): ObservedContainer => {
    const [, name = '', old, state = '', code = '0'] = /^(\w+)('?)=(\w+)(?:\((\d+)\))?$/.exec(word) ?? []
    return {
      id: `${name}-${words.length - index}`,
      sandboxId: sandboxes[old ? 1 : 0]?.id ?? 'gone',
      name,
      attempt: 0,
      image: 'image',
      imageRef: 'image',
      state: state as ObservedContainer['state'],
      createdAt: words.length - index,
      startedAt: 1,
      finishedAt: state === 'exited' ? now - 1000 : 0,
      exitCode: Number(code),
      reason: '',
      message: '',
      mounts: [],
      logPath: '',
      user: undefined,
      labels: { [label.containerName]: name },
      annotations: {
        [annotation.containerHash]: containerHash({ name, image: 'image' }),
        [annotation.restartCount]: '4',
      },
    }
  })
  return {
    pod,
    state: { sandboxes, containers },
    now,
    ending: setup.ending,
    notBefore: new Map(),
    underway: new Set(setup.underway ?? []),
    probes: new Map(Object.entries(setup.probes ?? {})),
    backOff: new Map(Object.entries(setup.backOff ?? {})),
  }
}

function describe(action: PodAction): string {
  switch (action.type) {
    case 'createSandbox': return `sandbox#${action.attempt}`
    case 'stopSandbox': return `stop ${action.id}`
    case 'startContainer': return `start ${action.container.name}#${action.restartCount}`
    case 'killContainer': return `kill ${action.name} (${action.reason}, ${action.graceSeconds}s)`
  }
}

function check(setup: Setup, expected: readonly string[], finished = false): void {
  const plan = planPod(situationOf(setup))
  assert.deepEqual(plan.actions.map(describe), expected)
  assert.equal(plan.finished, finished)
}

const soon: Ending = { graceSeconds: 5, deadline: now + 5000 }

test('a new pod gets a sandbox, then its containers', () => {
  check({}, ['sandbox#0'])
  check({ sandboxes: '1', containers: 'web log' }, ['start web#0', 'start log#0'])
  check({ sandboxes: '1', have: 'web=running' }, [])
})

test('a lost sandbox is made again after its containers have ended', () => {
  check({ sandboxes: '0', have: 'web=running' }, ['kill web (sandboxChanged, 30s)'])
  check({ sandboxes: '0', have: 'web=exited(137)' }, ['sandbox#1'])
  check({ sandboxes: '10', have: "web'=exited(137)" }, ['start web#5'])
  check({ sandboxes: '0', have: 'web=exited(0)', policy: 'Never' }, [], true)
})

test('restart policies decide what an end means', () => {
  check({ sandboxes: '1', have: 'web=exited(0)' }, ['start web#5'])
  check({ sandboxes: '1', have: 'web=exited(0)', policy: 'OnFailure' }, ['stop box0'])
  check({ sandboxes: '1', have: 'web=exited(1)', policy: 'OnFailure' }, ['start web#5'])
  check({ sandboxes: '1', have: 'web=exited(1)', policy: 'Never' }, ['stop box0'])
  check({ sandboxes: '1', containers: 'web log', have: 'web=exited(1) log=running', policy: 'Never' }, [])
})

test('restarts wait: 10 s, doubled up to 5 minutes, forgotten after 10 minutes of running', () => {
  const fresh = planPod(situationOf({ sandboxes: '1', have: 'web=exited(1)' })).actions[0]
  assert.deepEqual(fresh?.type === 'startContainer' && fresh.backOff, { delayMs: 10_000, updatedAt: now })
  const waiting = planPod(
    situationOf({
      sandboxes: '1',
      have: 'web=exited(1)',
      backOff: { web: { delayMs: 40_000, updatedAt: now - 3000 } },
    }),
  )
  assert.deepEqual(waiting.actions, [])
  assert.equal(waiting.wakeAt, now - 1000 + 40_000)
  assert.deepEqual(waiting.waiting.get('web'), {
    reason: 'CrashLoopBackOff',
    message: 'back-off 40s restarting failed container=web pod=p_n(u)',
  })
  const long = planPod(
    situationOf({
      sandboxes: '1',
      have: 'web=exited(1)',
      backOff: { web: { delayMs: 300_000, updatedAt: now - 602_000 } },
    }),
  ).actions[0]
  assert.deepEqual(long?.type === 'startContainer' && long.backOff, { delayMs: 10_000, updatedAt: now })
})

test('init containers go one by one, and a failed one ends the pod if it may not restart', () => {
  const containers = 'i:one i:two web'
  check({ containers, sandboxes: '1' }, ['start one#0'])
  check({ containers, sandboxes: '1', have: 'one=running' }, [])
  check({ containers, sandboxes: '1', have: 'one=exited(0)' }, ['start two#0'])
  check({ containers, sandboxes: '1', have: 'two=exited(0) one=exited(0)' }, ['start web#0'])
  check({ containers, sandboxes: '1', have: 'one=exited(1)' }, ['start one#5'])
  check({ containers, sandboxes: '1', have: 'one=exited(1)', policy: 'Never' }, ['stop box0'])
  check({ containers, sandboxes: '1', have: 'web=running' }, [])
  check({ containers, sandboxes: '10', have: "web'=exited(0) two'=exited(0) one'=exited(0)" }, ['start one#5'])
})

test('a sidecar runs on, holds back what comes after it until it has started, and ends last', () => {
  const containers = 's:mesh+startup i:init web'
  check({ containers, sandboxes: '1' }, ['start mesh#0'])
  check({ containers, sandboxes: '1', have: 'mesh=running', probes: { 'mesh-1': { startup: 'unknown' } } }, [])
  check({ containers, sandboxes: '1', have: 'mesh=running', probes: { 'mesh-1': { startup: 'success' } } }, [
    'start init#0',
  ])
  check({ containers: 's:mesh web', sandboxes: '1', have: 'web=running mesh=exited(1)' }, ['start mesh#5'])
  check({ containers: 's:mesh web', sandboxes: '1', have: 'web=running mesh=running', ending: soon }, [
    'kill web (ending, 5s)',
  ])
  check({ containers: 's:mesh web', sandboxes: '1', have: 'web=exited(0) mesh=running', ending: soon }, [
    'kill mesh (ending, 5s)',
  ])
  check({ containers: 's:mesh web', sandboxes: '1', have: 'web=exited(0) mesh=running', policy: 'Never' }, [
    'kill mesh (finished, 30s)',
  ])
})

test('probes and changed definitions kill', () => {
  check({ sandboxes: '1', have: 'web=running', probes: { 'web-1': { liveness: 'failure' } } }, [
    'kill web (liveness, 30s)',
  ])
  check({ sandboxes: '1', have: 'web=running', probes: { 'web-1': { startup: 'failure' } } }, [
    'kill web (startup, 30s)',
  ])
  const changed = situationOf({ sandboxes: '1', have: 'web=running' })
  const plan = planPod({
    ...changed,
    pod: { ...changed.pod, spec: { containers: [{ name: 'web', image: 'newer' }] } } as PodObject,
  })
  assert.deepEqual(plan.actions.map(describe), ['kill web (definitionChanged, 30s)'])
})

test('an ending pod is taken down and then finished', () => {
  check({ sandboxes: '1', containers: 'web log', have: 'web=running log=running', ending: soon }, [
    'kill web (ending, 5s)',
    'kill log (ending, 5s)',
  ])
  check({ sandboxes: '1', have: 'web=exited(0)', ending: soon }, ['stop box0'])
  check({ sandboxes: '0', have: 'web=exited(0)', ending: soon }, [], true)
  check({ ending: soon }, [], true)
})

test('a container that was created and never started is replaced under its own number', () => {
  const action = planPod(situationOf({ sandboxes: '1', have: 'web=created' })).actions[0]
  assert.equal(action?.type === 'startContainer' && action.replaces, 'web-1')
  assert.equal(action?.type === 'startContainer' && action.restartCount, 4)
})

const states = fc.constantFrom('running', 'exited(0)', 'exited(1)', 'created')
const setups: fc.Arbitrary<Setup> = fc.record({
  containers: fc.constantFrom('web', 'web log', 'i:one web', 's:mesh web', 'i:one s:mesh i:two web log'),
  policy: fc.constantFrom('Always' as const, 'OnFailure' as const, 'Never' as const),
  sandboxes: fc.constantFrom('', '1', '0', '10', '00', '11'),
  have: fc.array(fc.tuple(fc.constantFrom('web', 'log', 'one', 'two', 'mesh'), states), { maxLength: 5 })
    .map((pairs) => [...new Map(pairs)].map(([name, state]) => `${name}=${state}`).join(' ')),
  ending: fc.constantFrom(undefined, soon),
}) as fc.Arbitrary<Setup>

test('for every situation: with the plan under way there is nothing more to do, and no key is used twice', () => {
  fc.assert(fc.property(setups, (setup) => {
    const situation = situationOf(setup)
    const plan = planPod(situation)
    const keys = plan.actions.map(actionKey)
    assert.equal(new Set(keys).size, keys.length)
    const again = planPod({ ...situation, underway: new Set(keys) })
    assert.deepEqual(again.actions.map(actionKey).filter((key) => keys.includes(key)), [])
    assert.deepEqual(planPod(situation), plan)
  }), { numRuns: 500, seed: 1 })
})

test('for every situation: nothing starts in a pod that ends, and no container starts while it runs', () => {
  fc.assert(fc.property(setups, (setup) => {
    const situation = situationOf(setup)
    for (const action of planPod(situation).actions) {
      if (action.type !== 'startContainer') continue
      assert.equal(situation.ending, undefined)
      assert.ok(!situation.state.containers.some(({ name, state, sandboxId }) =>
        name === action.container.name && state === 'running' && sandboxId === action.sandbox.id))
    }
  }), { numRuns: 500, seed: 2 })
})
