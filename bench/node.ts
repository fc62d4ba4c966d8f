/** What the kubelet costs beside the container runtime itself: starting, noticing, idling. Needs root, containerd and runc. */
import { setTimeout as sleep } from 'node:timers/promises'
import { demoImageName } from '#bootstrap/images/names.ts'
import { containerConfig } from '#kubelet/containers/container-config.ts'
import { sandboxConfig } from '#kubelet/containers/sandbox-config.ts'
import type { PodObject } from '#kubelet/types.ts'
import { openNodeLaboratory } from '../tests/machine/node-laboratory.ts'
import { figuresOf, percentile, type Report } from './figure.ts'

const runs = 10
const burst = 30
const idleMs = 20_000

const spec = { containers: [{ name: 'c', image: demoImageName, imagePullPolicy: 'IfNotPresent' as const, command: ['sleep', '100000'] }] }

export async function run(report: Report): Promise<void> {
  const give = figuresOf('node', report)
  await using lab = await openNodeLaboratory()
  const isRunning = (pod: { status?: { phase?: string } } | undefined): boolean => pod?.status?.phase === 'Running'
  const start = async (name: string): Promise<number> => {
    const began = performance.now()
    await lab.create(name, spec)
    await lab.until(name, isRunning, 60_000)
    return performance.now() - began
  }
  await start('warm')
  const ours: number[] = []
  const bare: number[] = []
  // Alternately, so that whatever else the machine does meets both alike.
  for (let at = 0; at < runs; at++) {
    ours.push(await start(`pod-${at}`))
    bare.push(await startBare(lab, `bare-${at}`))
  }
  give('pod: create to Running seen on a watch, median of 10', percentile(ours, 0.5), 'ms', 'lower')
  give('the same three runtime calls alone, median of 10', percentile(bare, 0.5), 'ms', 'lower')
  give('own overhead', percentile(ours, 0.5) - percentile(bare, 0.5), 'ms', 'lower', 15)
  give('ratio', percentile(ours, 0.5) / percentile(bare, 0.5), 'x', 'lower', 1.15)
  const began = performance.now()
  await Promise.all(Array.from({ length: burst }, (_, at) => start(`burst-${at}`)))
  give(`${burst} pods at once until the last one runs`, performance.now() - began, 'ms', 'lower')
  give('container killed to its restart seen on a watch', await noticeExit(lab), 'ms', 'lower')
  await sleep(1000)
  const before = process.cpuUsage()
  await sleep(idleMs)
  const { user, system } = process.cpuUsage(before)
  give(`idle processor time with ${runs + burst + 1} pods, API server included`, (user + system) / 1000 / idleMs * 100, '% of a core', 'lower', 1)
}

type Laboratory = Awaited<ReturnType<typeof openNodeLaboratory>>

async function startBare({ runtime, kubelet }: Laboratory, name: string): Promise<number> {
  const pod = { metadata: { name, namespace: 'bench', uid: name, resourceVersion: '', creationTimestamp: '' }, spec } as PodObject
  const config = { ...sandboxConfig(pod, 0, kubelet.services.sandboxOptions), labels: {} }
  const image = await runtime.imageStatus(demoImageName)
  const container = containerConfig({
    pod, container: spec.containers[0]!, restartCount: 0, image: { reference: image?.id ?? '', image }, environment: [], mounts: [],
    machineMemoryBytes: 1, seccompRoot: '', targetId: undefined,
  })
  const began = performance.now()
  const sandboxId = await runtime.runSandbox(config, '')
  const id = await runtime.createContainer(sandboxId, { ...container, labels: {}, logPath: 'bare.log' }, config)
  await runtime.startContainer(id)
  return performance.now() - began
}

/** From the call that kills until the API says that it has ended; its end itself is the runtime's time. */
async function noticeExit({ runtime, pods, until }: Laboratory): Promise<number> {
  const pod = await pods.get('pod-0')
  const id = pod.status?.containerStatuses?.[0]?.containerID?.split('//')[1] ?? ''
  const began = performance.now()
  const noticed = until('pod-0', (current) => (current?.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0 || current?.status?.containerStatuses?.[0]?.state?.terminated !== undefined)
  await runtime.stopContainer(id, 0)
  await noticed
  return performance.now() - began
}
