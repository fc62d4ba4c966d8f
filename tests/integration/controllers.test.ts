/** Controllers against the real API server: a rollout, a crash after every write, a hot loop that is not there. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment } from '#api/gen/apps-v1.ts'
import { deployment } from '#api/apps/deployment/deployment.ts'
import { replicaSet } from '#api/apps/replicaset/replicaset.ts'
import { daemonSet } from '#api/apps/daemonset/daemonset.ts'
import { statefulSet } from '#api/apps/statefulset/statefulset.ts'
import { cronJob } from '#api/batch/cronjob/cronjob.ts'
import { node } from '#api/core/node/node.ts'
import { resourceQuota } from '#api/core/resourcequota/resourcequota.ts'
import { configMap } from '#api/core/configmap/configmap.ts'
import { endpoints } from '#api/core/endpoints/endpoints.ts'
import { event } from '#api/core/event/event.ts'
import { namespace } from '#api/core/namespace/namespace.ts'
import { pod } from '#api/core/pod/pod.ts'
import { service } from '#api/core/service/service.ts'
import { serviceAccount } from '#api/core/serviceaccount/serviceaccount.ts'
import { endpointSlice } from '#api/discovery/endpointslice/endpointslice.ts'
import { controllers } from '#controllers/controllers.ts'
import { deploymentController } from '#controllers/deployment/deployment.ts'
import { garbageCollector } from '#controllers/garbage-collector/garbage-collector.ts'
import { replicaSetController } from '#controllers/replicaset/replicaset.ts'
import { resourceQuotaAdmission } from '#apiserver/admission/plugins/resource-quota.ts'
import { startControlPlane } from './control-plane.ts'

const web = (image: string, replicas: number): Deployment => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas, selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image }] } },
  },
})

test('a Deployment is rolled out within its limits, and then nobody writes any more', { timeout: 60_000 }, async () => {
  await using plane = startControlPlane({ controllers: [deploymentController, replicaSetController] })
  const { client, run, statistics, complaints } = plane
  await client.of(namespace).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  const deployments = client.of(deployment, 'default')
  await deployments.create(web('nginx:1', 4))
  await run(10)
  const first = await deployments.get('web')
  assert.equal(first.status?.availableReplicas, 4, complaints.join('\n'))
  assert.equal(first.status?.conditions?.find(({ type }) => type === 'Progressing')?.reason, 'NewReplicaSetAvailable')

  await deployments.patch('web', 'strategic', { spec: { template: { spec: { containers: [{ name: 'main', image: 'nginx:2' }] } } } })
  for (let second = 0; second < 30; second++) {
    await run(1)
    const { items } = await client.of(pod, 'default').list()
    const alive = items.filter(({ metadata }) => !metadata.deletionTimestamp)
    assert.ok(alive.length <= 5, `${alive.length} pods, 4 + 1 allowed`)
    assert.ok(alive.filter(({ status }) => status?.phase === 'Running').length >= 3, 'three must be available')
  }
  const sets = await client.of(replicaSet, 'default').listAll()
  assert.deepEqual(sets.map(({ spec }) => spec?.replicas).toSorted(), [0, 4])
  assert.equal((await deployments.get('web')).metadata.annotations?.['deployment.kubernetes.io/revision'], '2')

  const messages = (await client.of(event, 'default').listAll()).map(({ reason, message }) => `${reason}: ${message}`)
  assert.ok(messages.some((message) => /^ScalingReplicaSet: Scaled up replica set web-\w+ from 0 to 4$/.test(message)), messages.join('\n'))
  assert.ok(messages.some((message) => /^SuccessfulCreate: Created pod: web-\w+-\w+$/.test(message)))

  const before = [...statistics.values()].map(({ writes }) => writes)
  await run(700)
  assert.deepEqual([...statistics.values()].map(({ writes }) => writes), before, 'a settled cluster is written to')
  for (const { noopWrites } of statistics.values()) assert.equal(noopWrites, 0)
})

const deletions: readonly { readonly policy: 'Background' | 'Foreground' | 'Orphan'; readonly left: readonly string[] }[] = [
  { policy: 'Background', left: [] },
  { policy: 'Foreground', left: [] },
  { policy: 'Orphan', left: ['ReplicaSet without owner', 'pod', 'pod'] },
]
for (const { policy, left } of deletions) {
  test(`deleting a Deployment with policy ${policy} leaves ${left.length === 0 ? 'nothing' : left.join(', ')}`, { timeout: 60_000 }, async () => {
    await using plane = startControlPlane({ controllers: [deploymentController, replicaSetController, garbageCollector] })
    const { client, run, complaints } = plane
    await client.of(namespace).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
    await client.of(deployment, 'default').create(web('nginx:1', 2))
    await run(5)
    await client.of(deployment, 'default').delete('web', { propagationPolicy: policy })
    await run(20)
    assert.deepEqual((await client.of(deployment, 'default').list()).items, [], complaints.join('\n'))
    const sets = (await client.of(replicaSet, 'default').list()).items
      .map(({ metadata }) => metadata.ownerReferences?.length ? 'ReplicaSet with owner' : 'ReplicaSet without owner')
    const pods = (await client.of(pod, 'default').list()).items.map(() => 'pod')
    assert.deepEqual([...sets, ...pods], left, complaints.join('\n'))
  })
}

test('an object whose owner never was is collected, one with a living owner is not', { timeout: 60_000 }, async () => {
  await using plane = startControlPlane({ controllers: [garbageCollector] })
  const { client, run } = plane
  await client.of(namespace).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  const maps = client.of(configMap, 'default')
  const owner = await maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owner', namespace: 'default' } })
  const owned = (name: string, ...uids: string[]) => maps.create({
    apiVersion: 'v1', kind: 'ConfigMap', metadata: {
      name, namespace: 'default',
      ownerReferences: uids.map((uid) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: uid === owner.metadata.uid ? 'owner' : 'ghost', uid })),
    },
  })
  await owned('kept', owner.metadata.uid)
  await owned('half', owner.metadata.uid, '00000000-0000-4000-8000-000000000001')
  await owned('garbage', '00000000-0000-4000-8000-000000000002')
  await run(5)
  assert.deepEqual((await maps.list()).items.map(({ metadata }) => metadata.name).toSorted(), ['half', 'kept', 'owner'])
  assert.equal((await maps.get('half')).metadata.ownerReferences?.length, 1)
  await maps.delete('owner')
  await run(5)
  assert.deepEqual((await maps.list()).items, [])
})

test('a namespace goes with everything in it, pods first, and tells what holds it', { timeout: 60_000 }, async () => {
  await using plane = startControlPlane({ controllers: controllers({ rootCa: 'PEM' }) })
  const { client, run, complaints } = plane
  await client.of(namespace).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  await run(2)
  assert.equal((await client.of(serviceAccount, 'default').get('default')).metadata.name, 'default')
  assert.equal((await client.of(configMap, 'default').get('kube-root-ca.crt')).data?.['ca.crt'], 'PEM')
  await client.of(deployment, 'default').create(web('nginx:1', 2))
  const keeper = await client.of(configMap, 'default').create({
    apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'keeper', namespace: 'default', finalizers: ['example.com/keep'] },
  })
  await run(5)
  await client.of(namespace).delete('default')
  await run(15)
  const held = await client.of(namespace).get('default')
  assert.equal(held.status?.phase, 'Terminating')
  const told = Object.fromEntries((held.status?.conditions ?? []).map(({ type, message }) => [type, message]))
  assert.equal(told['NamespaceContentRemaining'], 'Some resources are remaining: configmaps. has 1 resource instances', complaints.join('\n'))
  assert.equal(told['NamespaceFinalizersRemaining'],
    'Some content in the namespace has finalizers remaining: example.com/keep in 1 resource instances')
  await client.of(configMap, 'default').patch(keeper.metadata.name, 'merge', { metadata: { finalizers: null } })
  await run(15)
  assert.deepEqual((await client.of(namespace).list()).items, [], complaints.join('\n'))
})

test('a Service has a slice that follows its pods', { timeout: 60_000 }, async () => {
  await using plane = startControlPlane({ controllers: controllers({}) })
  const { client, run, complaints } = plane
  await client.of(namespace).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  await client.of(service, 'default').create({
    apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default', labels: { tier: 'front' } },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
  })
  await run(2)
  const slices = client.of(endpointSlice, 'default')
  const [empty] = (await slices.list()).items
  assert.deepEqual(empty?.endpoints ?? [], [], complaints.join('\n'))
  assert.ok(empty, 'a Service without pods has an empty slice')
  await client.of(deployment, 'default').create(web('nginx:1', 2))
  await run(5)
  const [slice, ...others] = (await slices.list()).items
  assert.deepEqual(others, [])
  assert.equal(slice?.endpoints?.length, 2, complaints.join('\n'))
  assert.deepEqual(slice.ports, [{ name: '', port: 8080, protocol: 'TCP' }])
  assert.deepEqual(slice.metadata.labels, {
    tier: 'front', 'kubernetes.io/service-name': 'web', 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  })
  assert.deepEqual(slice.endpoints[0]?.conditions, { ready: true, serving: true, terminating: false })
  const older = await client.of(endpoints, 'default').get('web')
  assert.equal(older.subsets?.[0]?.addresses?.length, 2)
  await client.of(service, 'default').delete('web')
  await run(5)
  assert.deepEqual((await slices.list()).items, [])
  assert.deepEqual((await client.of(endpoints, 'default').list()).items, [])
})

test('Endpoints kept by hand are mirrored, those with a selector are not', { timeout: 60_000 }, async () => {
  await using plane = startControlPlane({ controllers: controllers({}) })
  const { client, run, complaints } = plane
  await client.of(namespace).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  await client.of(service, 'default').create({
    apiVersion: 'v1', kind: 'Service', metadata: { name: 'db', namespace: 'default' }, spec: { ports: [{ port: 5432 }] },
  })
  const own = client.of(endpoints, 'default')
  await own.create({
    apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'db', namespace: 'default' },
    subsets: [{ addresses: [{ ip: '192.0.2.1' }], notReadyAddresses: [{ ip: '192.0.2.2' }], ports: [{ port: 5432 }] }],
  })
  await run(3)
  const slices = async () => (await client.of(endpointSlice, 'default').list()).items
  const [slice] = await slices()
  assert.deepEqual(slice?.endpoints?.map((endpoint) => `${endpoint.addresses[0]} ${endpoint.conditions?.ready}`), ['192.0.2.1 true', '192.0.2.2 false'],
    complaints.join('\n'))
  assert.equal(slice.metadata.labels?.['endpointslice.kubernetes.io/managed-by'], 'endpointslicemirroring-controller.k8s.io')
  await own.delete('db')
  await run(3)
  assert.deepEqual(await slices(), [])
})

test('a DaemonSet, a StatefulSet, a Job and a quota go through the real API server, and then nobody writes any more', { timeout: 60_000 }, async () => {
  await using plane = startControlPlane({ controllers: controllers({}), admission: [resourceQuotaAdmission()] })
  const { client, run, complaints, statistics } = plane
  await client.of(namespace).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  await client.of(resourceQuota, 'default').create({
    apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'quota', namespace: 'default' }, spec: { hard: { pods: '20', 'count/jobs.batch': '3' } },
  })
  const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'main', image: 'x' }] } }
  const selector = { matchLabels: { app: 'a' } }
  await client.of(statefulSet, 'default').create({
    apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db', namespace: 'default' }, spec: { replicas: 2, serviceName: 'db', selector, template },
  })
  await client.of(daemonSet, 'default').create({
    apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'agent', namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'b' } }, template: { ...template, metadata: { labels: { app: 'b' } } } },
  })
  await client.of(node).create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } })
  await client.of(cronJob, 'default').create({
    apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'tick', namespace: 'default' },
    spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] } } } } },
  })
  await run(20)
  const told = complaints.filter((line) => !/lost the watch/.test(line)).join('\n')
  assert.equal((await client.of(statefulSet, 'default').get('db')).status?.readyReplicas, 2, told)
  assert.equal((await client.of(daemonSet, 'default').get('agent')).status?.numberReady, 1, told)
  assert.equal((await client.of(resourceQuota, 'default').get('quota')).status?.used?.['pods'], '3', told)
  const before = [...statistics].map(([name, { writes }]) => `${name} ${writes}`)
  await run(30)
  assert.deepEqual([...statistics].map(([name, { writes }]) => `${name} ${writes}`), before, 'a settled cluster is written to')
})

test('a quota that is counted holds, and what is deleted makes room', { timeout: 60_000 }, async () => {
  await using plane = startControlPlane({ controllers: controllers({}), admission: [resourceQuotaAdmission()] })
  const { client, run, statistics } = plane
  const names = Array.from({ length: 12 }, (_, index) => `space-${index}`)
  for (const name of names) {
    await client.of(namespace).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    await client.of(resourceQuota, name).create({
      apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'two', namespace: name }, spec: { hard: { pods: '2' } },
    })
  }
  await run(1)
  const recounts = (): number => statistics.get('resourcequota')!.reconciles
  const before = recounts()
  for (const name of names) {
    await client.of(replicaSet, name).create({
      apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'three', namespace: name },
      spec: {
        replicas: 3, selector: { matchLabels: { app: 'a' } },
        template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'main', image: 'x' }] } },
      },
    })
  }
  const counts = async (): Promise<readonly number[]> =>
    await Promise.all(names.map(async (name) => (await client.of(pod, name).listAll()).length))
  await run(20)
  assert.deepEqual(await counts(), names.map(() => 2))
  assert.equal(recounts(), before, 'what was charged is recounted, perhaps without what is on its way')
  const [first] = await client.of(pod, names[0]!).listAll()
  await client.of(pod, names[0]!).delete(first!.metadata.name)
  await run(20)
  assert.deepEqual(await counts(), names.map(() => 2))
  assert.equal((await client.of(resourceQuota, names[0]!).get('two')).status?.used?.['pods'], '2')
})
