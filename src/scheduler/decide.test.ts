/** Tables of decisions: nodes, pods on them, the pod to place, and where it goes or why it goes nowhere. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decide, formatRejection } from './decide.ts'
import { defaultProfile } from './plugins/plugins.ts'
import { clusterOf, infoOf } from './testing.ts'

/** Chance that never changes its mind: of equally good nodes the first. */
const first = (): number => 0.999

function outcome(nodes: string, pods: string, pod: string): string {
  const decision = decide(clusterOf(nodes, pods), infoOf(pod), defaultProfile, first)
  return decision.type === 'placed' ? decision.node : formatRejection(decision.rejection)
}

interface Row {
  readonly title: string
  readonly nodes: string
  readonly pods?: string
  readonly pod: string
  /** The node, or the message. */
  readonly to: string
}

const spread = (extra: object): string => JSON.stringify({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'web' } },
      ...extra,
    },
  ],
})
const affinity = (kind: 'podAffinity' | 'podAntiAffinity', extra: object = {}): string => JSON.stringify({
  affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution: [
    { topologyKey: 'zone', labelSelector: { matchLabels: { app: 'web' } }, ...extra },
  ] } },
})
const nodeTerms = (...terms: object[]): string => JSON.stringify({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } },
})
const twoZones = `
  a zone:x
  b zone:y`

