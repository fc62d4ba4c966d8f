/**
 * Controllers killed after each of their writes, with the answer seen and with the answer lost, and replaced by new ones that know nothing;
 * and controllers whose requests fail in every other way. In the end the cluster is as it should be, and never had too much.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job } from '#api/gen/batch-v1.ts'
import type { Deployment, StatefulSet } from '#api/gen/apps-v1.ts'
import { deployment } from '#api/apps/deployment/deployment.ts'
import { replicaSet } from '#api/apps/replicaset/replicaset.ts'
import { statefulSet } from '#api/apps/statefulset/statefulset.ts'
import { job } from '#api/batch/job/job.ts'
import { namespace } from '#api/core/namespace/namespace.ts'
import { pod } from '#api/core/pod/pod.ts'
import { createSeededRandom } from '#client/testing/seeded-random.ts'
import type { ApiCall, Transport } from '#client/transport.ts'
import { deploymentController } from '#controllers/deployment/deployment.ts'
import { jobController } from '#controllers/job/job.ts'
import { replicaSetController } from '#controllers/replicaset/replicaset.ts'
import { statefulSetController } from '#controllers/statefulset/statefulset.ts'
import { tooManyRequests } from '#machinery/errors/api-error.ts'
import type { ControlPlane } from './control-plane.ts'
import { startControlPlane } from './control-plane.ts'

/** More of them find more; these take seconds. */
const seeds = 4

const isWrite = ({ verb, path }: ApiCall): boolean => verb !== 'get' && verb !== 'list' && path.resource !== 'events'

interface Scenario {
  readonly name: string
  readonly controllers: Parameters<typeof startControlPlane>[0]['controllers']
  begin(plane: ControlPlane): Promise<void>
  /** Checked after every second. */
  safe(plane: ControlPlane): Promise<void>
  done(plane: ControlPlane): Promise<void>
}

const template = (app: string, image = 'x:1') => ({ metadata: { labels: { app } }, spec: { containers: [{ name: 'main', image }] } })
const podCount = async ({ client }: ControlPlane): Promise<number> =>
  (await client.of(pod, 'default').list()).items.filter(({ metadata }) => !metadata.deletionTimestamp).length

const scenarios: readonly Scenario[] = [
  {
    name: 'a Deployment with an update',
    controllers: [deploymentController, replicaSetController],
    async begin({ client, run }) {
      const object: Deployment = {
        apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default' },
        spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: template('web') },
      }
      await client.of(deployment, 'default').create(object)
      await run(3)
      await client.of(deployment, 'default').patch('web', 'merge', { spec: { template: template('web', 'x:2') } })
    },
    async safe(plane) {
      const pods = await podCount(plane)
      assert.ok(pods <= 4, `${pods} pods, 3 + 1 allowed`)
    },
    async done({ client }) {
      const pods = (await client.of(pod, 'default').list()).items
      assert.deepEqual(pods.map(({ spec }) => spec!.containers![0]!.image), ['x:2', 'x:2', 'x:2'])
      const { status } = await client.of(deployment, 'default').get('web')
      assert.equal(status?.conditions?.find(({ type }) => type === 'Progressing')?.reason, 'NewReplicaSetAvailable')
    },
  },
  {
    name: 'a StatefulSet',
    controllers: [statefulSetController],
    async begin({ client }) {
      const object: StatefulSet = {
        apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db', namespace: 'default' },
        spec: { replicas: 3, serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template: template('db') },
      }
      await client.of(statefulSet, 'default').create(object)
    },
    async safe(plane) {
      assert.ok(await podCount(plane) <= 3)
    },
    async done({ client }) {
      const pods = (await client.of(pod, 'default').list()).items
      assert.deepEqual(pods.map(({ metadata }) => metadata.name).toSorted(), ['db-0', 'db-1', 'db-2'])
      assert.equal((await client.of(statefulSet, 'default').get('db')).status?.readyReplicas, 3)
    },
  },
  {
    name: 'a Job of three',
    controllers: [jobController],
    async begin({ client }) {
      const object: Job = {
        apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'work', namespace: 'default' },
        spec: { completions: 3, parallelism: 2, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] } } },
      }
      await client.of(job, 'default').create(object)
    },
    async safe(plane) {
      const { client } = plane
      const pods = (await client.of(pod, 'default').list()).items
      assert.ok(pods.length <= 3, `${pods.length} pods for three completions`)
      for (const object of pods.filter(({ status }) => status?.phase === 'Running')) {
        await client.of(pod, 'default').patch(object.metadata.name, 'merge', { status: { phase: 'Succeeded' } }, { subresource: 'status' })
          .catch(() => undefined)
      }
    },
    async done({ client }) {
      const { status } = await client.of(job, 'default').get('work')
      assert.deepEqual([status?.succeeded, status?.failed ?? 0], [3, 0])
      assert.ok(status?.conditions?.some(({ type, status: value }) => type === 'Complete' && value === 'True'))
      for (const { metadata } of (await client.of(pod, 'default').list()).items) assert.deepEqual(metadata.finalizers ?? [], [])
    },
  },
]

