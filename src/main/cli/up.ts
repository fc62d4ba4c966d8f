/** `skiff up`: makes the machine ready, starts the cluster's process in the background, and tells what was made. */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { parseRuntimeConfig } from '#api/runtime-config.ts'
import { deriveClusterConfig, gatewayAddressOf } from '#bootstrap/cluster-config.ts'
import type { ClusterChoices, ClusterConfig, NodesChoice } from '#bootstrap/cluster-config.ts'
import { mergeKubeconfig } from '#bootstrap/kubeconfig.ts'
import type { ClusterRecord } from '../cluster-registry.ts'
import { freeIndex, homeDirectories, isAlive, readRecord, writeRecord } from '../cluster-registry.ts'
import { machineAddress } from '../machine-address.ts'
import type { ServeMessage } from '../serve.ts'
import { skiffVersion } from '../version.ts'
import type { Arguments, FlagSpecification } from './arguments.ts'
import { clusterName, dataDirectoryOf, nameFlag } from './cluster-flags.ts'
import { CommandFailure, exitCode } from './failure.ts'
import { backUpOnce, invokingUser, kubeconfigFile, writeUserFile } from './invoking-user.ts'
import type { OutputForm } from './output.ts'
import { StepPrinter, formatSeconds } from './output.ts'
import { describePortHolder, isPortFree } from './ports.ts'
import { installPackages, kernelProblems, missingRequirements } from './prerequisites.ts'

export const upFlags: Readonly<Record<string, FlagSpecification>> = {
  ...nameFlag,
  'data-dir': { kind: 'text', help: 'where the cluster keeps everything; default /var/lib/skiff/NAME' },
  port: { kind: 'number', help: 'port of the API server; default 6443' },
  nodes: { kind: 'text', help: '"machine" (this one, real containers) or "sim:N" (N simulated nodes, without root)' },
  'node-name': { kind: 'text', help: 'name of this machine as a node; default its host name' },
  'container-runtime-endpoint': { kind: 'text', help: 'a CRI socket to use instead of a containerd of its own' },
  'runtime-config': { kind: 'text', help: 'which API versions are served: "api/beta=true,batch/v1=false"' },
  'no-install': { kind: 'switch', help: 'install nothing: list what is missing and stop' },
  foreground: { kind: 'switch', help: 'stay until interrupted' },
  output: { kind: 'text', short: 'o', help: '"json": one event a line' },
  quiet: { kind: 'switch', short: 'q', help: 'print nothing but errors' },
}

/** Starting takes seconds; a machine that needs longer than this is stuck, and the log says where. */
const startLimitMs = 120_000

export async function up(flags: Arguments): Promise<void> {
  const begin = performance.now()
  const form: OutputForm = flags.has('quiet') ? 'quiet' : flags.text('output') === 'json' ? 'json' : 'text'
  const printer = new StepPrinter(form)
  const record = readRecord(clusterName(flags))
  if (record && isAlive(record.process)) {
    sayAlreadyRunning(printer, record, form)
    return
  }
  const config = deriveClusterConfig(chooseCluster(flags, record))
  printer.say(`skiff up  v${skiffVersion} (Kubernetes v1.36 API)  cluster "${config.name}"  ${describeNodes(config)}`)
  await preflight(config, flags.has('no-install'), printer)
  const ready = await startServer(config, printer, flags.has('foreground'))
  const context = addToKubeconfig(config, ready.kubeconfig)
  if (form === 'text') sayReady(printer, config, context, performance.now() - begin)
  else printer.event({ step: 'ready', state: 'done', detail: `https://${config.advertiseAddress}:${config.port}`, ms: performance.now() - begin })
  if (flags.has('foreground')) await ready.ended
}



