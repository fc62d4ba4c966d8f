/**
 * What `skiff up` is asked for: flags, what the cluster was before, and the machine's own facts, as one set of choices.
 */
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { parseRuntimeConfig } from '#api/runtime-config.ts'
import {
  gatewayAddressOf, nodeNameProblem, type ClusterChoices, type EncryptionChoice, type EtcdChoice, type NodesChoice,
} from '#bootstrap/cluster-config.ts'
import {
  freeIndex,
  homeDirectories,
  readRecord,
  removeRecord,
  writeRecord,
  type ClusterRecord,
} from '../cluster-registry.ts'
import { machineAddress } from '../machine-address.ts'
import { apiServerFlags, chooseApiServerFlags } from './api-server-flags.ts'
import type { Arguments } from './arguments.ts'
import { clusterName, dataDirectoryOf } from './cluster-flags.ts'
import { hasDataOf } from './data-directory.ts'
import { encryptionConfigPath } from './encryption-file.ts'
import { chooseEtcd } from './etcd-flags.ts'
import { chooseEtcdListen } from './etcd-listen.ts'
import { CommandFailure, exitCode } from './failure.ts'
import { lockNumbers } from './operation-lock.ts'
import { chooseServiceRange } from './service-range.ts'
import { chooseSnapshots } from './snapshot-flags.ts'

export interface Reservation {
  readonly choices: ClusterChoices
  /** Forgets a cluster that was new and came to nothing. */
  giveUp(): void
}

/**
 * Writes the cluster down before anything of it is made, so that no other takes its numbers and `reset`
 * knows all of it.
 */
export async function reserveCluster(flags: Arguments): Promise<Reservation> {
  await using _lock = await lockNumbers()
  const record = readRecord(clusterName(flags))
  const choices = chooseCluster(flags, record)
  writeRecord({ ...record, choices, process: undefined })
  return {
    choices,
    giveUp: () => {
      if (record) writeRecord(record)
      else removeRecord(choices.name)
    },
  }
}

function chooseCluster(flags: Arguments, record: ClusterRecord | undefined): ClusterChoices {
  const name = clusterName(flags)
  const before = record?.choices
  const index = before?.index ?? freeIndex()
  if (index === undefined) {
    throw new CommandFailure(
      'E-TOO-MANY',
      'this machine has eight clusters; no address ranges are left',
      'skiff status, then skiff reset --name NAME',
      exitCode.inUse,
    )
  }
  const nodes = flags.text('nodes') !== undefined || !before ? parseNodes(flags) : before.nodes
  const dataDirectory =
    flags.text('data-dir') !== undefined || !before
      ? dataDirectoryOf(name, flags.text('data-dir'))
      : before.dataDirectory
  if (before && before.dataDirectory !== dataDirectory && hasDataOf(before.dataDirectory, name)) {
    throw usage(
      `cluster "${name}" has its data in ${before.dataDirectory}, not in ${dataDirectory}`,
      `leave --data-dir away, choose another --name, or skiff reset --name ${name}`,
    )
  }
  const choices: ClusterChoices = {
    name, index, nodes, dataDirectory,
    runDirectory: join(homeDirectories().run, name),
    port: portOf(flags, 'port') ?? before?.port,
    kubeletPort: portOf(flags, 'kubelet-port') ?? before?.kubeletPort,
    // Without a network there is still the bridge, which pods and the machine itself reach.
    advertiseAddress: machineAddress() ?? (nodes.type === 'machine' ? gatewayAddressOf(index) : '127.0.0.1'),
    containerRuntimeEndpoint: flags.text('container-runtime-endpoint') ?? before?.containerRuntimeEndpoint,
    runtimeConfig: flags.text('runtime-config') ?? before?.runtimeConfig,
    encryption: chooseEncryption(flags, dataDirectory) ?? before?.encryption,
    etcd: etcdOf(flags, before?.etcd),
    etcdListen: chooseEtcdListen(flags, before?.etcdListen),
    snapshots: chooseSnapshots(flags, before?.snapshots),
    apiServerFlags: chooseApiServerFlags(flags, before?.apiServerFlags),
    rangesIndex: before?.rangesIndex,
    serviceRange: chooseServiceRange(flags, before),
  }
  if (choices.snapshots && choices.etcd) {
    throw usage('--snapshot-every is for a store of the cluster\'s own, and this one\'s state is in an etcd',
      '--snapshot-every 0s, and save snapshots with etcdctl')
  }
  if (choices.port !== undefined && choices.port === choices.kubeletPort) {
    throw usage(`--port and --kubelet-port are both ${choices.port}`, 'choose two ports')
  }
  if (choices.etcd !== undefined && choices.etcdListen !== undefined) {
    throw usage('--etcd-listen is for a cluster that keeps its state itself', 'leave --etcd-servers or --etcd-listen away')
  }
  if (choices.runtimeConfig !== undefined && !parseRuntimeConfig(choices.runtimeConfig)) {
    throw usage(
      `--runtime-config: "${choices.runtimeConfig}" is not KEY=true|false,…`,
      '--runtime-config api/beta=true',
    )
  }
  return choices
}

