/**
 * A worker machine of the simulation: a runtime that outlives the kubelet's and the proxy's process, and
 * power that may fail.
 */
import { pod } from '#api/core/pod/pod.ts'
import { service } from '#api/core/service/service.ts'
import { endpointSlice } from '#api/discovery/endpointslice/endpointslice.ts'
import type { UserInfo } from '#apiserver/authn/authenticator.ts'
import { createInformers } from '#client/informers.ts'
import type { Transport } from '#client/transport.ts'
import { componentUser, nodeUser } from '#cluster/component-users.ts'
import { startProxy } from '#proxy/proxy.ts'
import type { Clock } from '#world/clock.ts'
import type { Container, RuntimeError } from '#world/container-runtime.ts'
import type { Log } from '#world/log.ts'
import { PodAddresses } from './container-runtime/pod-addresses.ts'
import type { ImageCatalog } from './container-runtime/script.ts'
import { serviceCidr } from './control-plane-machine.ts'
import { machineClock, type MachineClock } from './machine-clock.ts'
import { createSimulatedNode, type SimulatedNode } from './node.ts'
import { createSimulatedPacketFilter, type SimulatedPacketFilter } from './packet-filter.ts'
import { startProcess, type SimProcess } from './process.ts'
import type { SeededRandom } from './random.ts'
import type { Tampering } from './tampering.ts'

export interface NodeMachineOptions {
  /** From 1. */
  readonly index: number
  readonly clock: Clock
  readonly random: SeededRandom
  readonly log: Log
  readonly tampering: Tampering
  readonly catalog: ImageCatalog
  readonly runtimeFault: (verb: string) => RuntimeError | undefined
  readonly network: (user: UserInfo, process: SimProcess) => Transport
  readonly onFailure: (error: unknown) => void
}

export interface NodeMachine {
  readonly name: string
  readonly clock: MachineClock
  readonly node: SimulatedNode
  readonly packetFilter: SimulatedPacketFilter
  readonly isOn: boolean
  /** What the runtime has, without asking it: no fault can hide it. */
  containers(): readonly Container[]
  /** Starts kubelet and proxy. */
  start(): Promise<void>
  /** Kills kubelet and proxy; containers run on. */
  kill(): void
  /** Kills everything on the machine. */
  powerOff(): Promise<void>
}

export const proxyTable = 'skiff'

export async function createNodeMachine(options: NodeMachineOptions): Promise<NodeMachine> {
  const { index, random, log, tampering, network, onFailure } = options
  const name = `node-${index}`
  const clock = machineClock(options.clock)
  let hasPower = true
  const node = await createSimulatedNode({
    nodeName: name, nodeIp: `192.0.2.${20 + index}`, transport: unused, clock, random: random.fork('runtime'), log,
    runtime: {
      catalog: options.catalog, fault: (verb) => (hasPower ? options.runtimeFault(verb) : undefined),
      addresses: new PodAddresses(`10.${100 + index}.0.0/16`),
    },
    ...(tampering.runtime && { wrapRuntime: tampering.runtime }),
  })
  let packetFilter = createSimulatedPacketFilter()
  let process: SimProcess | undefined
  let starts = 0

  return {
    name, clock, node,
    get packetFilter() { return packetFilter },
    get isOn() { return process?.isAlive ?? false },
    containers: () => node.runtime.containers(),
    async start() {
      hasPower = true
      const own = process = startProcess(name, clock, log)
      const chance = random.fork(`life ${++starts}`)
      const failed = (error: unknown): void => { if (own.isAlive) onFailure(error) }
      const kubelet = await node.restart({
        transport: network(nodeUser(name), own),
        clock: own.clock,
        random: chance,
        log: own.log,
      })
      if (!own.isAlive) return
      kubelet.run(own.signal).then(() => failed(new Error('the kubelet ended by itself')), failed)
      const informersOf = (user: UserInfo) =>
        createInformers({
          transport: network(user, own),
          clock: own.clock,
          random: chance.fork(user.name),
          log: own.log,
          signal: own.signal,
        })
      const informers = informersOf(componentUser('system:kube-proxy'))
      startProxy(
        {
          nodeName: name,
          table: proxyTable,
          serviceCidr,
          packetFilter,
          clock: own.clock,
          log: own.log,
          services: informers.of(service),
          endpointSlices: informers.of(endpointSlice),
          pods: informersOf(nodeUser(name)).of(pod, { fieldSelector: `spec.nodeName=${name}` }),
        },
        own.signal,
      ).done.then(() => failed(new Error('the proxy ended by itself')), failed)
    },
    kill() { process?.kill() },
    async powerOff() {
      process?.kill()
      packetFilter = createSimulatedPacketFilter()
      hasPower = false
      for (const { id } of await node.runtime.listSandboxes({})) await node.runtime.stopSandbox(id)
    },
  }
}

/** For the kubelet that a simulated node is made with, and that never runs. */
const unused: Transport = {
  call: () => new Promise(() => {}),
  watch: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }),
  document: () => new Promise(() => {}),
}
