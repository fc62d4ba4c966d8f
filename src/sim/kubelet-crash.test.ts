/**
 * A kubelet that is killed before or after any one of its calls to the runtime: its successor finds what there is, and
 * makes nothing twice.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '#api/gen/core-v1.ts'
import { kinds } from '#api/kinds.ts'
import { schemas } from '#api/schemas.ts'
import { startTestServer } from '#apiserver/testing.ts'
import { createClient } from '#client/client.ts'
import { kubeletConfig } from '#kubelet/config.ts'
import { createKubelet } from '#kubelet/kubelet.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import type { ContainerRuntime } from '#world/container-runtime.ts'
import { silentLog } from '#world/log.ts'
import { createSimulatedCgroups } from './cgroups.ts'
import { createSimClock } from './clock.ts'
import { createSimulatedRuntime } from './container-runtime/container-runtime.ts'
import { createSimulatedFiles } from './files.ts'
import { createSimulatedMachine } from './machine.ts'
import { createSimulatedMounts } from './mounts.ts'
import { seededRandom } from './random.ts'

type Moment = 'before' | 'after'

async function laboratory() {
  const clock = createSimClock()
  const random = seededRandom(1)
  const { server } = startTestServer({ store: openVolatileStore({ clock }), kinds, schemas, clock, random })
  const transport = server.localTransport({ name: 'admin', groups: ['system:masters'] })
  const client = createClient(transport)
  for (const name of ['default', 'kube-node-lease']) {
    await client
      .resource({ group: '', version: 'v1', resource: 'namespaces' })
      .create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }
  const files = createSimulatedFiles(() => clock.now())
  await files.makeDirectory('/var/lib/kubelet', 0o750)
  const runtime = createSimulatedRuntime({ clock, random, files })
  const mounts = createSimulatedMounts(files)

  /**
   * Runs a kubelet that dies at its n-th call: from then on nothing that it began goes on. Gives how many calls it
   * made.
   */
  async function runUntilKilled(deathAt: number, moment: Moment, work: () => Promise<void>): Promise<number> {
    let calls = 0
    let isDead = false
    const never = new Promise<never>(() => {})
    const stop = new AbortController()
    const mortal = new Proxy(runtime, {
      get(target, name, receiver) {
        const method = Reflect.get(target, name, receiver) as unknown
        if (typeof method !== 'function' || name === 'events') return method
        return async (...args: unknown[]) => {
          if (isDead) return await never
          if (name !== 'version' && name !== 'conditions' && name !== 'listImages') calls++
          const dies = calls === deathAt
          if (dies && moment === 'before') return await die()
          const answer = await (method as (...given: unknown[]) => Promise<unknown>).apply(target, args)
          return dies ? await die() : isDead ? await never : answer
        }
      },
    }) as ContainerRuntime
    const die = (): Promise<never> => {
      isDead = true
      stop.abort()
      return never
    }
    const kubelet = await createKubelet({
      nodeName: 'node-1',
      transport,
      runtime: mortal,
      files,
      mounts,
      cgroups: createSimulatedCgroups(),
      clock,
      random,
      log: silentLog,
      machine: createSimulatedMachine({ nodeName: 'node-1', addresses: ['192.0.2.1'] }),
      httpClient: {
        request: () => Promise.reject(new Error('no probes here')),
        upgrade: () => Promise.reject(new Error('no streams here')),
      },
      config: kubeletConfig({
        rootDirectory: '/var/lib/kubelet',
        logsDirectory: '/var/log/pods',
        nodeIps: ['192.0.2.1'],
      }),
    })
    void kubelet.run(stop.signal)
    await work()
    stop.abort()
    isDead = true
    await clock.advance(100)
    return calls
  }
  return {
    clock,
    runtime,
    pods: client.resource<Pod>({ group: '', version: 'v1', resource: 'pods' }, 'default'),
    runUntilKilled,
  }
}

const pod: Pod = {
  apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' },
  spec: {
    nodeName: 'node-1',
    initContainers: [{ name: 'init', image: 'busybox', command: ['true'] }],
    containers: [
      { name: 'web', image: 'nginx' },
      { name: 'log', image: 'nginx' },
    ],
  },
}

test('killed at any call while a pod starts: one sandbox, one container of each name, no restart', async () => {
  for (const moment of ['before', 'after'] as const) {
    for (let deathAt = 1; ; deathAt++) {
      const lab = await laboratory()
      const calls = await lab.runUntilKilled(deathAt, moment, async () => {
        await lab.pods.create(pod)
        await lab.clock.advance(20_000)
      })
      await lab.runUntilKilled(Number.POSITIVE_INFINITY, moment, () => lab.clock.advance(30_000))
      const about = `killed ${moment} call ${deathAt}`
      const { status } = await lab.pods.get('web')
      assert.equal(status?.phase, 'Running', about)
      assert.deepEqual(status?.containerStatuses?.map(({ ready, restartCount }) =>
        `${ready}/${restartCount}`), ['true/0', 'true/0'], about)
      assert.equal((await lab.runtime.listSandboxes({})).filter(({ ready }) => ready).length, 1, about)
      const running = (await lab.runtime.listContainers({}))
        .filter(({ state }) => state === 'running')
        .map(({ name }) => name)
      assert.deepEqual(running.toSorted(), ['log', 'web'], about)
      if (calls < deathAt) break
    }
  }
})

test('killed at any call while a pod is deleted: it is gone in the end, from the API and from the node', async () => {
  for (const moment of ['before', 'after'] as const) {
    for (let deathAt = 1; ; deathAt++) {
      const lab = await laboratory()
      await lab.runUntilKilled(Number.POSITIVE_INFINITY, moment, async () => {
        await lab.pods.create(pod)
        await lab.clock.advance(20_000)
      })
      const calls = await lab.runUntilKilled(deathAt, moment, async () => {
        await lab.clock.advance(1000)
        await lab.pods.delete('web')
        await lab.clock.advance(60_000)
      })
      await lab.runUntilKilled(Number.POSITIVE_INFINITY, moment, () => lab.clock.advance(120_000))
      const about = `killed ${moment} call ${deathAt}`
      await assert.rejects(lab.pods.get('web'), /not found/, about)
      assert.deepEqual(await lab.runtime.listSandboxes({}), [], about)
      assert.deepEqual(await lab.runtime.listContainers({}), [], about)
      if (calls < deathAt) break
    }
  }
})
