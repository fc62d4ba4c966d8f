/** `skiff up`: makes the machine ready, starts the cluster's process in the background, and tells what was made. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { deriveClusterConfig, type ClusterConfig, type NodesChoice } from '#bootstrap/cluster-config.ts'
import { readAdminKubeconfig } from '../certificate-files.ts'
import { isAlive, readRecord, sendControl, writeRecord, type ClusterRecord } from '../cluster-registry.ts'
import { hasContainers } from '../leftovers.ts'
import { stopContainers } from '../node-cleanup.ts'
import { skiffVersion } from '../version.ts'
import { apiServerFlags } from './api-server-flags.ts'
import { outputFlag, type Arguments, type FlagSpecification } from './arguments.ts'
import { changedFlags, parseNodes, reserveCluster } from './choices.ts'
import { clusterName, nameFlag } from './cluster-flags.ts'
import { claimDataDirectory, requireDataDirectory } from './data-directory.ts'
import { graceSeconds, stopCluster } from './down.ts'
import { ensureEncryptionConfig } from './encryption-file.ts'
import { etcdFlags } from './etcd-flags.ts'
import { etcdListenFlag } from './etcd-listen.ts'
import { CommandFailure, exitCode } from './failure.ts'
import { kernelProblems } from './kernel.ts'
import { addContext, knowsContext, requireUsableKubeconfig, type ContextOutcome } from './kubeconfig-file.ts'
import { lockCluster } from './operation-lock.ts'
import { formatSeconds, outputForm, StepPrinter } from './output.ts'
import { describePortHolder, probePort } from './ports.ts'
import { installPackages, missingRequirements } from './prerequisites.ts'
import { serviceRangeFlag } from './service-range.ts'
import { snapshotScheduleFlags } from './snapshot-flags.ts'
import { startServer, type StartedServer } from './start-server.ts'

export const upFlags: Readonly<Record<string, FlagSpecification>> = {
  ...nameFlag,
  'data-dir': { kind: 'text', help: 'where the cluster keeps everything; default /var/lib/skiff/NAME' },
  port: { kind: 'number', help: 'port of the API server; default 6443' },
  'kubelet-port': { kind: 'number', help: 'port of the kubelet; default 10250' },
  nodes: { kind: 'text', help: '"machine" (this one, real containers) or "sim:N" (N simulated nodes, without root)' },
  'node-name': { kind: 'text', help: 'name of this machine as a node; default its host name' },
  'container-runtime-endpoint': { kind: 'text', help: 'a CRI socket to use instead of a containerd of its own' },
  'runtime-config': { kind: 'text', help: 'which API versions are served: "api/beta=true,batch/v1=false"' },
  'encrypt-secrets': { kind: 'switch', help: 'keep Secrets encrypted on the disk, under a key in the data directory' },
  'encryption-provider-config': { kind: 'text', help: 'an EncryptionConfiguration: what is encrypted on the disk' },
  'encryption-provider-config-automatic-reload': { kind: 'switch', help: 'read that file again when it changes' },
  ...etcdFlags,
  ...etcdListenFlag,
  ...serviceRangeFlag,
  ...snapshotScheduleFlags,
  ...apiServerFlags,
  'no-install': { kind: 'switch', help: 'install nothing: list what is missing and stop' },
  foreground: { kind: 'switch', help: 'stay until interrupted, then stop the cluster' },
  output: { ...outputFlag, help: '"json": one event a line' },
  quiet: { kind: 'switch', short: 'q', help: 'print nothing but errors' },
}

export async function up(flags: Arguments): Promise<void> {
  const begin = performance.now()
  const name = clusterName(flags)
  const printer = new StepPrinter(outputForm(flags))
  const before = readRecord(name)
  requireMachine(
    flags.text('nodes') !== undefined || !before ? parseNodes(flags) : before.choices.nodes,
    flags.has('no-install'),
  )
  let server: StartedServer
  let config: ClusterConfig
  {
    await using _lock = await lockCluster(name)
    const record = readRecord(name)
    if (record && isAlive(record.process)) return await alreadyRunning(flags, record, printer)
    const reservation = await reserveCluster(flags)
    config = deriveClusterConfig(reservation.choices)
    printer.say(`skiff up  v${skiffVersion} (Kubernetes v1.36 API)  cluster "${name}"  ${describeNodes(config)}`)
    try {
      await preflight(config, printer)
      claimDataDirectory(config.dataDirectory, name)
      if (flags.has('encrypt-secrets')) ensureEncryptionConfig(config.dataDirectory)
    } catch (error) {
      reservation.giveUp()
      throw error
    }
    server = await startOrTidy(config, printer, flags.has('foreground'))
    const context = noteContext(config, server.kubeconfig)
    sayReady(printer, config, context, performance.now() - begin)
  }
  if (flags.has('foreground')) await stayInForeground(server, config, printer)
}

function describeNodes(config: ClusterConfig): string {
  return config.nodes.type === 'machine'
    ? `node ${config.nodes.nodeName} (this machine)`
    : `${config.nodes.count} simulated nodes`
}

/** What can be known without touching anything. */
function requireMachine(nodes: NodesChoice, noInstall: boolean): void {
  if (nodes.type !== 'machine') return
  if (process.platform !== 'linux') {
    throw new CommandFailure('E-NOT-LINUX', 'real containers need Linux', './skiff up --nodes sim:3', exitCode.missing)
  }
  const missing = noInstall ? missingRequirements() : []
  if (missing.length > 0) {
    const list = missing
      .map(({ name, why, debianPackage }) => `  ${name.padEnd(18)} ${why} (package ${debianPackage})`)
      .join('\n')
    throw new CommandFailure('E-MISSING', `this machine lacks:\n${list}`,
      `apt-get install -y ${missing.map(({ debianPackage }) => debianPackage).join(' ')}`, exitCode.missing)
  }
  if (process.getuid?.() !== 0) {
    throw new CommandFailure(
      'E-NOT-ROOT',
      'a cluster with real containers needs root',
      'sudo ./skiff up, or without root: ./skiff up --nodes sim:3',
      exitCode.missing,
    )
  }
}

