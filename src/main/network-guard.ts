/**
 * Puts the pod network back when somebody has taken it away: another program's firewall, a network manager, a person.
 */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import type { ClusterConfig } from '#bootstrap/cluster-config.ts'
import { planEgressTable, planNodeNetwork, type PodNetwork } from '#network/plan.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { NetworkChange, NetworkConfig } from '#world/network-config.ts'
import type { PacketFilter } from '#world/packet-filter.ts'
import { findCommand } from './cli/prerequisites.ts'
import { egressTable, proxyTable } from './names.ts'
import { networkResultFiles } from './node-cleanup.ts'

export interface NetworkGuard {
  readonly config: ClusterConfig
  readonly network: PodNetwork
  readonly networkConfig: NetworkConfig
  readonly packetFilter: PacketFilter
  readonly clock: Clock
  readonly log: Log
  /** Makes the proxy write its whole table again. */
  readonly rebuildServices: () => void
}

/**
 * Neither bridge nor table tell that they go without a process that listens all the time; upstream's proxy
 * looks every 30 s.
 */
const lookMs = 10_000
const outputLimitBytes = 1024 * 1024
const run = promisify(execFile)

/** Until aborted. */
export async function guardNetwork(guard: NetworkGuard, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await guard.clock.sleep(lookMs, signal).catch(() => undefined)
    if (signal.aborted) return
    try {
      await restore(guard)
    } catch (error) {
      guard.log.error('the pod network could not be restored; it is tried again', {
        error: String(error),
        retryMs: lookMs,
      })
    }
  }
}

async function restore({
  config,
  network,
  networkConfig,
  packetFilter,
  log,
  rebuildServices,
}: NetworkGuard): Promise<void> {
  if (!existsSync(`/sys/class/net/${network.bridgeName}`)) {
    const ports = networkResultFiles(network.bridgeName)
      .flatMap((file) => portsOf(readFileSync(file, 'utf8'), network.bridgeName))
      .filter((port) => existsSync(`/sys/class/net/${port}`))
    await networkConfig.apply([
      ...planNodeNetwork(network),
      ...ports.map((port): NetworkChange => ({ type: 'port', interface: port, bridge: network.bridgeName })),
    ])
    log.warn('restored the bridge that somebody had removed', { bridge: network.bridgeName, ports: ports.length })
  }
  const { stdout } = await run(findCommand('nft') ?? 'nft', ['list', 'tables', 'ip'], { maxBuffer: outputLimitBytes })
  const tables = new Set(stdout.split('\n').map((line) => line.replace(/^table ip /, '').trim()))
  if (!tables.has(egressTable(config))) {
    await packetFilter.apply(egressTable(config), planEgressTable(network))
    log.warn('restored the packet filter table that somebody had removed', { table: egressTable(config) })
  }
  if (!tables.has(proxyTable(config))) {
    rebuildServices()
    log.warn('restored the packet filter table that somebody had removed', { table: proxyTable(config) })
  }
}

/**
 * The pod's end on the machine's side, out of what CNI's library notes of a pod: interfaces without a sandbox, the
 * bridge left out.
 */
export function portsOf(result: string, bridgeName: string): string[] {
  const noted = JSON.parse(result) as {
    readonly result?: { readonly interfaces?: readonly { readonly name: string; readonly sandbox?: string }[] }
  }
  return (noted.result?.interfaces ?? [])
    .filter(({ name, sandbox }) => !sandbox && name !== bridgeName)
    .map(({ name }) => name)
}