function chooseEncryption(flags: Arguments, dataDirectory: string): EncryptionChoice | undefined {
  const path = flags.text('encryption-provider-config')
  const isReloaded = flags.has('encryption-provider-config-automatic-reload')
  if (flags.has('encrypt-secrets')) {
    if (path === undefined) return { path: encryptionConfigPath(dataDirectory), isReloaded: true }
    throw usage('--encrypt-secrets makes a configuration of its own, and --encryption-provider-config names one',
      'leave one of them away')
  }
  if (path !== undefined) return { path: resolve(path), isReloaded }
  if (isReloaded) {
    throw usage('--encryption-provider-config-automatic-reload is for --encryption-provider-config',
      '--encryption-provider-config FILE')
  }
  return undefined
}

function etcdOf(flags: Arguments, before: EtcdChoice | undefined): EtcdChoice | undefined {
  const chosen = chooseEtcd(flags)
  return chosen === 'none' ? undefined : chosen ?? before
}

function portOf(flags: Arguments, name: string): number | undefined {
  const port = flags.number(name)
  if (port !== undefined && (port < 1 || port > 65_535)) {
    throw usage(`--${name} must be between 1 and 65535, not ${port}`, `choose another --${name}`)
  }
  return port
}

/** Throws CommandFailure (usage) for nodes that cannot be. */
export function parseNodes(flags: Arguments): NodesChoice {
  const text = flags.text('nodes') ?? 'machine'
  if (text !== 'machine') {
    const count = /^sim:(\d{1,5})$/.exec(text)?.[1]
    if (count === undefined) throw usage(`--nodes must be "machine" or "sim:N", not "${text}"`, '--nodes sim:3')
    return { type: 'simulated', count: Number(count) }
  }
  const nodeName = (flags.text('node-name') ?? hostname()).trim().toLowerCase()
  const problem = nodeNameProblem(nodeName)
  if (problem) {
    throw usage(
      `${flags.text('node-name') === undefined ? 'the host name ' : ''}${problem}`,
      'choose another: --node-name NAME',
    )
  }
  return { type: 'machine', nodeName }
}

/** Flags that say something else than what a running cluster has. */
export function changedFlags(
  flags: Arguments,
  choices: ClusterChoices & { readonly port: number; readonly kubeletPort: number },
): string[] {
  const differs: Record<string, boolean> = {
    port: (flags.number('port') ?? choices.port) !== choices.port,
    'kubelet-port': (flags.number('kubelet-port') ?? choices.kubeletPort) !== choices.kubeletPort,
    'data-dir':
      flags.text('data-dir') !== undefined
      && dataDirectoryOf(choices.name, flags.text('data-dir')) !== choices.dataDirectory,
    nodes: flags.text('nodes') !== undefined && JSON.stringify(parseNodes(flags)) !== JSON.stringify(choices.nodes),
    'runtime-config': (flags.text('runtime-config') ?? choices.runtimeConfig) !== choices.runtimeConfig,
    'encryption-provider-config':
      JSON.stringify(chooseEncryption(flags, choices.dataDirectory) ?? choices.encryption)
      !== JSON.stringify(choices.encryption),
    'snapshot-every':
      JSON.stringify(chooseSnapshots(flags, choices.snapshots)) !== JSON.stringify(choices.snapshots),
    'etcd-servers': JSON.stringify(etcdOf(flags, choices.etcd)) !== JSON.stringify(choices.etcd),
    'etcd-listen': chooseEtcdListen(flags, choices.etcdListen) !== choices.etcdListen,
  }
  const chosen = chooseApiServerFlags(flags, choices.apiServerFlags)
  for (const name of Object.keys(apiServerFlags)) differs[name] = chosen?.[name] !== choices.apiServerFlags?.[name]
  return Object.keys(differs).filter((name) => differs[name]).map((name) => `--${name}`)
}

function usage(message: string, cure: string): CommandFailure {
  return new CommandFailure('E-USAGE', message, cure, exitCode.usage)
}
