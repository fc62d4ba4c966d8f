/** Takes back what a cluster did to this machine. */
import { existsSync, readFileSync, readdirSync, rmSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { deriveClusterConfig } from '#bootstrap/cluster-config.ts'
import type { ClusterChoices } from '#bootstrap/cluster-config.ts'
import { createContainerRuntime } from '#host/container-runtime/container-runtime.ts'
import { createNetworkConfig } from '#host/network-config.ts'
import { createPacketFilter } from '#host/packet-filter.ts'
import type { ContainerdPlaces } from './containerd.ts'
import { containerdSocket, findContainerd } from './containerd.ts'
import { pauseImageName } from '#bootstrap/images/names.ts'
import { cgroupRoot, egressTable, proxyTable } from './names.ts'

export function containerdPlaces(choices: ClusterChoices): ContainerdPlaces {
  return { dataDirectory: choices.dataDirectory, runDirectory: choices.runDirectory, sandboxImage: pauseImageName }
}

/** Stops and removes every pod sandbox of the cluster's own containerd. Gives how many there were. */
export async function removeSandboxes(choices: ClusterChoices, signal: AbortSignal): Promise<number> {
  const places = containerdPlaces(choices)
  if (!findContainerd(places)) return 0
  await using runtime = createContainerRuntime(containerdSocket(places))
  const sandboxes = await runtime.listSandboxes({})
  await Promise.all(sandboxes.map(async (sandbox) => {
    signal.throwIfAborted()
    await runtime.stopSandbox(sandbox.id)
    await runtime.removeSandbox(sandbox.id)
  }))
  return sandboxes.length
}

/** Everything else, once nothing of the cluster runs any more. Gives what was removed, in words. */
export async function removeNodeTraces(choices: ClusterChoices): Promise<string[]> {
  const removed: string[] = []
  if (choices.nodes.type === 'machine') {
    const config = deriveClusterConfig(choices)
    const mounts = mountsBelow([choices.dataDirectory, choices.runDirectory])
    for (const path of mounts) spawnSync('umount', ['-l', path])
    if (mounts.length > 0) removed.push(`${mounts.length} mounts`)
    const packetFilter = createPacketFilter()
    for (const table of [proxyTable(config), egressTable(config)]) await packetFilter.removeTable(table)
    await createNetworkConfig().removeInterface(config.bridgeName)
    removed.push(`bridge ${config.bridgeName}`, 'packet filter tables')
    const groups = removeCgroups(cgroupRoot(config))
    if (groups > 0) removed.push(`${groups} control groups`)
  }
  rmSync(choices.runDirectory, { recursive: true, force: true })
  rmSync(choices.dataDirectory, { recursive: true, force: true })
  removed.push(choices.dataDirectory)
  return removed
}

/** Deepest first, so that each can be unmounted. Spaces in paths are written as \040 there. */
function mountsBelow(directories: readonly string[]): string[] {
  return readFileSync('/proc/self/mounts', 'utf8').split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replaceAll('\\040', ' '))
    .filter((path) => directories.some((directory) => path.startsWith(`${directory}/`)))
    .toReversed()
}

/** Control groups are removed by rmdir, children first; in every hierarchy that there is. */
function removeCgroups(root: string): number {
  const base = '/sys/fs/cgroup'
  const hierarchies = existsSync(join(base, 'cgroup.controllers')) ? [base] : readdirSync(base).map((name) => join(base, name))
  return hierarchies.map((hierarchy) => removeTree(join(hierarchy, root))).reduce((sum, count) => sum + count, 0)
}

function removeTree(directory: string): number {
  if (!existsSync(directory)) return 0
  let count = 0
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) count += removeTree(join(directory, entry.name))
  }
  rmdirSync(directory)
  return count + 1
}
