/** Simulated nodes of a real control plane: real kubelets over runtimes, files and machines that are only simulated. */
import type { ClusterConfig } from '#bootstrap/cluster-config.ts'
import { nodeUser } from '#cluster/component-users.ts'
import type { ControlPlane } from '#cluster/control-plane.ts'
import { systemClock } from '#host/clock.ts'
import { systemRandom } from '#host/random.ts'
import { PodAddresses } from '#sim/container-runtime/pod-addresses.ts'
import { createSimulatedNode } from '#sim/node.ts'
import type { Log } from '#world/log.ts'
import { nodeReady } from './node-ready.ts'

export interface SimulatedNodesOptions {
  /** What they are called; see `simulatedNodeNames`. */
  readonly names: readonly string[]
  readonly controlPlane: ControlPlane
  readonly config: Pick<ClusterConfig, 'clusterDomain' | 'dnsServiceIp' | 'podCidr'>
  readonly log: Log
}

/** `node-1`, `node-2` and so on. */
export function simulatedNodeNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `node-${index + 1}`)
}

/** Resolves when all are Ready; they run until the signal aborts. */
export async function startSimulatedNodes(
  { names, controlPlane, config, log }: SimulatedNodesOptions,
  signal: AbortSignal,
): Promise<void> {
  const addresses = new PodAddresses(config.podCidr)
  await Promise.all(names.map(async (nodeName, index) => {
    const { kubelet } = await createSimulatedNode({
      nodeName,
      nodeIp: `192.168.${index >> 8}.${(index & 255) + 1}`,
      transport: controlPlane.transport(nodeUser(nodeName)),
      clock: systemClock,
      random: systemRandom,
      log: log.named(nodeName),
      config: { clusterDns: [config.dnsServiceIp], clusterDomain: config.clusterDomain },
      runtime: { addresses },
    })
    kubelet.run(signal).catch((error: unknown) => {
      if (!signal.aborted) log.error('a simulated kubelet failed', { node: nodeName, error: String(error) })
    })
    await nodeReady(controlPlane, nodeName, signal)
  }))
}
