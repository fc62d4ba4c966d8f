/** Who has to go: tables of nodes, pods on them, a pod that fits nowhere, and what is done about it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PodDisruptionBudget } from '#api/gen/policy-v1.ts'
import { decide } from '../decide.ts'
import { defaultProfile } from '../plugins/plugins.ts'
import { clusterOf, infoOf } from '../testing.ts'
import { decidePreemption } from './preemption.ts'

function outcome(nodes: string, pods: string, pod: string, budgets: readonly PodDisruptionBudget[] = []): string {
  const cluster = clusterOf(nodes, pods)
  const decision = decide(cluster, infoOf(pod), defaultProfile, () => 0.999)
  if (decision.type === 'placed') return `placed on ${decision.node}`
  const preemption = decidePreemption(cluster, infoOf(pod), defaultProfile, decision.rejection, budgets)
  if (preemption.type === 'none') return preemption.why
  return `${preemption.node}: ${preemption.victims.map((victim) => victim.pod.metadata.name).join(' ')}`
}

const budget = (labels: Record<string, string>, disruptionsAllowed: number): PodDisruptionBudget => ({
  metadata: { name: 'b', namespace: 'default' }, spec: { selector: { matchLabels: labels } },
  status: { disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
})

const rows: readonly (readonly [
  title: string,
  nodes: string,
  pods: string,
  pod: string,
  to: string,
  budgets?: readonly PodDisruptionBudget[],
])[] = [
  ['a less important pod goes', 'a cpu=2', 'q on a cpu=2', 'p cpu=1 priority=5', 'a: q'],
  [
    'an equally important pod stays',
    'a cpu=2',
    'q on a cpu=2 priority=5',
    'p cpu=1 priority=5',
    '0/1 nodes are available: 1 No preemption victims found for incoming pod.',
  ],
  [
    'no more go than need to, the more important stay',
    'a cpu=3',
    'q on a cpu=1 priority=1\nr on a cpu=1 priority=2\ns on a cpu=1 priority=3',
    'p cpu=2 priority=9',
    'a: r q',
  ],
  [
    'a pod that would not help is left alone',
    'a cpu=3',
    'q on a cpu=2\nr on a memory=1Gi',
    'p cpu=2 priority=9',
    'a: q',
  ],
  [
    'no one need go in vain',
    'a cpu=2\nb taint=k=v:NoSchedule',
    'q on a cpu=1',
    'p cpu=3 priority=9',
    '0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
  ],
  [
    'what stays in the way is named',
    'a cpu=4',
    'q on a cpu=1\nr on a cpu=3 priority=9',
    'p cpu=2 priority=9',
    '0/1 nodes are available: 1 Insufficient cpu.',
  ],
  [
    'a pod may say that it never preempts',
    'a cpu=2',
    'q on a cpu=2',
    'p cpu=1 priority=5 {"preemptionPolicy":"Never"}',
    'not eligible due to preemptionPolicy=Never.',
  ],
  [
    'the node with the least important victim',
    'a cpu=2\nb cpu=2',
    'q on a cpu=2 priority=3\nr on b cpu=2 priority=2',
    'p cpu=1 priority=5',
    'b: r',
  ],
  [
    'the node with fewer victims',
    'a cpu=2\nb cpu=2',
    'q on a cpu=1\nq2 on a cpu=1\nr on b cpu=2',
    'p cpu=2 priority=5',
    'b: r',
  ],
  [
    'the victim that started last',
    'a cpu=2\nb cpu=2',
    'q on a cpu=2 started=10\nr on b cpu=2 started=20',
    'p cpu=1 priority=5',
    'b: r',
  ],
  [
    'a node where no budget is broken',
    'a cpu=2\nb cpu=2',
    'q on a cpu=2 app:safe\nr on b cpu=2 priority=2',
    'p cpu=1 priority=5',
    'b: r',
    [budget({ app: 'safe' }, 0)],
  ],
  [
    'a budget is broken when nothing else helps',
    'a cpu=2',
    'q on a cpu=2 app:safe',
    'p cpu=1 priority=5',
    'a: q',
    [budget({ app: 'safe' }, 0)],
  ],
  [
    'pods with a budget that is used up are spared before others',
    'a cpu=2',
    'q on a cpu=1 app:safe\nr on a cpu=1 priority=3',
    'p cpu=1 priority=5',
    'a: r',
    [budget({ app: 'safe' }, 0)],
  ],
  ['a host port is freed', 'a', 'q on a port=80', 'p port=80 priority=5', 'a: q'],
  [
    'anti-affinity is made room for',
    'a zone:x',
    'q on a app:web',
    'p priority=5 {"affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"zone","labelSelector":{"matchLabels":{"app":"web"}}}]}}}',
    'a: q',
  ],
]

for (const [title, nodes, pods, pod, to, budgets] of rows) {
  test(title, () => assert.equal(outcome(nodes, pods, pod, budgets), to))
}
