/** One real node for machine tests: a containerd of its own, the real kubelet, and the real API server in this process. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { execFileSync, spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kinds } from '#api/kinds.ts'
import { schemas } from '#api/schemas.ts'
import type { Event, Pod } from '#api/gen/core-v1.ts'
import { startTestServer } from '#apiserver/testing.ts'
import { createClient } from '#client/client.ts'
import { createCgroups } from '#host/cgroups.ts'
import { systemClock } from '#host/clock.ts'
import { createContainerRuntime } from '#host/container-runtime/container-runtime.ts'
import { createFiles } from '#host/files.ts'
import { createHttpClient } from '#host/http/client.ts'
import { createLog } from '#host/log.ts'
import { createMachine } from '#host/machine.ts'
import { createMounts } from '#host/mounts.ts'
import { systemRandom } from '#host/random.ts'
import { kubeletConfig } from '#kubelet/config.ts'
import { createKubelet, type Kubelet } from '#kubelet/kubelet.ts'
import { renderCniConfig } from '#network/plan.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import { ensureContainerd, containerdSocket, stopContainerd, type ContainerdPlaces } from '../../src/main/containerd.ts'
import { ensureOwnImages } from '../../src/main/image-import.ts'
import { pauseImageName } from '#bootstrap/images/names.ts'

/** Far from the ranges that clusters use. */
const podCidr = '10.199.7.0/24'
const gatewayAddress = '10.199.7.1'
const bridgeName = 'skifftest7'

export async function openNodeLaboratory() {
  const home = mkdtempSync(join(tmpdir(), 'skiff-node-'))
  const places: ContainerdPlaces = {
    dataDirectory: join(home, 'data'), runDirectory: join(home, 'run'), sandboxImage: pauseImageName,
  }
  mkdirSync(join(places.dataDirectory, 'cni/net.d'), { recursive: true })
  const network = { bridgeName, nodePodCidr: podCidr, gatewayAddress, clusterPodCidr: podCidr, serviceCidr: '10.198.0.0/16', leaseDirectory: join(home, 'leases') }
  writeFileSync(join(places.dataDirectory, 'cni/net.d/10-test.conflist'), renderCniConfig(network))
  const never = new AbortController().signal
  await ensureContainerd(places, never)
  const runtime = createContainerRuntime(containerdSocket(places))
  await ensureOwnImages(containerdSocket(places), async (name) => await runtime.imageStatus(name) !== undefined, home, undefined)

  const clock = systemClock
  const log = createLog({
    clock, stream: process.stderr, format: 'text', level: process.env['SKIFF_TEST_LOG'] === 'debug' ? 'debug' : 'error',
  })
  const { server } = startTestServer({ store: openVolatileStore({ clock }), kinds, schemas, clock, random: systemRandom })
  const transport = server.localTransport({ name: 'admin', groups: ['system:masters'] })
  const client = createClient(transport)
  for (const name of ['default', 'kube-node-lease']) {
    await client.resource({ group: '', version: 'v1', resource: 'namespaces' }).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }
  mkdirSync(join(home, 'kubelet'))
  const httpClient = createHttpClient()
  const cgroupRoot = `/skiff-test-${process.pid}`
  const make = (): Promise<Kubelet> => createKubelet({
    nodeName: 'node-1', transport, runtime, machine: createMachine(), files: createFiles(), mounts: createMounts(), cgroups: createCgroups(),
    httpClient, clock, random: systemRandom, log,
    config: kubeletConfig({
      rootDirectory: join(home, 'kubelet'), logsDirectory: join(home, 'logs'), nodeIps: [gatewayAddress], cgroupRoot,
    }),
  })
  let kubelet = await make()
  let stop = new AbortController()
  let running = kubelet.run(stop.signal)
  const pods = client.resource<Pod>({ group: '', version: 'v1', resource: 'pods' }, 'default')

  return {
    home, client, pods, runtime, cgroupRoot, transport, httpClient, log,
    get kubelet() { return kubelet },
    create: (name: string, spec: NonNullable<Pod['spec']>, metadata: Pod['metadata'] = {}) =>
      pods.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec: { nodeName: 'node-1', terminationGracePeriodSeconds: 3, ...spec } }),
    /** Watches until the condition holds, and gives the pod; undefined once it is gone. */
    async until(name: string, condition: (pod: Pod | undefined) =>
      boolean, timeoutMs = 20_000): Promise<Pod | undefined> {
      const give = new AbortController()
      const timer = setTimeout(() => give.abort(new Error('timeout')), timeoutMs)
      const options = { fieldSelector: `metadata.name=${name}` }
      try {
        const list = await pods.list(options)
        let last = list.items[0] as Pod | undefined
        if (condition(last)) return last
        for await (const batch of pods.watch({ ...options, resourceVersion: list.metadata.resourceVersion ?? '' }, give.signal)) {
          for (const event of batch) {
            last = event.type === 'DELETED' ? undefined : event.object as Pod
            if (condition(last)) return last
          }
        }
        throw new Error(`pod ${name} did not get there: ${JSON.stringify(last?.status, undefined, 1)}\n${(await this.events(name)).join('\n')}`)
      } finally {
        clearTimeout(timer)
        give.abort()
      }
    },
    async events(name: string): Promise<string[]> {
      const list = await client.resource<Event>({ group: '', version: 'v1', resource: 'events' }, 'default').list()
      return list.items.filter(({ involvedObject }) => involvedObject.name === name).map(({ type, reason, message }) => `${type} ${reason}: ${message}`)
    },
    async restartKubelet() {
      stop.abort()
      await running
      stop = new AbortController()
      kubelet = await make()
      running = kubelet.run(stop.signal)
    },
    /** As an upgrade of containerd does it: containers run on. */
    async restartContainerd() {
      await stopContainerd(places, never)
      await ensureContainerd(places, never)
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      for (const sandbox of await runtime.listSandboxes({})) await runtime.removeSandbox(sandbox.id)
      await runtime[Symbol.asyncDispose]()
      httpClient[Symbol.dispose]()
      await stopContainerd(places, never)
      await createMounts().unmountAll(home)
      await createCgroups().remove(cgroupRoot)
      spawnSync('ip', ['link', 'delete', bridgeName])
      rmSync(home, { recursive: true, force: true })
    },
  }
}

export function haveContainerd(): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v containerd runc busybox'], { stdio: 'ignore' })
    return process.getuid?.() === 0
  } catch (error) {
    if (error instanceof Error) return false
    throw error
  }
}
