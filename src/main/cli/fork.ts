/** `skiff fork NEW`: another cluster, on simulated nodes, that begins with everything that one has. */
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { clusterNameProblem, type ClusterChoices, type NodesChoice } from '#bootstrap/cluster-config.ts'
import { systemClock } from '#host/clock.ts'
import { systemDisk } from '#host/disk/disk.ts'
import { restoreBackup } from '#storage/embedded/backup.ts'
import { openEmbeddedStore } from '#storage/embedded/embedded-store.ts'
import { silentLog } from '#world/log.ts'
import {
  freeIndex, homeDirectories, isAlive, readRecord, removeRecord, writeRecord, type ClusterRecord,
} from '../cluster-registry.ts'
import { saveSnapshot } from '../snapshots.ts'
import { parseArguments, type Arguments, type FlagSpecification } from './arguments.ts'
import { dataDirectoryOf, existingCluster, nameFlag } from './cluster-flags.ts'
import { claimDataDirectory, removeDataDirectory, requireDataDirectory } from './data-directory.ts'
import { CommandFailure, exitCode } from './failure.ts'
import { lockCluster, lockNumbers } from './operation-lock.ts'
import { chunksOf, saveFromProcess } from './snapshot-store.ts'
import { up, upFlags } from './up.ts'

export const forkFlags: Readonly<Record<string, FlagSpecification>> = {
  ...nameFlag,
  'data-dir': { kind: 'text', help: 'where the new cluster keeps everything; default /var/lib/skiff/NEW' },
  port: { kind: 'number', help: 'port of its API server; default the next that is free' },
  output: { kind: 'text', short: 'o', values: ['text', 'json'], help: '"json": one event a line' },
  quiet: { kind: 'switch', short: 'q', help: 'print nothing but errors' },
}

/** The original goes on as if nothing had happened; from here on the two have nothing in common. */
export async function fork(flags: Arguments): Promise<void> {
  const [name, ...more] = flags.operands
  if (name === undefined || more.length > 0) throw usage('what shall the new cluster be called?', 'skiff fork NEW')
  const problem = clusterNameProblem(name)
  if (problem) throw usage(problem, 'choose another name')
  const source = existingCluster(flags)
  if (source.choices.etcd) {
    throw new CommandFailure('E-ETCD', `the state of cluster "${source.choices.name}" is in an etcd`,
      'fork a cluster with a store of its own', exitCode.usage)
  }
  const choices = await reserve(name, source, flags)
  try {
    await copyState(source, choices)
  } catch (error) {
    removeDataDirectory(choices.dataDirectory, name)
    removeRecord(name)
    throw error
  }
  const words = ['--name', name, ...(flags.has('quiet') ? ['--quiet'] : []), '--output', flags.text('output') ?? 'text']
  await up(parseArguments(words, upFlags))
}

async function reserve(name: string, { choices: from }: ClusterRecord, flags: Arguments): Promise<ClusterChoices> {
  await using _lock = await lockNumbers()
  if (readRecord(name)) {
    throw new CommandFailure('E-EXISTS', `there is a cluster "${name}" already`,
      `choose another name, or skiff reset --name ${name}`, exitCode.inUse)
  }
  const index = freeIndex()
  if (index === undefined) {
    throw new CommandFailure('E-TOO-MANY', 'this machine has eight clusters', 'skiff status, then skiff reset --name NAME',
      exitCode.inUse)
  }
  const dataDirectory = dataDirectoryOf(name, flags.text('data-dir'))
  requireDataDirectory(dataDirectory, name)
  const choices: ClusterChoices = {
    name, index, dataDirectory, nodes: simulated(from.nodes), runDirectory: join(homeDirectories().run, name),
    port: flags.number('port'), advertiseAddress: from.advertiseAddress, runtimeConfig: from.runtimeConfig,
    encryption: from.encryption && { ...from.encryption, path: ownPath(from, from.encryption.path, dataDirectory) },
    // Services and pods have their addresses already.
    rangesIndex: from.rangesIndex ?? from.index,
    serviceRange: from.serviceRange,
  }
  writeRecord({ choices, process: undefined })
  return choices
}

/** The same nodes by name, without containers. */
function simulated(nodes: NodesChoice): NodesChoice {
  return nodes.type === 'machine' ? { type: 'simulated', count: 1, names: [nodes.nodeName] } : nodes
}

/** A file in the original's data directory is copied, so its copy is meant. */
function ownPath(from: ClusterChoices, path: string, dataDirectory: string): string {
  return dirname(path) === from.dataDirectory ? join(dataDirectory, basename(path)) : path
}

async function copyState(source: ClusterRecord, choices: ClusterChoices): Promise<void> {
  const { dataDirectory } = choices
  const from = source.choices
  claimDataDirectory(dataDirectory, choices.name)
  const copy = join(dataDirectory, 'fork.snapshot')
  await saveState(source, copy)
  await restoreBackup(systemDisk, join(dataDirectory, 'store'), chunksOf(copy))
  rmSync(copy)
  cpSync(join(from.dataDirectory, 'pki'), join(dataDirectory, 'pki'), { recursive: true })
  if (from.encryption && choices.encryption && from.encryption.path !== choices.encryption.path) {
    cpSync(from.encryption.path, choices.encryption.path)
  }
}

/** From the process that has it open, or from the files of a cluster that is down. */
async function saveState(source: ClusterRecord, file: string): Promise<void> {
  if (isAlive(source.process)) {
    await saveFromProcess(source, file)
    return
  }
  await using _lock = await lockCluster(source.choices.name)
  const directory = join(source.choices.dataDirectory, 'store')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  await using store = await openEmbeddedStore({ disk: systemDisk, directory, clock: systemClock, log: silentLog })
  await saveSnapshot(store, file, new AbortController().signal)
}

function usage(message: string, cure: string): CommandFailure {
  return new CommandFailure('E-USAGE', message, cure, exitCode.usage)
}
