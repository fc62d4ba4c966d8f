/** Simulated nodes of a real control plane: real kubelets over runtimes, files and machines that are only simulated. */
import type { ClusterConfig } from '#bootstrap/cluster-config.ts'
import { nodeUser, type ControlPlane } from '#cluster/control-plane.ts'
import { systemClock } from '#host/clock.ts'
import { systemRandom } from '#host/random.ts'
import { createSimulatedNode } from '#sim/node.ts'
import type { Log } from '#world/log.ts'
import { nodeReady } from './node-ready.ts'

export interface SimulatedNodesOptions {
  readonly count: number
  readonly controlPlane: ControlPlane
  readonly config: Pick<ClusterConfig, 'clusterDomain' | 'dnsServiceIp' | 'podCidr'>
  readonly log: Log
}

/** Resolves when all are Ready; they run until the signal aborts. */
export async function startSimulatedNodes(
  { count, controlPlane, config, log }: SimulatedNodesOptions,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(Array.from({ length: count }, async (_, index) => {
    const nodeName = `node-${index + 1}`
    const { kubelet } = await createSimulatedNode({
      nodeName,
      nodeIp: `192.168.${index >> 8}.${(index & 255) + 1}`,
      transport: controlPlane.transport(nodeUser(nodeName)),
      clock: systemClock,
      random: systemRandom,
      log: log.named(nodeName),
      config: { clusterDns: [config.dnsServiceIp], clusterDomain: config.clusterDomain },
    })
    kubelet.run(signal).catch((error: unknown) => {
      if (!signal.aborted) log.error('a simulated kubelet failed', { node: nodeName, error: String(error) })
    })
    await nodeReady(controlPlane, nodeName, signal)
  }))
}
