/** A scheduler and an API server in one process and in virtual time, for tests of how they work together. */
import { node as nodeKind } from '#api/core/node/node.ts'
import { persistentVolume } from '#api/core/persistentvolume/persistentvolume.ts'
import { persistentVolumeClaim } from '#api/core/persistentvolumeclaim/persistentvolumeclaim.ts'
import { pod as podKind } from '#api/core/pod/pod.ts'
import type { Event, Pod } from '#api/gen/core-v1.ts'
import { kinds } from '#api/kinds.ts'
import { schemas } from '#api/schemas.ts'
import { storageClass as storageClassKind } from '#api/storage/storageclass/storageclass.ts'
import { podBinding } from '#apiserver/subresources/binding.ts'
import { startTestServer } from '#apiserver/testing.ts'
import { createClient } from '#client/client.ts'
import { createInformers } from '#client/informers.ts'
import type { Transport } from '#client/transport.ts'
import { runScheduler } from '#scheduler/scheduler.ts'
import { nodeOf, podOf } from '#scheduler/testing.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import { silentLog } from '#world/log.ts'
import { createSimClock } from './clock.ts'
import { seededRandom } from './random.ts'

const hostname = 'kubernetes.io/hostname'
const admin = { name: 'admin', groups: ['system:masters'] }

/** A cluster with an API server and a scheduler, and no nodes yet; `through` may spoil the scheduler's calls. */
export async function schedulerLaboratory(through: (transport: Transport) => Transport = (transport) => transport) {
  const clock = createSimClock()
  const random = seededRandom(1)
  const { server } = startTestServer({
    store: openVolatileStore({ clock }), kinds, schemas, clock, random, subresources: new Map(
      [['/pods/binding', podBinding]],
    ),
  })
  const transport = server.localTransport(admin)
  const client = createClient(transport)
  await client.resource({ group: '', version: 'v1', resource: 'namespaces' })
    .create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  const stop = new AbortController()
  const world = { clock, random, log: silentLog, signal: stop.signal }
  const informers = createInformers({ transport, ...world })
  const running = runScheduler({ transport: through(transport), informers, ...world })
  const pods = client.of(podKind, 'default')
  const nodes = client.of(nodeKind)
  const [claims, volumes] = [client.of(persistentVolumeClaim, 'default'), client.of(persistentVolume)]
  const lab = {
    clock, pods, nodes,
    async node(line: string) {
      const { metadata: { name, labels }, spec, status } = nodeOf(line)
      const created = await nodes.create(
        { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { ...labels } }, spec: spec! },
      )
      await nodes.updateStatus({ ...created, status: status! })
      await clock.advance(10)
    },
    async pod(line: string) {
      const { metadata: { name, labels }, spec } = podOf(line)
      await pods.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { ...labels } }, spec } as Pod)
      await clock.advance(10)
    },
    claims, volumes,
    async storageClass(name: string, provisioner: string) {
      await client.of(storageClassKind).create({
        apiVersion: 'storage.k8s.io/v1',
        kind: 'StorageClass',
        metadata: { name },
        provisioner,
        volumeBindingMode: 'WaitForFirstConsumer',
      })
      await clock.advance(10)
    },
    async claim(name: string, storageClassName: string) {
      await claims.create({
        apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name },
        spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage: '1Gi' } } },
      })
      await clock.advance(10)
    },
    /** A volume that only the node can use, ready to be claimed. */
    async volume(name: string, storageClassName: string, node: string) {
      const created = await volumes.create({
        apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name },
        spec: {
          capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], storageClassName, local: {
            path: `/volumes/${name}`,
          },
          nodeAffinity: {
            required: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: hostname, operator: 'In', values: [node] }] }],
            },
          },
        },
      })
      await volumes.updateStatus({ ...created, status: { phase: 'Available' } })
      await clock.advance(10)
    },
    /** What the controller of persistent volumes does once a volume is there. */
    async bindClaim(name: string, volumeName: string) {
      await claims.patch(name, 'merge', {
        metadata: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
        spec: { volumeName },
      })
      await clock.advance(100)
    },
    where: async (name: string) => (await pods.get(name)).spec?.nodeName ?? '',
    async scheduled(name: string) {
      const { status } = await pods.get(name)
      const condition = status?.conditions?.find(({ type }) => type === 'PodScheduled')
      return condition && `${condition.status} ${condition.reason ?? ''} ${condition.message ?? ''}`.trim()
    },
    async events(name: string) {
      await clock.advance(1_000)
      const list = await client.resource<Event>({ group: '', version: 'v1', resource: 'events' }, 'default').list()
      return list.items
        .filter(({ involvedObject }) => involvedObject.name === name)
        .map(({ type, reason, message }) => `${type} ${reason}: ${message}`)
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await clock.drive(running)
    },
  }
  await clock.advance(10)
  return lab
}