/** Everything else that can be known to fail before something is made; and what is missing is installed. */
async function preflight(config: ClusterConfig, printer: StepPrinter): Promise<void> {
  const real = config.nodes.type === 'machine'
  requireUsableKubeconfig()
  requireDataDirectory(config.dataDirectory, config.name)
  const missing = real ? missingRequirements() : []
  if (missing.length > 0) {
    const packages = missing.map(({ debianPackage }) => debianPackage)
    await printer.step('install', `from Debian: ${packages.join(' ')}`, async () => {
      await installPackages(packages)
      return [`from Debian: ${packages.join(' ')}`, undefined]
    })
  }
  await printer.step('preflight', 'kernel, ports, tools', async () => {
    const ports = real ? [config.port, config.kubeletPort] : [config.port]
    const [problems] = await Promise.all([
      real ? kernelProblems(config.dataDirectory) : [],
      ...ports.map((port) => requirePort(port, config)),
    ])
    if (problems.length > 0) {
      const [first] = problems
      const others = problems.slice(1).map(({ id, message }) => `; ${id}: ${message}`).join('')
      throw new CommandFailure(first!.id, `${first!.message}${others}`, first!.cure, exitCode.missing)
    }
    return [`${real ? 'kernel, nft, containerd, ' : ''}ports ${ports.join('/')} free`, undefined]
  })
}

async function requirePort(port: number, config: ClusterConfig): Promise<void> {
  const flag = port === config.port ? '--port' : '--kubelet-port'
  const state = await probePort(port)
  if (state === 'held') {
    throw new CommandFailure('E-PORT-INUSE', `port ${port} is held by ${describePortHolder(port) ?? 'another process'}`,
      `stop it, or choose another: ${flag} N`, exitCode.inUse)
  }
  if (state === 'forbidden') {
    throw new CommandFailure(
      'E-PERMISSION',
      `this user may not listen on port ${port}`,
      `choose one above 1023: ${flag} N`,
      exitCode.missing,
    )
  }
}

