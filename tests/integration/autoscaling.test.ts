/** A horizontal pod autoscaler on the real API server and the real controllers; only what pods use is made up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deployment } from '#api/apps/deployment/deployment.ts'
import { horizontalPodAutoscaler } from '#api/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts'
import { event } from '#api/core/event/event.ts'
import { namespace } from '#api/core/namespace/namespace.ts'
import { pod } from '#api/core/pod/pod.ts'
import type { Transport } from '#client/transport.ts'
import { deploymentController } from '#controllers/deployment/deployment.ts'
import { horizontalPodAutoscalerController } from '#controllers/horizontal-pod-autoscaler/horizontal-pod-autoscaler.ts'
import { replicaSetController } from '#controllers/replicaset/replicaset.ts'
import { formatTime } from '#machinery/time.ts'
import { startControlPlane, type ControlPlane } from './control-plane.ts'

/** What every pod uses; undefined: there is no metrics API. */
let used: string | undefined

/** Answers for the metrics API, which a metrics server would serve. */
function withMetrics(plane: () => ControlPlane): (transport: Transport) => Transport {
  return (transport) => ({
    ...transport,
    async call(call, options) {
      if (call.path.group !== 'metrics.k8s.io' || used === undefined) return await transport.call(call, options)
      const { client, clock } = plane()
      const { items } = await client.of(pod, 'default').list({ labelSelector: 'app=web' })
      return {
        metadata: {},
        items: items.map(({ metadata }) => ({
          metadata: { name: metadata.name }, timestamp: formatTime(clock.now()), window: '15s',
          containers: [{ name: 'main', usage: { cpu: used, memory: '1Mi' } }],
        })),
      }
    },
  })
}

async function start(): Promise<ControlPlane> {
  let plane: ControlPlane
  plane = startControlPlane({
    controllers: [deploymentController, replicaSetController, horizontalPodAutoscalerController()],
    wrap: withMetrics(() => plane),
  })
  const { client } = plane
  await client.of(namespace).create({ metadata: { name: 'default' } })
  await client.of(deployment, 'default').create({
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 2, selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'main', image: 'nginx', resources: { requests: { cpu: '100m' } } }] },
      },
    },
  })
  // Until starting is no excuse any more for what the pods use.
  await plane.run(310)
  await client.of(horizontalPodAutoscaler, 'default').create({
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, minReplicas: 2, maxReplicas: 6,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
    },
  })
  return plane
}

const replicasOf = async ({ client }: ControlPlane): Promise<number | undefined> =>
  (await client.of(deployment, 'default').get('web')).spec?.replicas
const conditionsOf = async ({ client }: ControlPlane): Promise<readonly string[]> =>
  ((await client.of(horizontalPodAutoscaler, 'default').get('web')).status?.conditions ?? [])
    .map(({ type, status, reason }) => `${type} ${status} ${reason}`)

test('scales up with the load and, after five quiet minutes, down again', { timeout: 60_000 }, async () => {
  used = '100m'
  await using plane = await start()
  await plane.run(3)
  assert.equal(await replicasOf(plane), 4)
  await plane.run(2)
  const { status } = await plane.client.of(horizontalPodAutoscaler, 'default').get('web')
  assert.deepEqual([status?.currentReplicas, status?.desiredReplicas], [2, 4])
  assert.deepEqual(status?.currentMetrics, [
    { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 100, averageValue: '100m' } } },
  ])
  const messages = (await plane.client.of(event, 'default').listAll()).map(({ reason, message }) => `${reason}: ${message}`)
  assert.ok(messages.includes('SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target'))
  used = '20m'
  await plane.run(280)
  assert.equal(await replicasOf(plane), 4, 'somebody has wanted four less than five minutes ago')
  assert.ok((await conditionsOf(plane)).includes('AbleToScale True ScaleDownStabilized'))
  await plane.run(60)
  assert.equal(await replicasOf(plane), 2)
})

test('without metrics nothing is scaled, and it is said why', { timeout: 60_000 }, async () => {
  used = undefined
  await using plane = await start()
  await plane.run(3)
  assert.equal(await replicasOf(plane), 2)
  assert.deepEqual(await conditionsOf(plane), ['AbleToScale True SucceededGetScale', 'ScalingActive False FailedGetResourceMetric'])
  const { status } = await plane.client.of(horizontalPodAutoscaler, 'default').get('web')
  assert.match(status!.conditions![1]!.message!, /^the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource \(get pods\.metrics\.k8s\.io\)$/)
})