const rows: readonly Row[] = [
  { title: 'no nodes at all', nodes: '', pod: 'p', to: 'no nodes available to schedule pods' },
  { title: 'the only node', nodes: 'a', pod: 'p', to: 'a' },
  {
    title: 'a cordoned node',
    nodes: 'a unschedulable',
    pod: 'p',
    to: '0/1 nodes are available: 1 node(s) were unschedulable.',
  },
  {
    title: 'a cordon that is tolerated',
    nodes: 'a unschedulable',
    pod: 'p {"tolerations":[{"key":"node.kubernetes.io/unschedulable","operator":"Exists"}]}',
    to: 'a',
  },
  { title: 'a node by name', nodes: 'a\nb', pod: 'p {"nodeName":"b"}', to: 'b' },
  {
    title: 'reasons are counted and sorted',
    nodes: `
      a cpu=1
      b taint=dedicated=gpu:NoSchedule
      c taint=dedicated=gpu:NoExecute
      d cpu=100m memory=1Mi`,
    pod: 'p cpu=2 memory=1Gi',
    to: '0/4 nodes are available: 1 Insufficient memory, 2 Insufficient cpu, 2 node(s) had untolerated taint(s).',
  },

  {
    title: 'a taint that is tolerated by value',
    nodes: 'a taint=k=v:NoSchedule',
    pod: 'p {"tolerations":[{"key":"k","value":"v","effect":"NoSchedule"}]}',
    to: 'a',
  },
  {
    title: 'a toleration of another value',
    nodes: 'a taint=k=v:NoSchedule',
    pod: 'p {"tolerations":[{"key":"k","value":"w"}]}',
    to: '0/1 nodes are available: 1 node(s) had untolerated taint(s).',
  },
  {
    title: 'a toleration of another effect',
    nodes: 'a taint=k=v:NoExecute',
    pod: 'p {"tolerations":[{"key":"k","operator":"Exists","effect":"NoSchedule"}]}',
    to: '0/1 nodes are available: 1 node(s) had untolerated taint(s).',
  },
  {
    title: 'a toleration of everything',
    nodes: 'a taint=k=v:NoExecute',
    pod: 'p {"tolerations":[{"operator":"Exists"}]}',
    to: 'a',
  },
  {
    title: 'a taint that only asks makes a node second choice',
    nodes: 'a taint=k=v:PreferNoSchedule\nb',
    pod: 'p',
    to: 'b',
  },

  { title: 'a node selector', nodes: 'a disk:hdd\nb disk:ssd', pod: 'p {"nodeSelector":{"disk":"ssd"}}', to: 'b' },
  {
    title: 'a node selector that no node meets',
    nodes: 'a\nb',
    pod: 'p {"nodeSelector":{"disk":"ssd"}}',
    to: "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
  },
  {
    title: 'terms are alternatives',
    nodes: 'a n:1\nb n:7',
    pod: `p ${nodeTerms({ matchExpressions: [{ key: 'n', operator: 'Gt', values: ['5'] }] }, { matchExpressions: [{ key: 'no', operator: 'Exists' }] })}`,
    to: 'b',
  },
  {
    title: 'an empty term matches nothing',
    nodes: 'a',
    pod: `p ${nodeTerms({})}`,
    to: "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
  },
  {
    title: 'a DaemonSet pod names its node by a field',
    nodes: 'a\nb\nc',
    pod: `p ${nodeTerms({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] })}`,
    to: 'b',
  },
  {
    title: 'nodes that were not looked at say which plugin ruled them out',
    nodes: 'a\nb cpu=1',
    pod: `p cpu=2 ${nodeTerms({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] })}`,
    to: "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't satisfy plugin(s) [NodeAffinity].",
  },
  {
    title: 'names that exclude each other',
    nodes: 'a',
    pod: `p ${nodeTerms({
      matchFields: [
        { key: 'metadata.name', operator: 'In', values: ['a'] },
        { key: 'metadata.name', operator: 'In', values: ['b'] },
      ],
    })}`,
    to: '0/1 nodes are available: pod affinity terms conflict.',
  },
  {
    title: 'a preferred node',
    nodes: 'a\nb disk:ssd\nc',
    to: 'b',
    pod: `p ${JSON.stringify({
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 5, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] } },
          ],
        },
      },
    })}`,
  },

  { title: 'a host port that is taken', nodes: 'a\nb', pods: 'q on a port=80', pod: 'p port=80', to: 'b' },
  {
    title: 'a host port that is taken everywhere',
    nodes: 'a',
    pods: 'q on a port=80',
    pod: 'p port=80',
    to: "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
  },
  {
    title: 'the same port of another protocol is free',
    nodes: 'a',
    pods: 'q on a port=80',
    to: 'a',
    pod: 'p {"containers":[{"name":"c","ports":[{"hostPort":80,"containerPort":80,"protocol":"UDP"}]}]}',
  },

  {
    title: 'what is left counts, not what there is',
    nodes: 'a cpu=4\nb cpu=3',
    pods: 'q on a cpu=2',
    pod: 'p cpu=2500m',
    to: 'b',
  },
  { title: 'exactly what is left fits', nodes: 'a cpu=4', pods: 'q on a cpu=2500m', pod: 'p cpu=1500m', to: 'a' },
  {
    title: 'too many pods',
    nodes: 'a pods=1',
    pods: 'q on a',
    pod: 'p',
    to: '0/1 nodes are available: 1 Too many pods.',
  },
  { title: 'extended resources', nodes: 'a\nb example.com/gpu=2', pod: 'p example.com/gpu=2', to: 'b' },
  {
    title: 'extended resources that are used up',
    nodes: 'a example.com/gpu=2',
    pods: 'q on a example.com/gpu=1',
    pod: 'p example.com/gpu=2',
    to: '0/1 nodes are available: 1 Insufficient example.com/gpu.',
  },
  {
    title: 'an init container that needs more than the rest',
    nodes: 'a cpu=1\nb cpu=2',
    to: 'b',
    pod: 'p {"containers":[{"name":"c","resources":{"requests":{"cpu":"500m"}}}],"initContainers":[{"name":"i","resources":{"requests":{"cpu":"1500m"}}}]}',
  },
  {
    title: 'a sidecar counts beside containers and later init containers',
    nodes: 'a cpu=1\nb cpu=2',
    to: 'b',
    pod: 'p {"containers":[{"name":"c"}],"initContainers":[{"name":"s","restartPolicy":"Always","resources":{"requests":{"cpu":"600m"}}},{"name":"i","resources":{"requests":{"cpu":"600m"}}}]}',
  },
  { title: 'the less loaded node', nodes: 'a\nb', pods: 'q on a cpu=1 memory=2Gi', pod: 'p cpu=1 memory=2Gi', to: 'b' },
  {
    title: 'pods without requests count for something where load is compared',
    nodes: 'a\nb',
    pods: 'q on a',
    pod: 'p',
    to: 'b',
  },
  {
    title: 'the node that stays balanced',
    nodes: 'a cpu=10 memory=10Gi\nb cpu=10 memory=10Gi',
    pods: 'q on a cpu=4\nr on b memory=4Gi',
    pod: 'p cpu=4',
    to: 'b',
  },
  {
    title: 'the node that has the image',
    nodes: 'a\nb image=app:latest@900000000\nc image=app:latest@900000000',
    pod: 'p',
    to: 'b',
  },

  { title: 'spreading over zones', nodes: twoZones, pods: 'q on a app:web', pod: `p app:web ${spread({})}`, to: 'b' },
  {
    title: 'spreading allows the skew',
    nodes: 'a zone:x',
    pods: 'q on a app:web',
    pod: `p app:web ${spread({})}`,
    to: 'a',
  },
  {
    title: 'spreading that cannot be met',
    nodes: 'a zone:x\nb zone:y cpu=1\nc',
    pods: 'q on a app:web',
    pod: `p cpu=2 app:web ${spread({})}`,
    to: "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints, 1 node(s) didn't match pod topology spread constraints (missing required label).",
  },
  {
    title: 'too few domains count as one that is empty',
    nodes: 'a zone:x',
    pods: 'q on a app:web',
    pod: `p app:web ${spread({ minDomains: 2 })}`,
    to: "0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints.",
  },
  {
    title: 'spreading that only prefers',
    nodes: twoZones,
    pods: 'q on a app:web',
    pod: `p app:web ${spread({ whenUnsatisfiable: 'ScheduleAnyway' })}`,
    to: 'b',
  },

  {
    title: 'together with others',
    nodes: twoZones,
    pods: 'q on b app:web',
    pod: `p ${affinity('podAffinity')}`,
    to: 'b',
  },
  {
    title: 'together with nobody',
    nodes: twoZones,
    pod: `p ${affinity('podAffinity')}`,
    to: "0/2 nodes are available: 2 node(s) didn't match pod affinity rules.",
  },
  {
    title: 'the first of a group that wants to be together',
    nodes: `${twoZones}\nc`,
    pod: `p app:web ${affinity('podAffinity')}`,
    to: 'a',
  },
  {
    title: 'apart from others',
    nodes: twoZones,
    pods: 'q on a app:web',
    pod: `p ${affinity('podAntiAffinity')}`,
    to: 'b',
  },
  {
    title: 'apart from others everywhere',
    nodes: twoZones,
    pods: 'q on a app:web\nr on b app:web',
    pod: `p ${affinity('podAntiAffinity')}`,
    to: "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.",
  },
  {
    title: 'others that want to be apart from it',
    nodes: twoZones,
    pods: `q on a ${affinity('podAntiAffinity')}`,
    pod: 'p app:web',
    to: 'b',
  },
  {
    title: 'others that want to be apart from it everywhere',
    nodes: 'a zone:x\nb zone:x',
    pods: `q on a ${affinity('podAntiAffinity')}`,
    pod: 'p app:web',
    to: "0/2 nodes are available: 2 node(s) didn't satisfy existing pods anti-affinity rules.",
  },
  {
    title: 'other namespaces do not count unless named',
    nodes: twoZones,
    pods: 'q on b app:web',
    pod: `p ${affinity('podAffinity', { namespaces: ['other'] })}`,
    to: "0/2 nodes are available: 2 node(s) didn't match pod affinity rules.",
  },
  {
    title: 'namespaces by their labels',
    nodes: twoZones,
    pods: 'q on b app:web',
    to: 'b',
    pod: `p ${affinity('podAffinity', { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } } })}`,
  },
]