/**
 * A start that fails or is interrupted leaves no containerd behind, unless containers of an earlier run depend on it.
 */
async function startOrTidy(config: ClusterConfig, printer: StepPrinter, foreground: boolean): Promise<StartedServer> {
  const hadContainers = hasContainers(config)
  try {
    return await startServer(config, printer, foreground)
  } catch (error) {
    const ended = !isAlive(readRecord(config.name)?.process)
    if (ended && !hadContainers && config.nodes.type === 'machine' && config.containerRuntimeEndpoint === undefined) {
      await stopContainers(config, 0)
    }
    throw error
  }
}

function noteContext(config: ClusterConfig, kubeconfig: string): ContextOutcome {
  const context = addContext(config.name, kubeconfig)
  const record = readRecord(config.name)
  if (record && context.previousContext !== undefined) {
    writeRecord({ ...record, previousContext: context.previousContext })
  }
  return context
}

function sayReady(printer: StepPrinter, config: ClusterConfig, context: ContextOutcome, ms: number): void {
  const { name } = config
  const which = name === 'skiff' ? '' : ` --name ${name}`
  printer.say(`Ready in ${formatSeconds(ms).replace(/s$/, ' s')}.`)
  printer.say(
    `  kubectl    context "${name}" added to ${context.file} and made current${context.backup ? ` (the file as it was: ${context.backup})` : ''}`,
  )
  printer.say(`  api        https://${config.advertiseAddress}:${config.port}`)
  printer.say(`  data       ${config.dataDirectory}`)
  printer.say(
    '  try        kubectl create deployment hello --image=skiff.local/demo --replicas=3 && kubectl get pods -o wide',
  )
  printer.say(
    `  stop: skiff down${which}   remove all: skiff reset${which}   logs: skiff logs${which}   trouble: skiff doctor${which}`,
  )
  printer.tell({ step: 'ready', state: 'done', detail: `https://${config.advertiseAddress}:${config.port}`, ms })
}

async function alreadyRunning(flags: Arguments, record: ClusterRecord, printer: StepPrinter): Promise<void> {
  const config = deriveClusterConfig(record.choices)
  const { name } = config
  if ((await sendControl(record.choices, 'statistics')) === undefined) {
    throw new CommandFailure(
      'E-NO-ANSWER',
      `the process of cluster "${name}" (pid ${record.process?.pid}) runs but does not answer`,
      'wait if it has just been started, else skiff down and skiff up; skiff logs tells more',
      exitCode.unreachable,
    )
  }
  const kubeconfig = knowsContext(name) ? undefined : readAdminKubeconfig(config)
  const context = kubeconfig === undefined ? undefined : noteContext(config, kubeconfig)
  const changed = changedFlags(flags, config)
  const what = context ? `only context "${name}" was added to ${context.file}` : 'nothing changed'
  const hint = changed.length > 0 ? `; ${changed.join(', ')} can only be changed while it is down` : ''
  printer.say(
    `cluster "${name}" is already running at https://${config.advertiseAddress}:${config.port} (pid ${record.process?.pid}); ${what}${hint}`,
  )
  printer.tell({ step: 'ready', state: 'done', detail: `already running, ${what}${hint}`, ms: 0 })
}

/** Ctrl-C stops the cluster as `skiff down` does; a `skiff down` elsewhere ends the wait. */
async function stayInForeground(server: StartedServer, config: ClusterConfig, printer: StepPrinter): Promise<void> {
  printer.say('Ctrl-C stops it.')
  const interrupted = await server.ended
  const record = readRecord(config.name)
  if (interrupted && record) {
    await using _lock = await lockCluster(config.name)
    await stopCluster(record, graceSeconds, printer)
    printer.end(`cluster "${config.name}" is down; its data is in ${config.dataDirectory}`)
    return
  }
  // Told a moment before the process has written down that it was asked to stop.
  await sleep(0)
  if (server.exitCode() !== 0) {
    throw new CommandFailure(
      'E-DIED',
      `the cluster's process ended (exit code ${server.exitCode()})`,
      `skiff up starts it again; see ${join(config.dataDirectory, 'log/skiff.log')}`,
    )
  }
}
