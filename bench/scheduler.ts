/** The scheduler's figures: decisions alone at 5,000 and 50,000 nodes. Run alone with `node bench/scheduler.ts [--json]`. */
import { Decider } from '#scheduler/classes/decider.ts'
import { defaultProfile } from '#scheduler/plugins/plugins.ts'
import { ClusterState } from '#scheduler/snapshot/cluster-state.ts'
import { podInfoOf } from '#scheduler/snapshot/pod-info.ts'
import { nodeOf, podOf } from '#scheduler/testing.ts'
import type { Figure, Report } from './store.ts'

interface Workload {
  readonly name: string
  /** The pod, with `#` for its number. */
  readonly pod: string
  readonly goal: number
}

const affinity = (kind: string, key: string): string => JSON.stringify({ affinity: { [kind]: {
  requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: key, labelSelector: { matchLabels: { app: 'web' } } }],
} } })
const spread = JSON.stringify({ topologySpreadConstraints: [
  { maxSkew: 5, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 'web' } } },
] })

/** Goals are the upstream thresholds (which include the API server) times what the design aims at. */
const workloads: readonly Workload[] = [
  { name: 'equal pods', pod: 'p# cpu=100m memory=500Mi', goal: 200_000 },
  { name: 'every pod different', pod: 'p# cpu=#m memory=500Mi', goal: 15_000 },
  { name: 'pod affinity, one zone', pod: `p# cpu=100m app:web ${affinity('podAffinity', 'region')}`, goal: 3_500 },
  { name: 'pod anti-affinity by host', pod: `p# cpu=100m app:web ${affinity('podAntiAffinity', 'kubernetes.io/hostname')}`, goal: 6_000 },
  { name: 'topology spread', pod: `p# cpu=100m app:web ${spread}`, goal: 9_000 },
]

const secondsEach = 1

export async function run(report: Report): Promise<void> {
  for (const nodes of [5_000, 50_000]) {
    for (const workload of workloads) {
      if (nodes > 5_000 && workload.name !== 'equal pods') continue
      const value = measure(nodes, workload.pod)
      const goal = nodes > 5_000 ? {} : { goal: workload.goal, holds: value >= workload.goal }
      report({ bench: 'scheduler', figure: `decisions, ${workload.name}, ${nodes} nodes`, value: Math.round(value), unit: '1/s', better: 'higher', ...goal })
    }
  }
}

/** Decides and places one pod after the other, as the loop does, for about a second or until every node has one. */
function measure(nodes: number, line: string): number {
  const state = new ClusterState({ namespaceLabels: () => undefined, groupSelector: () => undefined })
  for (let i = 0; i < nodes; i++) state.setNode(nodeOf(`node-${i} cpu=32 memory=256Gi zone:${i % 10} region:one`))
  const decider = new Decider(state)
  let seed = 1
  const next = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  const began = performance.now()
  let [placed, spent] = [0, 0]
  while (performance.now() - began < secondsEach * 1_000 && placed < nodes) {
    // What an informer does when the pod appears is not part of the decision.
    const info = podInfoOf(podOf(line.replaceAll('#', String(placed % 997 + 1)).replace('p', `p-${placed}-`)))
    const at = performance.now()
    const decision = decider.decide(info, defaultProfile, next, () => [], false)
    if (decision.type === 'rejected') throw new Error(`a pod found no node after ${placed}`)
    state.place(info, decision.node)
    spent += performance.now() - at
    placed++
  }
  return placed / (spent / 1_000)
}

if (import.meta.main) {
  const asJson = process.argv.includes('--json')
  await run((figure: Figure) => {
    const verdict = figure.goal === undefined ? '' : `  goal ${figure.goal}: ${figure.holds === true ? 'holds' : 'does not hold'}`
    process.stdout.write(asJson ? `${JSON.stringify(figure)}\n` : `${figure.figure.padEnd(52)} ${String(figure.value).padStart(9)} ${figure.unit}${verdict}\n`)
  })
}
