/** What every container runtime must do, for the simulated one and for a real containerd. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { demoImageName } from '#bootstrap/images/names.ts'
import { systemClock } from '#host/clock.ts'
import { systemRandom } from '#host/random.ts'
import { createSimulatedRuntime } from '#sim/container-runtime/container-runtime.ts'
import { interpretCommand } from '#sim/container-runtime/script.ts'
import {
  RuntimeError, type ContainerConfig, type ContainerRuntime, type RuntimeEvent, type SandboxConfig,
} from '#world/container-runtime.ts'
import { haveContainerd, openNodeLaboratory } from './node-laboratory.ts'

const noNamespaces = { network: 'pod', pid: 'container', ipc: 'pod' } as const
let serial = 0

function sandboxConfig(logDirectory: string, attempt = 0): SandboxConfig {
  const uid = `contract-${process.pid}-${serial++}`
  return {
    name: uid, uid, namespace: 'contract', attempt, hostname: 'contract', logDirectory, dns: undefined, portMappings: [],
    labels: { contract: uid }, annotations: { note: 'kept' }, cgroupParent: `/skiff-test-${process.pid}/contract`, sysctls: {}, resources: undefined,
    security: { namespaces: noNamespaces, selinux: undefined, runAsUser: undefined, runAsGroup: undefined, supplementalGroups: [], privileged: false, seccomp: undefined },
  }
}

function containerConfig(image: string, script: string, attempt = 0): ContainerConfig {
  return {
    name: 'c', attempt, image, userSpecifiedImage: demoImageName, command: ['sh', '-c', script], args: [], workingDir: '', environment: [], mounts: [],
    devices: [], labels: { app: 'contract' }, annotations: { note: 'kept' }, logPath: `c-${attempt}.log`, stdin: false, stdinOnce: false, tty: false,
    resources: { cpuPeriod: 0, cpuQuota: 0, cpuShares: 0, memoryLimitBytes: 0, oomScoreAdjust: 0, unified: {} },
    security: {
      namespaces: noNamespaces, addCapabilities: [], dropCapabilities: [], privileged: false, selinux: undefined, runAsUser: undefined,
      runAsUsername: '', runAsGroup: undefined, readOnlyRootFilesystem: false, supplementalGroups: [], noNewPrivileges: false, maskedPaths: [],
      readOnlyPaths: [], seccomp: undefined, apparmor: undefined,
    },
  }
}

function contract(name: string, skip: string | false, open: () =>
  Promise<{ runtime: ContainerRuntime; logs: string; close(): Promise<void> }>): void {
  describe(name, { skip }, () => {
    let opened: Awaited<ReturnType<typeof open>>
    before(async () => { opened = await open() })
    after(async () => { await opened?.close() })

    async function start(script: string) {
      const { runtime, logs } = opened
      const image = await runtime.imageStatus(demoImageName)
      assert.ok(image)
      const config = sandboxConfig(logs)
      const sandboxId = await runtime.runSandbox(config, '')
      const id = await runtime.createContainer(sandboxId, containerConfig(image.id, script), config)
      return { config, sandboxId, id, image }
    }

    test('a sandbox has an address, labels and annotations, and is listed by its labels', async () => {
      const { runtime } = opened
      const { config, sandboxId } = await start('sleep 1000')
      const status = await runtime.sandboxStatus(sandboxId)
      assert.equal(status?.ready, true)
      assert.match(status?.ips[0] ?? '', /^\d+\.\d+\.\d+\.\d+$/)
      assert.equal(status?.annotations['note'], 'kept')
      assert.deepEqual((await runtime.listSandboxes({ labels: { contract: config.uid } })).map(({ id }) =>
        id), [sandboxId])
      await assert.rejects(runtime.runSandbox(config, ''), RuntimeError)
      await runtime.stopSandbox(sandboxId)
      assert.equal((await runtime.sandboxStatus(sandboxId))?.ready, false)
      await runtime.removeSandbox(sandboxId)
      assert.equal(await runtime.sandboxStatus(sandboxId), undefined)
    })

    test('a container is created, started, and exits with its code', async () => {
      const { runtime } = opened
      const { sandboxId, id } = await start('sleep 0.2; exit 3')
      assert.equal((await runtime.containerStatus(id))?.state, 'created')
      await runtime.startContainer(id)
      const running = await runtime.containerStatus(id)
      assert.equal(running?.state, 'running')
      assert.equal(running?.annotations['note'], 'kept')
      assert.ok(Math.abs((running?.startedAt ?? 0) - Date.now()) < 10_000)
      await eventually(async () => (await runtime.containerStatus(id))?.state === 'exited')
      const ended = await runtime.containerStatus(id)
      assert.equal(ended?.exitCode, 3)
      assert.equal(ended?.reason, 'Error')
      assert.ok((ended?.finishedAt ?? 0) >= (ended?.startedAt ?? 0))
      assert.deepEqual((await runtime.listContainers({ sandboxId })).map(({ state }) => state), ['exited'])
      await runtime.removeSandbox(sandboxId)
      assert.equal(await runtime.containerStatus(id), undefined)
    })

    test('stopping and removing are idempotent, also for what never was', async () => {
      const { runtime } = opened
      const { sandboxId, id } = await start('sleep 1000')
      await runtime.startContainer(id)
      await runtime.stopContainer(id, 0)
      await runtime.stopContainer(id, 0)
      assert.equal((await runtime.containerStatus(id))?.state, 'exited')
      assert.equal((await runtime.containerStatus(id))?.exitCode, 137)
      await runtime.removeContainer(id)
      await runtime.removeContainer(id)
      for (let i = 0; i < 2; i++) {
        await runtime.stopSandbox(sandboxId)
        await runtime.removeSandbox(sandboxId)
      }
      const never = 'f'.repeat(64)
      await runtime.stopContainer(never, 0)
      await runtime.removeContainer(never)
      await runtime.stopSandbox(never)
      await runtime.removeSandbox(never)
      assert.equal(await runtime.containerStatus(never), undefined)
      await assert.rejects(runtime.startContainer(never), (error: RuntimeError) => error.code === 'NotFound')
      assert.equal(await runtime.imageStatus('skiff.local/never:1'), undefined)
    })

    test('one name and attempt is one container', async () => {
      const { runtime } = opened
      const { sandboxId, image, config } = await start('sleep 1000')
      await assert.rejects(runtime.createContainer(sandboxId, containerConfig(image.id, 'sleep 1'), config), RuntimeError)
      await runtime.createContainer(sandboxId, containerConfig(image.id, 'sleep 1', 1), config)
      await runtime.removeSandbox(sandboxId)
    })

    test('commands run to their end', async () => {
      const { runtime } = opened
      const { sandboxId, id } = await start('sleep 1000')
      await runtime.startContainer(id)
      assert.equal((await runtime.execSync(id, ['true'], 5)).exitCode, 0)
      await runtime.removeSandbox(sandboxId)
      await assert.rejects(runtime.execSync(id, ['true'], 5), RuntimeError)
    })

    test('events tell of starts and ends, after `connected`', async () => {
      const { runtime } = opened
      const stop = new AbortController()
      const seen: RuntimeEvent[] = []
      const reading = (async () => { for await (const event of runtime.events(stop.signal)) seen.push(event) })()
      await eventually(async () => seen.length > 0)
      assert.deepEqual(seen[0], { type: 'connected' })
      const { sandboxId, id } = await start('sleep 0.1')
      await runtime.startContainer(id)
      const told = (type: string): boolean => seen.some((event) => event.type === type && 'id' in event && event.id === id)
      await eventually(async () => told('started') && told('exited'))
      await runtime.removeSandbox(sandboxId)
      stop.abort()
      await reading
    })

    test('it says who it is and that it is ready', async () => {
      const { runtime } = opened
      const conditions = await runtime.conditions()
      assert.ok(conditions.some(({ type, status }) => type === 'RuntimeReady' && status))
      assert.ok(conditions.some(({ type, status }) => type === 'NetworkReady' && status))
      assert.match((await runtime.version()).version, /^\d+\.\d+/)
    })
  })
}

async function eventually(condition: () => Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!await condition()) {
    assert.ok(performance.now() < end, 'it did not happen')
    await systemClock.sleep(10)
  }
}

contract('simulated', false, async () => ({
  runtime: createSimulatedRuntime({
    clock: systemClock, random: systemRandom, preloaded: [demoImageName],
    catalog: (image) => (image.includes('never') ? undefined : { container: (config) => ({ ...interpretCommand(config), stopsAfterMs: 1 }) }),
  }),
  logs: '/logs', close: async () => {},
}))

contract('containerd', haveContainerd() ? false : 'needs root, containerd, runc and busybox', async () => {
  const lab = await openNodeLaboratory()
  return { runtime: lab.runtime, logs: lab.home, close: () => lab[Symbol.asyncDispose]() }
})