function chooseCluster(flags: Arguments, record: ClusterRecord | undefined): ClusterChoices {
  const name = clusterName(flags)
  const index = record?.choices.index ?? freeIndex()
  if (index === undefined) {
    throw new CommandFailure('E-TOO-MANY', 'this machine has eight clusters; no address ranges are left', 'skiff reset --name NAME', exitCode.inUse)
  }
  const nodes = flags.text('nodes') !== undefined || !record ? parseNodes(flags) : record.choices.nodes
  const choices = {
    name, index, nodes,
    dataDirectory: flags.text('data-dir') !== undefined || !record ? dataDirectoryOf(name, flags.text('data-dir')) : record.choices.dataDirectory,
    runDirectory: join(homeDirectories().run, name),
    port: flags.number('port') ?? record?.choices.port,
    // Without a network there is still the bridge, which pods and the machine itself reach.
    advertiseAddress: machineAddress() ?? (nodes.type === 'machine' ? gatewayAddressOf(index) : '127.0.0.1'),
    containerRuntimeEndpoint: flags.text('container-runtime-endpoint') ?? record?.choices.containerRuntimeEndpoint,
    runtimeConfig: flags.text('runtime-config') ?? record?.choices.runtimeConfig,
  }
  if (choices.port !== undefined && (choices.port < 1 || choices.port > 65_535)) {
    throw new CommandFailure('E-USAGE', `--port must be between 1 and 65535, not ${choices.port}`, 'choose another --port', exitCode.usage)
  }
  if (choices.runtimeConfig !== undefined && !parseRuntimeConfig(choices.runtimeConfig)) {
    throw new CommandFailure('E-USAGE', `--runtime-config: "${choices.runtimeConfig}" is not KEY=true|false,…`, '--runtime-config api/beta=true', exitCode.usage)
  }
  return choices
}

function parseNodes(flags: Arguments): NodesChoice {
  const text = flags.text('nodes') ?? 'machine'
  if (text === 'machine') return { type: 'machine', nodeName: (flags.text('node-name') ?? hostname()).toLowerCase() }
  const count = /^sim:(\d{1,5})$/.exec(text)?.[1]
  if (count === undefined) throw new CommandFailure('E-USAGE', `--nodes must be "machine" or "sim:N", not "${text}"`, '--nodes sim:3', exitCode.usage)
  return { type: 'simulated', count: Number(count) }
}

function describeNodes(config: ClusterConfig): string {
  return config.nodes.type === 'machine' ? `node ${config.nodes.nodeName} (this machine)` : `${config.nodes.count} simulated nodes`
}

/** Everything that can be known to fail before something is made. */
async function preflight(config: ClusterConfig, noInstall: boolean, printer: StepPrinter): Promise<void> {
  const real = config.nodes.type === 'machine'
  if (real && process.platform !== 'linux') {
    throw new CommandFailure('E-NOT-LINUX', 'real containers need Linux', './skiff up --nodes sim:3', exitCode.missing)
  }
  if (real) {
    const missing = missingRequirements()
    if (missing.length > 0 && noInstall) {
      const list = missing.map((requirement) => `  ${requirement.name.padEnd(18)} ${requirement.why} (package ${requirement.debianPackage})`).join('\n')
      throw new CommandFailure('E-MISSING', `this machine lacks:\n${list}`,
        `apt-get install -y ${missing.map((requirement) => requirement.debianPackage).join(' ')}`, exitCode.missing)
    }
    if (process.getuid?.() !== 0) {
      throw new CommandFailure('E-NOT-ROOT', 'a cluster with real containers needs root', 'sudo ./skiff up, or without root: ./skiff up --nodes sim:3', exitCode.missing)
    }
    if (missing.length > 0) {
      const packages = missing.map((requirement) => requirement.debianPackage)
      await printer.step('install', `from Debian: ${packages.join(' ')}`, () => {
        installPackages(packages)
        return Promise.resolve([`from Debian: ${packages.join(' ')}`, undefined])
      })
    }
  }
  await printer.step('preflight', 'kernel, ports, tools', async () => {
    const problem = real ? kernelProblems()[0] : undefined
    if (problem) throw new CommandFailure(problem.id, problem.message, problem.cure, exitCode.missing)
    const ports = real ? [config.port, config.kubeletPort] : [config.port]
    for (const port of ports) {
      if (await isPortFree(port)) continue
      const holder = describePortHolder(port)
      throw new CommandFailure('E-PORT-INUSE', `port ${port} is held by ${holder ?? 'another process'}`,
        port === config.port ? 'stop it, or choose another: --port N' : 'stop it', exitCode.inUse)
    }
    return [`${real ? 'kernel, nft, containerd, ' : ''}ports ${ports.join('/')} free`, undefined]
  })
}