/** Runs a scenario; `disturb` sits between the controllers and the server. */
async function play(
  scenario: Scenario, disturb: (transport: Transport, plane: () => ControlPlane) => Transport, seconds: number,
  wrapWatches?: (transport: Transport, clock: ControlPlane['clock']) => Transport,
): Promise<void> {
  let holder: ControlPlane | undefined
  await using plane = startControlPlane({
    controllers: scenario.controllers, wrap: (transport) => disturb(transport, () => holder!), ...(wrapWatches && { wrapWatches }),
  })
  holder = plane
  await plane.client.of(namespace).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  await scenario.begin(plane)
  for (let second = 0; second < seconds; second++) {
    await plane.run(1)
    await scenario.safe(plane)
  }
  await scenario.done(plane)
}

for (const scenario of scenarios) {
  for (const answer of ['seen', 'lost'] as const) {
    test(`${scenario.name} survives a crash after each write, its answer ${answer}`, { timeout: 300_000 }, async () => {
      let total = 0
      await play(scenario, (transport) => counting(transport, () => { total++ }), 12)
      assert.ok(total > 5, `${total} writes`)
      for (let victim = 1; victim <= total; victim++) {
        let writes = 0
        await play(scenario, (transport, plane) => ({
          ...transport,
          async call(call, options) {
            if (!isWrite(call)) return await transport.call(call, options)
            writes++
            const isVictim = writes === victim
            const result = await transport.call(call, options)
            if (isVictim) {
              plane().restartControllers()
              if (answer === 'lost') throw new Error('connection reset')
            }
            return result
          },
        }), 12)
      }
    })
  }

  test(`${scenario.name} survives refusals, timeouts and lost answers at random`, { timeout: 300_000 }, async () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const random = createSeededRandom(seed)
      let faults = 40
      await play(scenario, (transport) => ({
        ...transport,
        async call(call, options) {
          const dice = faults > 0 ? random.next() : 1
          if (dice < 0.3) faults--
          if (dice < 0.1) throw new Error('connection refused')
          if (dice < 0.2) throw tooManyRequests('try again', 1)
          const result = await transport.call(call, options)
          if (dice < 0.3) throw new Error('timeout: the answer was lost')
          return result
        },
      }), 40)
    }
  })
}

/** Watches that tell everything up to one and a half seconds late. */
function lagging(random: ReturnType<typeof createSeededRandom>): Parameters<typeof play>[3] {
  return (transport, clock) => ({
    ...transport,
    async *watch(path, options, signal) {
      for await (const batch of transport.watch(path, options, signal)) {
        await clock.sleep(random.next() * 1500, signal).catch(() => undefined)
        if (signal.aborted) return
        yield batch
      }
    },
  })
}

for (const scenario of scenarios) {
  test(`${scenario.name} survives caches that lag behind`, { timeout: 300_000 }, async () => {
    for (let seed = 1; seed <= seeds; seed++) {
      await play(scenario, (transport) => transport, 60, lagging(createSeededRandom(seed)))
    }
  })

  test(`${scenario.name} survives lost answers while caches lag behind`, { timeout: 300_000 }, async () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const random = createSeededRandom(seed)
      let faults = 15
      await play(scenario, (transport) => ({
        ...transport,
        async call(call, options) {
          const result = await transport.call(call, options)
          if (!isWrite(call) || faults === 0 || random.next() < 0.5) return result
          faults--
          throw new Error('timeout: the answer was lost')
        },
      }), 80, lagging(createSeededRandom(seed)))
    }
  })
}

function counting(transport: Transport, count: () => void): Transport {
  return {
    ...transport,
    call(call, options) {
      if (isWrite(call)) count()
      return transport.call(call, options)
    },
  }
}

test('what a cache hears of while a list is on its way is not taken for gone', { timeout: 60_000 }, async () => {
  let lostAnswers = 0
  let listsAfterwards = 0
  let holder: ControlPlane | undefined
  await using plane = startControlPlane({
    controllers: [replicaSetController],
    wrap: (transport) => ({
      ...transport,
      async call(call, options) {
        const result = await transport.call(call, options)
        if (call.verb === 'create' && call.path.resource === 'pods' && lostAnswers++ === 0) throw new Error('connection reset')
        return result
      },
    }),
    wrapWatches: (transport, clock) => ({
      ...transport,
      async call(call, options) {
        const result = await transport.call(call, options)
        if (lostAnswers > 0 && call.verb === 'list' && call.path.resource === 'pods' && listsAfterwards++ === 0) {
          await holder!.client.of(pod, 'default').create({ metadata: { name: 'later' }, spec: template('later').spec })
          await clock.settle()
        }
        return result
      },
    }),
  })
  holder = plane
  await plane.client.of(namespace).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  await plane.client.of(replicaSet, 'default').create({
    metadata: { name: 'web' }, spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: template('web') },
  })
  await plane.run(10)
  assert.equal(listsAfterwards, 1)
  assert.equal((await plane.client.of(replicaSet, 'default').get('web')).status?.readyReplicas, 3)
  await plane.client.of(replicaSet, 'default').patch('web', 'merge', { spec: { replicas: 1 } })
  await plane.run(5)
  assert.equal(await podCount(plane), 2)
})
