/** Deciding by class is deciding node by node: random clusters and pods, with everything changing in between. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { labelSetMatcher } from '#machinery/meta/label-selector.ts'
import { seededRandom, type SeededRandom } from '#sim/random.ts'
import { decide, judgeWhatIf } from '../decide.ts'
import { defaultProfile } from '../plugins/plugins.ts'
import { ClusterState } from '../snapshot/cluster-state.ts'
import { infoOf, nodeOf } from '../testing.ts'
import { Decider } from './decider.ts'
import { PodClass } from './pod-class.ts'

const term = (random: SeededRandom) => ({
  topologyKey: random.pick(['zone', 'rack', 'kubernetes.io/hostname']),
  labelSelector: { matchLabels: { app: random.pick(['web', 'db']) } },
})
const randomAffinity = (random: SeededRandom): object => {
  const required = random.chance(0.4) ? { requiredDuringSchedulingIgnoredDuringExecution: [term(random)] } : {}
  const preferred = random.chance(0.5)
    ? {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 1 + random.below(50), podAffinityTerm: term(random) },
        ],
      }
    : {}
  return { ...required, ...preferred }
}

/** One of a few shapes, so that classes have several members. */
function podShape(random: SeededRandom): string {
  const spec: Record<string, unknown> = {}
  if (random.chance(0.4)) {
    spec['affinity'] = {
      ...(random.chance(0.5) && { podAffinity: randomAffinity(random) }),
      ...(random.chance(0.5) && { podAntiAffinity: randomAffinity(random) }),
      ...(random.chance(0.3) && {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 3, preference: { matchExpressions: [{ key: 'disk', operator: 'Exists' }] } },
          ],
        },
      }),
    }
  }
  if (random.chance(0.4)) {
    spec['topologySpreadConstraints'] = Array.from({ length: 1 + random.below(2) }, () => ({
      maxSkew: 1 + random.below(3),
      topologyKey: random.pick(['zone', 'rack', 'kubernetes.io/hostname']),
      whenUnsatisfiable: random.pick(['DoNotSchedule', 'ScheduleAnyway']),
      labelSelector: { matchLabels: { app: random.pick(['web', 'db']) } },
      ...(random.chance(0.2) && { nodeTaintsPolicy: 'Honor' }),
      ...(random.chance(0.2) && { minDomains: 1 + random.below(4) }),
    }))
  }
  if (random.chance(0.2)) spec['tolerations'] = [{ key: 'soft', operator: 'Exists' }]
  const port = random.chance(0.1) ? 'port=80' : ''
  return `cpu=${random.below(8) * 100}m memory=${random.below(8) * 100}Mi app:${random.pick(['web', 'db', 'other'])} image=${random.pick(['x', 'y'])} ${port} ${JSON.stringify(spec)}`
}

function nodeLine(name: string, random: SeededRandom): string {
  const zone = random.chance(0.9) ? `zone:${random.below(3)}` : ''
  const rack = random.chance(0.8) ? `rack:${random.below(12)}` : ''
  const soft = random.chance(0.3) ? 'taint=soft=:PreferNoSchedule' : random.chance(0.1) ? 'taint=hard=:NoSchedule' : ''
  const image = random.chance(0.5) ? `image=${random.pick(['x', 'y'])}:latest@${random.below(2_000_000_000)}` : ''
  return `${name} cpu=${1 + random.below(4)} memory=${1 + random.below(4)}Gi pods=${3 + random.below(6)} ${zone} ${rack} ${soft} ${image} ${random.chance(0.3) ? 'disk:ssd' : ''}`
}

const seeds = 25 * Number(process.env['SEEDS'] ?? 1)

test('a class picks a node that is as good as the best found by looking at every node', () => {
  let [compared, rejected] = [0, 0]
  for (let seed = 0; seed < seeds; seed++) {
    const random = seededRandom(`classes ${seed}`)
    const isGrouped = random.chance(0.3)
    const state = new ClusterState({
      namespaceLabels: () => ({}),
      groupSelector: ({ labels }) => isGrouped && labels['app'] === 'web' ? labelSetMatcher({ app: 'web' }) : undefined,
    })
    const names = Array.from({ length: 5 + random.below(20) }, (_, i) => `node-${i}`)
    for (const name of names) state.setNode(nodeOf(nodeLine(name, random)))
    const shapes = Array.from({ length: 4 }, () => podShape(random))
    const classes = shapes.map((shape) => new PodClass(infoOf(`class ${shape}`), state, defaultProfile))
    const placed: string[] = []
    for (let step = 0; step < 60; step++) {
      if (random.chance(0.05)) state.setNode(nodeOf(nodeLine(random.pick(names), random)))
      if (random.chance(0.03)) state.removeNode(random.pick(names))
      if (placed.length > 0 && random.chance(0.25)) state.remove(placed.splice(random.below(placed.length), 1)[0]!)
      const which = random.below(shapes.length)
      const pod = infoOf(`p-${step} ${shapes[which]}`)
      const slow = decide(state, pod, defaultProfile, random.next)
      const fast = classes[which]!.pick(random.next)
      const what = `seed ${seed} step ${step}: ${shapes[which]}`
      assert.equal(fast === undefined, slow.type === 'rejected', what)
      if (fast === undefined || slow.type === 'rejected') { rejected++; continue }
      compared++
      assert.equal(fast.feasible, slow.feasible, what)
      if (slow.feasible > 1) assert.equal(fast.score, slow.score, what)
      assert.equal(judgeWhatIf(state, pod, defaultProfile)(state.node(fast.node)!).type, 'fits', what)
      state.place(pod, fast.node)
      placed.push(pod.uid)
    }
  }
  assert.ok(compared > seeds * 20 && rejected > seeds, `${compared} placed, ${rejected} rejected`)
})

test('the decider makes a class of the second of its kind, and tells why a pod fits nowhere', () => {
  const state = new ClusterState({ namespaceLabels: () => undefined, groupSelector: () => undefined })
  state.setNode(nodeOf('a cpu=1'))
  state.setNode(nodeOf('b cpu=1'))
  const decider = new Decider(state)
  const outcomes = ['p', 'q', 'r', 's', 't'].map((name) => {
    const pod = infoOf(`${name} cpu=500m`)
    const decision = decider.decide(pod, defaultProfile, () => 0.5, () => [], false)
    if (decision.type === 'rejected') {
      return [...decision.rejection.verdicts.values()].map(({ reasons }) => reasons.join()).join(' ')
    }
    state.place(pod, decision.node)
    return decision.node
  })
  assert.deepEqual(outcomes.slice(0, 4).toSorted(), ['a', 'a', 'b', 'b'])
  assert.equal(outcomes[4], 'Insufficient cpu Insufficient cpu')
})

test('of equally good nodes each is picked about as often, however they are grouped', () => {
  const state = new ClusterState({ namespaceLabels: () => undefined, groupSelector: () => undefined })
  for (const [name, zone] of [
    ['a', 'x'],
    ['b', 'x'],
    ['c', 'x'],
    ['d', 'y'],
  ] as const) {
    state.setNode(nodeOf(`${name} zone:${zone}`))
  }
  const spread = JSON.stringify({ topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'web' } },
    },
  ] })
  const podClass = new PodClass(infoOf(`p app:web ${spread}`), state, defaultProfile)
  const random = seededRandom('ties')
  const counts = new Map<string, number>()
  for (let i = 0; i < 4_000; i++) {
    const { node } = podClass.pick(random.next)!
    counts.set(node, (counts.get(node) ?? 0) + 1)
  }
  for (const count of counts.values()) assert.ok(count > 900 && count < 1_100, [...counts].join())
})
