import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deployment } from '#api/apps/deployment/deployment.ts'
import { node } from '#api/core/node/node.ts'
import { pod } from '#api/core/pod/pod.ts'
import { serviceAccount } from '#api/core/serviceaccount/serviceaccount.ts'
import { kinds as builtInKinds } from '#api/kinds.ts'
import { Cluster, kinds } from './library.ts'

test('a cluster in this process runs a Deployment on its simulated nodes', async () => {
  await using cluster = await Cluster.start({ nodes: 3 })
  assert.equal((await cluster.client.of(node).list()).items.length, 3)
  assert.equal(cluster.kubeconfig, undefined)
  const pods = cluster.controlPlane.informers.of(pod)
  await pods.synced
  const running = new Promise<void>((resolve) => {
    pods.subscribe({
      onUpdate: () => {
        if (
          pods
            .list('default')
            .filter((each) =>
              each.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
            ).length === 4
        ) {
          resolve()
        }
      },
    })
  })
  await cluster.client.of(deployment, 'default').create({
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' },
    spec: {
      replicas: 4, selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web' }] } },
    },
  })
  await running
  assert.ok(new Set(pods.list('default').map((each) => each.spec?.nodeName)).size > 1, 'they are spread')
})

test('an HTTPS port and a kubeconfig come when asked for', async () => {
  await using cluster = await Cluster.start({ nodes: 0, https: true })
  assert.match(cluster.url!, /^https:\/\/127\.0\.0\.1:\d+$/)
  assert.ok(cluster.kubeconfig!.includes(cluster.url!))
  const account = await cluster.client.of(serviceAccount, 'kube-public').get('default').catch((error: unknown) => error)
  assert.ok(account, 'controllers work without nodes too')
})

test('two clusters in one process know nothing of each other', async () => {
  await using first = await Cluster.start({ nodes: 1 })
  await using second = await Cluster.start({ nodes: 2 })
  assert.equal((await first.client.of(node).list()).items.length, 1)
  assert.equal((await second.client.of(node).list()).items.length, 2)
})

test('the library names every built-in kind once', () => {
  assert.deepEqual(new Set(Object.values(kinds)), new Set(builtInKinds))
})