for (const { title, nodes, pods = '', pod, to } of rows) {
  test(title, () => assert.equal(outcome(nodes, pods, pod), to))
}

test("the runtime's overhead counts", () => {
  assert.equal(
    outcome('a cpu=1', '', 'p cpu=900m {"overhead":{"cpu":"200m"}}'),
    '0/1 nodes are available: 1 Insufficient cpu.',
  )
  assert.equal(outcome('a cpu=1100m', '', 'p cpu=900m {"overhead":{"cpu":"200m"}}'), 'a')
})

test('of equally good nodes each is picked about as often', () => {
  const cluster = clusterOf('a\nb\nc\nd')
  const counts = new Map<string, number>()
  let seed = 1
  const next = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  for (let i = 0; i < 4_000; i++) {
    const decision = decide(cluster, infoOf('p'), defaultProfile, next)
    assert.equal(decision.type, 'placed')
    if (decision.type === 'placed') counts.set(decision.node, (counts.get(decision.node) ?? 0) + 1)
  }
  for (const count of counts.values()) assert.ok(count > 900 && count < 1_100, [...counts].join())
})

test('a node that was promised to a more important pod has room for the rest only', () => {
  const cluster = clusterOf('a cpu=2')
  const promised = infoOf('vip cpu=1500m priority=10')
  const place = (pod: string): string => decide(cluster, infoOf(pod), defaultProfile, first, () => [promised]).type
  assert.equal(place('p cpu=1'), 'rejected')
  assert.equal(place('p cpu=500m'), 'placed')
  assert.equal(place('p cpu=1 priority=11'), 'placed')
  assert.equal(place('vip cpu=1500m priority=10'), 'placed')
})
