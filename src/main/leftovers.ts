/**
 * Ends what runs of a cluster when its containerd cannot be asked: processes found by what only this cluster's have.
 */
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { deriveClusterConfig, type ClusterChoices } from '#bootstrap/cluster-config.ts'
import { containerdSocket, containerdStateDirectory, findContainerd, forgetContainerd } from './containerd.ts'
import { cgroupRoot } from './names.ts'

const endLimitMs = 10_000
const lookMs = 10

/** Whether containers of this cluster run, whatever became of containerd and of their shims. */
export function hasContainers(choices: ClusterChoices): boolean {
  return shimsOf(choices).length > 0 || groupProcesses(choices).length > 0
}

/**
 * Kills containerd, the shims and every process in the cluster's control groups, and resolves when they are gone. Gives
 * how many there were. Throws if some do not end within ten seconds (a process in an uninterruptible wait).
 */
export async function killLeftovers(choices: ClusterChoices): Promise<number> {
  const identity = findContainerd(choices)
  const killed = new Set<number>()
  const until = performance.now() + endLimitMs
  if (identity) {
    kill(identity.pid)
    killed.add(identity.pid)
  }
  for (;;) {
    // Shims first: they would clean up after their containers and take their time.
    const left = [
      ...new Set([
        ...shimsOf(choices),
        ...groupProcesses(choices),
        ...(findContainerd(choices) ? [identity!.pid] : []),
      ]),
    ]
    if (left.length === 0) break
    for (const pid of left) {
      kill(pid)
      killed.add(pid)
    }
    if (performance.now() > until) {
      throw new Error(`processes ${left.slice(0, 10).join(', ')} do not end though they were killed`)
    }
    // Nobody tells when a process ends that is not a child of ours.
    await sleep(lookMs)
  }
  forgetContainerd(choices)
  removeShimSockets(choices)
  return killed.size
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // It has ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function shimsOf(choices: ClusterChoices): number[] {
  const socket = containerdSocket(choices)
  return readNames('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    const words = readText(`/proc/${pid}/cmdline`).split('\0')
    return words[0]!.includes('containerd-shim') && words.includes(socket) ? [Number(pid)] : []
  })
}

/**
 * Shims listen in a directory that all containerds of a machine share; which socket is whose stands in the
 * container's bundle.
 */
function removeShimSockets(choices: ClusterChoices): void {
  const bundles = join(containerdStateDirectory(choices), 'io.containerd.runtime.v2.task/k8s.io')
  for (const id of readNames(bundles)) {
    const address = readText(join(bundles, id, 'address')).trim().replace(/^unix:\/\//, '')
    if (address.startsWith('/')) rmSync(address, { force: true })
  }
}

/** The mounted hierarchies: one for cgroup v2, several for v1. */
function hierarchies(): string[] {
  const base = '/sys/fs/cgroup'
  return existsSync(join(base, 'cgroup.controllers')) ? [base] : readNames(base).map((name) => join(base, name))
}

function groupProcesses(choices: ClusterChoices): number[] {
  const root = cgroupRoot(deriveClusterConfig(choices))
  return hierarchies().flatMap((hierarchy) => processesBelow(join(hierarchy, root)))
}

function processesBelow(directory: string): number[] {
  const own = readText(join(directory, 'cgroup.procs')).split('\n').filter(Boolean).map(Number)
  return [...own, ...directoriesIn(directory).flatMap((name) => processesBelow(join(directory, name)))]
}

/** Control groups are removed by rmdir, children first; in every hierarchy that there is. Gives how many there were. */
export async function removeCgroups(choices: ClusterChoices): Promise<number> {
  const root = cgroupRoot(deriveClusterConfig(choices))
  let count = 0
  for (const hierarchy of hierarchies()) {
    count += await removeTree(join(hierarchy, root), performance.now() + endLimitMs)
  }
  return count
}

async function removeTree(directory: string, until: number): Promise<number> {
  if (!existsSync(directory)) return 0
  let count = 1
  for (const name of directoriesIn(directory)) count += await removeTree(join(directory, name), until)
  for (;;) {
    try {
      rmdirSync(directory)
      return count
    } catch (error) {
      // A killed process is in its group until the kernel has cleaned up after it.
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || performance.now() > until) throw error
      await sleep(lookMs)
    }
  }
}

function directoriesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    // Not there, or gone meanwhile.
    return []
  }
}

function readNames(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    // Not there, or gone meanwhile.
    return []
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // The process or container has gone meanwhile.
    return ''
  }
}
