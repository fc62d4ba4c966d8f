/** A machine that is only told of. */
import { RuntimeError } from '#world/container-runtime.ts'
import type { Machine, MachineFacts } from '#world/machine.ts'

export interface SimulatedMachineOptions {
  readonly nodeName: string
  readonly cpuCount?: number
  readonly memoryBytes?: number
  readonly addresses: readonly string[]
  /** Whether something listens there. Default: always. */
  readonly isListening?: (host: string, port: number) => boolean
}

export interface SimulatedMachine extends Machine {
  /** From now on so much is left. */
  setAvailableMemory(bytes: number): void
}

export function createSimulatedMachine(options: SimulatedMachineOptions): SimulatedMachine {
  const { nodeName, cpuCount = 4, memoryBytes = 16 * 2 ** 30, addresses, isListening = () => true } = options
  const facts: MachineFacts = {
    hostname: nodeName,
    machineId: `machine-${nodeName}`,
    systemUuid: `system-${nodeName}`,
    bootId: `boot-${nodeName}`,
    kernelVersion: '6.1.0-simulated',
    osImage: 'Simulated Linux',
    operatingSystem: 'linux',
    architecture: 'amd64',
    cpuCount,
    memoryBytes,
    swapBytes: 0,
    addresses,
  }
  let availableBytes = memoryBytes / 2
  const refused = (host: string, port: number): string => `dial tcp ${host}:${port}: connect: connection refused`
  return {
    setAvailableMemory(bytes) { availableBytes = bytes },
    facts: async () => facts,
    memory: async () => ({ totalBytes: memoryBytes, availableBytes }),
    cpuUsageNanoseconds: async () => 0,
    processes: async () => ({ current: 100, limit: 32_768 }),
    async dialTcp(host, port) {
      if (!isListening(host, port)) throw new Error(refused(host, port))
    },
    async checkGrpcHealth(host, port) {
      if (!isListening(host, port)) throw new RuntimeError('Unavailable', refused(host, port))
      return 'SERVING'
    },
    resolverConfiguration: async () => 'nameserver 192.0.2.53\nsearch example.org\n',
  }
}
