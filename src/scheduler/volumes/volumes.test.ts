/** Pods with claims: where their volumes let them go, and what is done for claims that wait for a pod. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schedulerLaboratory } from '#sim/scheduler-laboratory.ts'
import { decide, formatRejection } from '../decide.ts'
import { defaultProfile } from '../plugins/plugins.ts'
import { planVolumes } from '../plugins/volume-binding.ts'
import { snapshotOf } from '../snapshot/snapshot.ts'
import { infoOf, nodeInfoFrom } from '../testing.ts'
import {
  boundByControllerAnnotation,
  selectedNodeAnnotation,
  type Claim,
  type Volume,
  type VolumeView,
} from './volume-view.ts'

const meta = (name: string, namespace?: string) => ({
  name,
  uid: `uid-${name}`,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
  ...(namespace !== undefined && { namespace }),
})

const claim = (
  name: string,
  storageClassName: string,
  more: { volumeName?: string; annotations?: Record<string, string>; storage?: string } = {},
): Claim => ({
  metadata: {
    ...meta(name, 'default'),
    annotations: {
      ...(more.volumeName !== undefined && { 'pv.kubernetes.io/bind-completed': 'yes' }),
      ...more.annotations,
    },
  },
  spec: {
    accessModes: ['ReadWriteOnce'],
    storageClassName,
    resources: { requests: { storage: more.storage ?? '1Gi' } },
    ...(more.volumeName !== undefined && { volumeName: more.volumeName }),
  },
})

const volume = (name: string, storageClassName: string, node: string, storage = '1Gi'): Volume => ({
  metadata: meta(name), status: { phase: 'Available' },
  spec: {
    accessModes: ['ReadWriteOnce'], storageClassName, capacity: { storage },
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] }],
      },
    },
  },
})

function viewOf(claims: readonly Claim[], volumes: readonly Volume[] = []): VolumeView {
  const classes = new Map([
    [
      'local',
      {
        metadata: meta('local'),
        provisioner: 'kubernetes.io/no-provisioner',
        volumeBindingMode: 'WaitForFirstConsumer' as const,
      },
    ],
    [
      'dynamic',
      { metadata: meta('dynamic'), provisioner: 'example.com/p', volumeBindingMode: 'WaitForFirstConsumer' as const },
    ],
    [
      'zonal',
      {
        metadata: meta('zonal'),
        provisioner: 'example.com/p',
        volumeBindingMode: 'WaitForFirstConsumer' as const,
        allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['y'] }] }],
      },
    ],
    ['now', { metadata: meta('now'), provisioner: 'example.com/p' }],
  ])
  return {
    claim: (namespace, name) =>
      namespace === 'default' ? claims.find(({ metadata }) => metadata.name === name) : undefined,
    volume: (name) => volumes.find(({ metadata }) => metadata.name === name),
    volumesOfClass: (name) => volumes.filter(({ spec }) => spec?.storageClassName === name),
    storageClass: (name) => classes.get(name),
    promisedTo: () => undefined,
  }
}

const pod = (...names: string[]): string =>
  `p ${JSON.stringify({ volumes: names.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })) })}`

const rows: readonly (readonly [title: string, view: VolumeView, pod: string, to: string])[] = [
  [
    'a claim that does not exist',
    viewOf([]),
    pod('data'),
    '0/2 nodes are available: persistentvolumeclaim "data" not found.',
  ],
  [
    'a claim that is not bound yet',
    viewOf([claim('data', 'now')]),
    pod('data'),
    '0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.',
  ],
  [
    'a bound claim decides the node',
    viewOf([claim('data', 'local', { volumeName: 'v' })], [volume('v', 'local', 'b')]),
    pod('data'),
    'b',
  ],
  [
    'claims bound to different nodes',
    viewOf(
      [claim('one', 'local', { volumeName: 'v' }), claim('two', 'local', { volumeName: 'w' })],
      [volume('v', 'local', 'a'), volume('w', 'local', 'b')],
    ),
    pod('one', 'two'),
    "0/2 nodes are available: 2 node(s) didn't match PersistentVolume's node affinity.",
  ],
  ['a volume that is gone', viewOf([claim('data', 'local', { volumeName: 'v' })]), pod('data'),
    '0/2 nodes are available: 2 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s).'],
  [
    'a volume that is there for the taking',
    viewOf([claim('data', 'local')], [volume('v', 'local', 'b')]),
    pod('data'),
    'b',
  ],
  [
    'a volume that is too small',
    viewOf([claim('data', 'local', { storage: '2Gi' })], [volume('v', 'local', 'b')]),
    pod('data'),
    "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind.",
  ],
  [
    'two claims need two volumes',
    viewOf(
      [claim('one', 'local'), claim('two', 'local')],
      [volume('v', 'local', 'a'), volume('w', 'local', 'b'), volume('x', 'local', 'b')],
    ),
    pod('one', 'two'),
    'b',
  ],
  ['a volume that can be made in one zone only', viewOf([claim('data', 'zonal')]), pod('data'), 'b'],
  [
    'a provisioner that was told a node',
    viewOf([claim('data', 'dynamic', { annotations: { [selectedNodeAnnotation]: 'b' } })]),
    pod('data'),
    'b',
  ],
]

for (const [title, volumes, line, to] of rows) {
  test(title, () => {
    const snapshot = snapshotOf([nodeInfoFrom('a zone:x'), nodeInfoFrom('b zone:y')], { volumes })
    const decision = decide(snapshot, infoOf(line), defaultProfile, () => 0.999)
    assert.equal(decision.type === 'placed' ? decision.node : formatRejection(decision.rejection), to)
  })
}

test('the smallest volume that is large enough is taken', () => {
  const view = viewOf(
    [claim('data', 'local', { storage: '2Gi' })],
    [volume('s', 'local', 'a', '1Gi'), volume('l', 'local', 'a', '9Gi'), volume('m', 'local', 'a', '3Gi')],
  )
  const plan = planVolumes(infoOf(pod('data')), nodeInfoFrom('a'), view)
  assert.deepEqual(plan?.bind.map((each) => each.volume.metadata.name), ['m'])
})

test('a pod is bound only after its claim is: the provisioner is told the node and waited for', async () => {
  await using lab = await schedulerLaboratory()
  await lab.node('a')
  await lab.storageClass('dynamic', 'example.com/p')
  await lab.claim('data', 'dynamic')
  await lab.pod(pod('data'))
  assert.equal(await lab.where('p'), '')
  const told = await lab.claims.get('data')
  assert.equal(told.metadata.annotations?.[selectedNodeAnnotation], 'a')
  await lab.bindClaim('data', 'v')
  assert.equal(await lab.where('p'), 'a')
})

test('a volume that was waiting is promised to the claim', async () => {
  await using lab = await schedulerLaboratory()
  await lab.node('a')
  await lab.storageClass('local', 'kubernetes.io/no-provisioner')
  await lab.volume('v', 'local', 'a')
  await lab.claim('data', 'local')
  await lab.claim('late', 'local')
  await lab.pod(pod('data'))
  await lab.pod(`q ${pod('late').slice(2)}`)
  const { spec, metadata } = await lab.volumes.get('v')
  assert.equal(spec?.claimRef?.name, 'data')
  assert.equal(metadata.annotations?.[boundByControllerAnnotation], 'yes')
  await lab.bindClaim('data', 'v')
  assert.equal(await lab.where('p'), 'a')
  assert.equal(await lab.where('q'), '')
})
