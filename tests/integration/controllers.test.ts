/** Controllers against the real API server: a rollout, a crash after every write, a hot loop that is not there. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment } from '#api/gen/apps-v1.ts'
import { deployment } from '#api/apps/deployment/deployment.ts'
import { replicaSet } from '#api/apps/replicaset/replicaset.ts'
import { event } from '#api/core/event/event.ts'
import { namespace } from '#api/core/namespace/namespace.ts'
import { pod } from '#api/core/pod/pod.ts'
import { deploymentController } from '#controllers/deployment/deployment.ts'
import { replicaSetController } from '#controllers/replicaset/replicaset.ts'
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
  assert.deepEqual(sets.map(({ spec }) => spec?.replicas).sort(), [0, 4])
  assert.equal((await deployments.get('web')).metadata.annotations?.['deployment.kubernetes.io/revision'], '2')

  const messages = (await client.of(event, 'default').listAll()).map(({ reason, message }) => `${reason}: ${message}`)
  assert.ok(messages.some((message) => /^ScalingReplicaSet: Scaled up replica set web-\w+ from 0 to 4$/.test(message)), messages.join('\n'))
  assert.ok(messages.some((message) => /^SuccessfulCreate: Created pod: web-\w+-\w+$/.test(message)))

  const before = [...statistics.values()].map(({ writes }) => writes)
  await run(700)
  assert.deepEqual([...statistics.values()].map(({ writes }) => writes), before, 'a settled cluster is written to')
  for (const { noopWrites } of statistics.values()) assert.equal(noopWrites, 0)
})
