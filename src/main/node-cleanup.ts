/** Takes back what a cluster did to this machine. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { deriveClusterConfig, type ClusterChoices } from '#bootstrap/cluster-config.ts'
import { pauseImageName } from '#bootstrap/images/names.ts'
import { createContainerRuntime } from '#host/container-runtime/container-runtime.ts'
import { createNetworkConfig } from '#host/network-config.ts'
import { createPacketFilter } from '#host/packet-filter.ts'
import type { ContainerRuntime } from '#world/container-runtime.ts'
import { removeDataDirectory } from './cli/data-directory.ts'
import {
  containerdSocket,
  ensureContainerd,
  findContainerd,
  stopContainerd,
  type ContainerdPlaces,
} from './containerd.ts'
import { hasContainers, killLeftovers, removeCgroups } from './leftovers.ts'
import { egressTable, proxyTable } from './names.ts'
import { listSandboxesWhenInitialized } from './runtime-initialized.ts'

export function containerdPlaces(choices: ClusterChoices): ContainerdPlaces {
  return { dataDirectory: choices.dataDirectory, runDirectory: choices.runDirectory, sandboxImage: pauseImageName }
}

/** Beyond the containers' own time to end: a containerd that has not answered until then is killed. */
const answerLimitMs = 10_000

/**
 * Stops every container (SIGTERM first, SIGKILL after `graceSeconds`), removes the pod sandboxes, and stops containerd.
 * A containerd that died is started once more, for only it can take back networks and mounts; one that does not answer
 * is killed with all that runs. Gives what was done, in words; undefined when nothing ran.
 */
export async function stopContainers(choices: ClusterChoices, graceSeconds: number): Promise<string | undefined> {
  const places = containerdPlaces(choices)
  if (!findContainerd(places) && !hasContainers(choices)) return undefined
  const signal = AbortSignal.timeout(graceSeconds * 1000 + answerLimitMs)
  try {
    await ensureContainerd(places, signal)
    const count = await withLimit(removeSandboxes(containerdSocket(places), graceSeconds, signal), signal)
    await stopContainerd(places, signal)
    // What lost its shim is nobody's to stop.
    if (hasContainers(choices)) await killLeftovers(choices)
    return `${count} pods stopped, containerd stopped`
  } catch (error) {
    const killed = await killLeftovers(choices)
    return `${killed} processes killed, since containerd did not do it (${String(error instanceof Error ? error.message : error)})`
  }
}

async function removeSandboxes(socket: string, graceSeconds: number, signal: AbortSignal): Promise<number> {
  await using runtime: ContainerRuntime & AsyncDisposable = createContainerRuntime(socket)
  await listSandboxesWhenInitialized(runtime, signal)
  const containers = graceSeconds > 0 ? await runtime.listContainers({}) : []
  await Promise.all(
    containers.filter(({ state }) => state === 'running').map(({ id }) => runtime.stopContainer(id, graceSeconds)),
  )
  const sandboxes = await runtime.listSandboxes({})
  await Promise.all(sandboxes.map(async ({ id }) => {
    await runtime.stopSandbox(id)
    await runtime.removeSandbox(id)
  }))
  return sandboxes.length
}

function withLimit<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(new Error('it did not answer in time')), { once: true })
  return Promise.race([work, promise])
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
    removeNetworkResults(config.bridgeName)
    removed.push(`bridge ${config.bridgeName}`, 'packet filter tables')
    const groups = await removeCgroups(choices)
    if (groups > 0) removed.push(`${groups} control groups`)
  }
  rmSync(choices.runDirectory, { recursive: true, force: true })
  const isRemoved = removeDataDirectory(choices.dataDirectory, choices.name)
  removed.push(
    isRemoved ? choices.dataDirectory : `not ${choices.dataDirectory}, which does not say that it is this cluster's`,
  )
  return removed
}

/** Where CNI's library remembers what it set up, for pods whose network could not be taken back properly. */
const networkResultsDirectory = '/var/lib/cni/results'

function removeNetworkResults(networkName: string): void {
  for (const file of networkResultFiles(networkName)) {
    const sandboxId = file.slice(`${networkResultsDirectory}/${networkName}-`.length).replace(/-eth0$/, '')
    rmSync(join(networkResultsDirectory, `cni-loopback-${sandboxId}-lo`), { force: true })
    rmSync(file, { force: true })
  }
}

/** One file per pod; the network is named after the cluster's bridge. */
export function networkResultFiles(networkName: string): string[] {
  try {
    return readdirSync(networkResultsDirectory)
      .filter((name) => name.startsWith(`${networkName}-`))
      .map((name) => join(networkResultsDirectory, name))
  } catch {
    // No pod network was ever used here.
    return []
  }
}

/** Deepest first, so that each can be unmounted. Spaces in paths are written as \040 there. */
function mountsBelow(directories: readonly string[]): string[] {
  return readFileSync('/proc/self/mounts', 'utf8').split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replaceAll('\\040', ' '))
    .filter((path) => directories.some((directory) => path.startsWith(`${directory}/`)))
    .toReversed()
}
