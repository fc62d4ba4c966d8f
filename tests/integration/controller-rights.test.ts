/** The controllers under the roles that a cluster begins with: whatever they do for their objects, they may. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deployment } from '#api/apps/deployment/deployment.ts'
import { daemonSet } from '#api/apps/daemonset/daemonset.ts'
import { statefulSet } from '#api/apps/statefulset/statefulset.ts'
import { job } from '#api/batch/job/job.ts'
import { namespace } from '#api/core/namespace/namespace.ts'
import { node } from '#api/core/node/node.ts'
import { pod } from '#api/core/pod/pod.ts'
import { resourceQuota } from '#api/core/resourcequota/resourcequota.ts'
import { service } from '#api/core/service/service.ts'
import { allocatedLabels } from '#api/networking/ipaddress/ipaddress-labels.ts'
import { ipAddress } from '#api/networking/ipaddress/ipaddress.ts'
import { podDisruptionBudget } from '#api/policy/poddisruptionbudget/poddisruptionbudget.ts'
import { createClient } from '#client/client.ts'
import { createManualClock } from '#client/testing/manual-clock.ts'
import { createControlPlane } from '#cluster/control-plane.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import { silentLog } from '#world/log.ts'
import type { LogFields } from '#world/log.ts'
import { serviceUnavailable } from '#machinery/errors/api-error.ts'
import { simulatedCrypto } from '#sim/crypto.ts'
import { seededRandom } from '#sim/random.ts'

test('no controller is refused what it does', { timeout: 60_000 }, async () => {
  const clock = createManualClock()
  const random = seededRandom(1)
  const crypto = simulatedCrypto(random)
  const stop = new AbortController()
  const refusals: string[] = []
  const note = (message: string, fields?: LogFields): void => {
    const line = `${message} ${JSON.stringify(fields)}`
    if (/forbidden|cannot/.test(line)) refusals.push(line)
  }
  const log = { ...silentLog, warn: note, error: note, named: () => log }
  const unreachable = () => { throw serviceUnavailable('there are no nodes here') }
  const plane = createControlPlane({
    store: openVolatileStore({ clock }), clock, random, crypto, log,
    serviceAccountKey: crypto.generateKey().pem, rootCertificate: 'PEM', clusterDomain: 'cluster.local', serviceCidr: '10.96.0.0/16',
    advertiseAddress: '127.0.0.1', port: 6443, nodes: { connect: unreachable, http: { request: unreachable, upgrade: unreachable } },
    version: {
      major: '1', minor: '36', gitVersion: 'v1.36.0', gitCommit: '', gitTreeState: 'clean', buildDate: '2026-01-01T00:00:00Z', goVersion: '',
      compiler: '', platform: 'linux/amd64',
    },
  }, stop.signal)
  const done = plane.run(stop.signal)
  const run = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      await clock.advance(1000)
      for (let turn = 0; turn < 5; turn++) {
        await new Promise((resolve) => { setImmediate(resolve) })
        await clock.settle()
      }
    }
  }
  await run(10)
  await plane.started
  const client = createClient(plane.server.localTransport({ name: 'admin', groups: ['system:masters', 'system:authenticated'] }))
  await client.of(namespace).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'play' } })
  await run(3)
  const meta = (name: string) => ({ name, namespace: 'play' })
  const template = (app: string) => ({ metadata: { labels: { app } }, spec: { containers: [{ name: 'main', image: 'x' }] } })
  const selecting = (app: string) => ({ selector: { matchLabels: { app } }, template: template(app) })
  await client.of(node).create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } })
  await client.of(pod, 'play').create({ apiVersion: 'v1', kind: 'Pod', metadata: { ...meta('orphan'), labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'x' }], nodeName: 'ghost' } })
  await client.of(deployment, 'play').create({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: meta('web'), spec: { replicas: 2, ...selecting('web') } })
  await client.of(statefulSet, 'play').create({
    apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: meta('db'), spec: { replicas: 1, serviceName: 'db', ...selecting('db'),
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }] },
  })
  await client.of(daemonSet, 'play').create({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: meta('agent'), spec: selecting('agent') })
  await client.of(job, 'play').create({
    apiVersion: 'batch/v1', kind: 'Job', metadata: meta('work'), spec: { ttlSecondsAfterFinished: 5, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] } } },
  })
  await client.of(service, 'play').create({ apiVersion: 'v1', kind: 'Service', metadata: meta('web'), spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } })
  await client.of(podDisruptionBudget, 'play').create({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: meta('web'), spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } } })
  const { spec: { clusterIP = '' } = {} } = await client.of(service, 'play').get('web')
  await client.of(ipAddress).delete(clusterIP)
  await client.of(ipAddress).create({
    apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress',
    metadata: { name: '10.96.77.77', labels: { ...allocatedLabels({ family: 4 }) } },
    spec: { parentRef: { resource: 'services', namespace: 'play', name: 'never-made' } },
  })
  await client.of(resourceQuota, 'play').create({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: meta('quota'), spec: { hard: { pods: '50' } } })
  await run(120)
  // What is to be refused must have been tried.
  const { spec: nodeSpec } = await client.of(node).get('node-1')
  assert.ok(nodeSpec?.taints?.some(({ key }) => key === 'node.kubernetes.io/unreachable'), 'the silent node is tainted')
  const addresses = (await client.of(ipAddress).list()).items.map(({ metadata }) => metadata.name)
  assert.ok(addresses.includes(clusterIP), 'the address of a service is taken again')
  assert.ok(!addresses.includes('10.96.77.77'), 'a leaked address is given back')
  const names = (await client.of(pod, 'play').list()).items.map(({ metadata }) => metadata.name)
  assert.ok(!names.includes('orphan'), 'a pod on a node that never was is collected')
  assert.ok(names.some((name) => name.startsWith('web-')) && names.some((name) => name.startsWith('work-')) && names.some((name) => name.startsWith('agent-')), names.join())
  await client.of(deployment, 'play').patch('web', 'merge', { spec: { template: template('web'), replicas: 1, paused: false } })
  await client.of(job, 'play').patch('work', 'merge', { spec: { suspend: true } })
  await run(5)
  for (const { metadata } of (await client.of(pod, 'play').list()).items) await client.of(pod, 'play').delete(metadata.name, { gracePeriodSeconds: 0 })
  await client.of(namespace).delete('play')
  await run(60)
  const left = (await client.of(namespace).list()).items.map(({ metadata }) => metadata.name)
  assert.ok(!left.includes('play'), left.join())
  stop.abort()
  await done
  assert.deepEqual(refusals, [])
})
