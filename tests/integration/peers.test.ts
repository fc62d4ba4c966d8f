/** Two whole control planes on one etcd, one of which loses its connection: who leads, who is there, what goes on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deployment } from '#api/apps/deployment/deployment.ts'
import { replicaSet } from '#api/apps/replicaset/replicaset.ts'
import { lease } from '#api/coordination/lease/lease.ts'
import { endpoints } from '#api/core/endpoints/endpoints.ts'
import { createClient, type Client } from '#client/client.ts'
import { createControlPlane } from '#cluster/control-plane.ts'
import { etcdHandler } from '#etcd/etcd-handler.ts'
import { deriveMember } from '#etcd/member.ts'
import { serviceUnavailable } from '#machinery/errors/api-error.ts'
import { createSimClock, type SimClock } from '#sim/clock.ts'
import { simulatedCrypto } from '#sim/crypto.ts'
import { seededRandom } from '#sim/random.ts'
import { createSimChannel } from '#sim/rpc-channel.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import { openEtcdStore } from '#storage/etcd/etcd-store.ts'
import type { Keyspace } from '#storage/keyspace.ts'
import { silentLog, type LogFields } from '#world/log.ts'

interface Plane {
  readonly client: Client
  /** Leases that it leads for, as it believes itself. */
  readonly leads: ReadonlySet<string>
  /** True: nothing comes to the etcd any more, or from it. */
  cutOff(off: boolean): void
  stop(): Promise<void>
}

const unreachable = (): never => { throw serviceUnavailable('there are no nodes here') }
const member = deriveMember({ name: 'm', clientUrls: [], peerUrls: [], clusterToken: '' })
const version = {
  major: '1', minor: '36', gitVersion: 'v1.36.0', gitCommit: '', gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z', goVersion: '', compiler: '', platform: 'linux/amd64',
}

async function startPlane(keyspace: Keyspace, clock: SimClock, key: string, address: string): Promise<Plane> {
  const random = seededRandom(address)
  const leads = new Set<string>()
  const note = (message: string, fields?: LogFields): void => {
    if (message === 'became leader') leads.add(String(fields?.['lease']))
    if (message === 'lost leadership') leads.delete(String(fields?.['lease']))
  }
  const log = { ...silentLog, info: note, warn: note, named: () => log }
  let isCutOff = false
  const channel = createSimChannel({
    handler: etcdHandler({ keyspace, member, clock, log: silentLog }), clock,
    fate: () => (isCutOff ? 'lost' : 'answered'), delayMs: () => 1, lateMs: () => 0,
  })
  const store = await openEtcdStore({
    members: [{ url: 'sim://etcd', channel }], clock, random, log: silentLog, identity: address,
  })
  const stop = new AbortController()
  const created = createControlPlane({
    store, clock, random, log, crypto: simulatedCrypto(random), serviceAccountKey: key, rootCertificate: 'PEM',
    clusterDomain: 'cluster.local', serviceCidr: '10.96.0.0/16', advertiseAddress: address, port: 6443,
    nodes: { connect: unreachable, http: { request: unreachable, upgrade: unreachable } }, version,
    peers: { hostname: `host-${address}`, identity: address, leaderElect: true },
  }, stop.signal)
  const running = created.run(stop.signal)
  await created.started
  return {
    leads,
    client: createClient(created.server.localTransport({ name: 'admin', groups: ['system:masters'] })),
    async stop() {
      stop.abort(new Error('the test is over'))
      await running.catch(() => undefined)
      await store[Symbol.asyncDispose]()
    },
    cutOff(off: boolean) {
      isCutOff = off
      channel.isStalled = off
    },
  }
}

async function addressesOf(client: Client): Promise<readonly string[]> {
  const { subsets } = await client.of(endpoints, 'default').get('kubernetes')
  return (subsets ?? []).flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip))
}

async function makesReplicaSet(client: Client, clock: SimClock, name: string): Promise<boolean> {
  await client.of(deployment, 'default').create({
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name },
    spec: {
      replicas: 1, selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image: 'x' }] } },
    },
  })
  await clock.sleep(5_000)
  const { items } = await client.of(replicaSet, 'default').list({ labelSelector: `app=${name}` })
  return items.length === 1
}

test('of two control planes one leads; when it is cut off the other does, and nobody is sent to the first', async () => {
  const clock = createSimClock()
  const keyspace = openVolatileStore({ clock })
  const key = simulatedCrypto(seededRandom(1)).generateKey().pem
  await clock.drive((async () => {
    const first = await startPlane(keyspace, clock, key, '10.0.0.1')
    await clock.sleep(15_000)
    const second = await startPlane(keyspace, clock, key, '10.0.0.2')
    await clock.sleep(25_000)
    assert.deepEqual([...first.leads].toSorted(), ['kube-controller-manager', 'kube-scheduler'])
    assert.deepEqual([...second.leads], [])
    for (const { client } of [first, second]) {
      assert.deepEqual(await addressesOf(client), ['10.0.0.1', '10.0.0.2'])
    }
    const identities = await second.client.of(lease, 'kube-system').list({
      labelSelector: 'apiserver.kubernetes.io/identity=kube-apiserver',
    })
    assert.equal(identities.items.length, 2)
    assert.ok(await makesReplicaSet(second.client, clock, 'before'))

    first.cutOff(true)
    await clock.sleep(30_000)
    assert.deepEqual([...first.leads], [])
    assert.deepEqual([...second.leads].toSorted(), ['kube-controller-manager', 'kube-scheduler'])
    assert.deepEqual(await addressesOf(second.client), ['10.0.0.2'])
    assert.ok(await makesReplicaSet(second.client, clock, 'during'))

    first.cutOff(false)
    await clock.sleep(30_000)
    assert.deepEqual([...first.leads], [])
    assert.deepEqual(await addressesOf(first.client), ['10.0.0.1', '10.0.0.2'])

    await second.stop()
    await clock.sleep(30_000)
    assert.deepEqual([...first.leads].toSorted(), ['kube-controller-manager', 'kube-scheduler'])
    assert.deepEqual(await addressesOf(first.client), ['10.0.0.1'])
    assert.ok(await makesReplicaSet(first.client, clock, 'after'))
    await first.stop()
  })())
})