interface StartedServer {
  readonly kubeconfig: string
  readonly ended: Promise<void>
}

/** Starts the cluster's process and shows its steps as it tells them; resolves when it says that all is ready. */
function startServer(config: ClusterConfig, printer: StepPrinter, foreground: boolean): Promise<StartedServer> {
  const logDirectory = join(config.dataDirectory, 'log')
  for (const directory of [config.dataDirectory, config.runDirectory, logDirectory]) mkdirSync(directory, { recursive: true, mode: 0o700 })
  writeRecord({ choices: config, process: undefined })
  const logFile = join(logDirectory, 'skiff.log')
  const log = openSync(logFile, 'a', 0o600)
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, 'serve', '--name', config.name], {
    detached: !foreground, cwd: '/', stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  if (foreground) for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      reject(new CommandFailure('E-SLOW-START', `the cluster was not ready within ${startLimitMs / 1000} s; it goes on trying`, `skiff logs; the log is ${logFile}`))
      child.disconnect()
      child.unref()
    }, startLimitMs)
    child.on('message', (message: ServeMessage) => {
      if (message.type === 'step') printer.event(message.event)
      else if (message.type === 'failed') {
        clearTimeout(limit)
        reject(new CommandFailure(message.id, message.message, message.cure, message.exitCode))
      } else {
        clearTimeout(limit)
        child.disconnect()
        if (!foreground) child.unref()
        resolve({ kubeconfig: message.kubeconfig, ended })
      }
    })
    child.once('exit', (code, signal) => {
      clearTimeout(limit)
      reject(new CommandFailure('E-DIED', `the cluster's process ended (${signal ?? `exit code ${code}`}): ${lastLine(logFile)}`, `see ${logFile}`))
    })
  })
}

function lastLine(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)?.slice(0, 500) ?? ''
}

interface ContextOutcome {
  readonly file: string
  readonly context: string
  readonly backup: string | undefined
}

/** Adds the cluster to the user's kubeconfig and makes it current; what else stands there stays. */
function addToKubeconfig(config: ClusterConfig, kubeconfig: string): ContextOutcome {
  const user = invokingUser()
  const file = kubeconfigFile(user)
  const existing = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  const merged = mergeKubeconfig(existing, kubeconfig, config.name)
  const backup = existing !== undefined && merged.needsBackup ? backUpOnce(user, file) : undefined
  if (merged.text !== existing) writeUserFile(user, file, merged.text)
  return { file, context: config.name, backup }
}

function sayReady(printer: StepPrinter, config: ClusterConfig, context: ContextOutcome, ms: number): void {
  printer.say(`Ready in ${formatSeconds(ms).replace(/s$/, ' s')}.`)
  printer.say(`  kubectl    context "${context.context}" added to ${context.file} and made current${context.backup ? ` (the file as it was: ${context.backup})` : ''}`)
  printer.say(`  api        https://${config.advertiseAddress}:${config.port}`)
  printer.say(`  data       ${config.dataDirectory}`)
  printer.say('  try        kubectl create deployment hello --image=skiff.local/demo --replicas=3 && kubectl get pods -o wide')
  const which = config.name === 'skiff' ? '' : ` --name ${config.name}`
  printer.say(`  stop: skiff down${which}   remove all: skiff reset${which}   logs: skiff logs${which}   trouble: skiff doctor${which}`)
}

function sayAlreadyRunning(printer: StepPrinter, record: ClusterRecord, form: OutputForm): void {
  const config = deriveClusterConfig(record.choices)
  if (form === 'text') printer.say(`cluster "${config.name}" is already running at https://${config.advertiseAddress}:${config.port} (pid ${record.process?.pid}); nothing changed`)
  else printer.event({ step: 'ready', state: 'done', detail: 'already running, nothing changed', ms: 0 })
}
