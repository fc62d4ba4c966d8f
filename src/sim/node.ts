/** A whole simulated node: the real kubelet over a runtime, files and a machine that are only simulated. */
import type { Informers } from '#client/informers.ts'
import type { Transport } from '#client/transport.ts'
import { kubeletConfig, type KubeletConfig } from '#kubelet/config.ts'
import { createKubelet, type Kubelet } from '#kubelet/kubelet.ts'
import type { Clock } from '#world/clock.ts'
import type { ContainerRuntime } from '#world/container-runtime.ts'
import type { HttpClient } from '#world/http.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import { createSimulatedCgroups, type SimulatedCgroups } from './cgroups.ts'
import {
  createSimulatedRuntime,
  type SimulatedRuntime,
  type SimulatedRuntimeOptions,
} from './container-runtime/container-runtime.ts'
import { createSimulatedFiles, type SimulatedFiles } from './files.ts'
import { createSimulatedMachine, type SimulatedMachine } from './machine.ts'
import { createSimulatedMounts, type SimulatedMounts } from './mounts.ts'

export interface SimulatedNodeOptions {
  readonly nodeName: string
  /** The node's own address. */
  readonly nodeIp: string
  readonly transport: Transport
  readonly informers?: Informers
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** For HTTP probes. Default: every one is answered with 200. */
  readonly httpClient?: HttpClient
  readonly config?: Partial<KubeletConfig>
  readonly runtime?: Partial<SimulatedRuntimeOptions>
  readonly cpuCount?: number
  readonly memoryBytes?: number
  /** Puts something between the kubelet and the runtime: for experiments with runtimes that misbehave. */
  readonly wrapRuntime?: (runtime: SimulatedRuntime) => ContainerRuntime
}

/** What belongs to one process of the kubelet, and ends with it. */
export type KubeletProcess = Partial<Pick<SimulatedNodeOptions, 'transport' | 'clock' | 'random' | 'log'>>

export interface SimulatedNode {
  readonly kubelet: Kubelet
  readonly runtime: SimulatedRuntime
  readonly files: SimulatedFiles
  readonly mounts: SimulatedMounts
  readonly cgroups: SimulatedCgroups
  readonly machine: SimulatedMachine
  /**
   * A new kubelet over the same runtime and files, as after a restart of its process. What is not given is as at the
   * node's creation.
   */
  restart(process?: KubeletProcess): Promise<Kubelet>
}

export async function createSimulatedNode(options: SimulatedNodeOptions): Promise<SimulatedNode> {
  const { nodeName, nodeIp, transport, clock, random, log, cpuCount, memoryBytes } = options
  const files = createSimulatedFiles(() => clock.now())
  await files.makeDirectory('/etc', 0o755)
  await files.write('/etc/hosts', new TextEncoder().encode('127.0.0.1\tlocalhost\n'), 0o644)
  const runtime = createSimulatedRuntime({ clock, random, files, ...options.runtime })
  const mounts = createSimulatedMounts(files)
  const cgroups = createSimulatedCgroups()
  const machine = createSimulatedMachine({
    nodeName,
    addresses: [nodeIp],
    ...(cpuCount !== undefined && { cpuCount }),
    ...(memoryBytes !== undefined && { memoryBytes }),
  })
  const seenRuntime = options.wrapRuntime?.(runtime) ?? runtime
  const make = (process: KubeletProcess = {}): Promise<Kubelet> => createKubelet({
    nodeName, transport, runtime: seenRuntime, machine, files, mounts, cgroups, clock, random, log, ...process,
    httpClient: options.httpClient ?? alwaysHealthy,
    ...(options.informers && { informers: options.informers }),
    config: kubeletConfig({
      rootDirectory: '/var/lib/kubelet',
      logsDirectory: '/var/log/pods',
      nodeIps: [nodeIp],
      ...options.config,
    }),
  })
  await files.makeDirectory('/var/lib/kubelet', 0o750)
  return { kubelet: await make(), runtime, files, mounts, cgroups, machine, restart: make }
}

const alwaysHealthy: HttpClient = {
  request: async () => ({ status: 200, headers: {}, chunks: none(), readBody: async () => new Uint8Array() }),
  upgrade: () => Promise.reject(new Error('simulated pods do not upgrade connections')),
}

async function* none(): AsyncGenerator<Uint8Array> {}
