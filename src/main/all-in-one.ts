/**
 * A whole cluster in this process: certificates, store, API server over HTTPS, control plane, and this machine (or
 * simulated ones) as nodes.
 */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { requireRuntimeConfig } from '#api/runtime-config.ts'
import { clusterAuthority, frontProxyOf, type CertificateFiles } from '#bootstrap/certificates.ts'
import type { ClusterConfig } from '#bootstrap/cluster-config.ts'
import { createControlPlane, type ControlPlane } from '#cluster/control-plane.ts'
import { systemClock } from '#host/clock.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { createHttpClient, type ClosableHttpClient } from '#host/http/client.ts'
import { gzipStream } from '#host/http/compress.ts'
import { listen, PortInUse, type Certificates, type Server } from '#host/http/listen.ts'
import { systemRandom } from '#host/random.ts'
import type { Store } from '#storage/store.ts'
import type { Log } from '#world/log.ts'
import { openApiServerConfiguration } from './api-server-configuration.ts'
import { loadCertificates, renderAdminKubeconfig } from './certificate-files.ts'
import { etcdNames, etcdServerCertificates, serveClusterEtcd } from './cluster-etcd.ts'
import { openClusterStore, serverIdentity } from './cluster-store.ts'
import { CommandFailure, exitCode } from './cli/failure.ts'
import type { StepEvent } from './cli/output.ts'
import { describePortHolder } from './cli/ports.ts'
import { openMachineEncryption } from './encryption.ts'
import type { EtcdServer } from './etcd-server.ts'
import { prepareMachine, startMachineNode, type PreparedMachine } from './machine-node.ts'
import { connectionsPerServer, createNodeConnections, simulatedNodeConnections } from './node-connections.ts'
import { processMetrics } from './process-metrics.ts'
import { requireSameAuthority } from './same-authority.ts'
import { simulatedNodeNames, startSimulatedNodes } from './simulated-nodes.ts'
import { ownStore, runSnapshotSchedule, saveSnapshot, type SavedSnapshot } from './snapshots.ts'
import { serverVersion } from './version.ts'

export interface ClusterOptions {
  readonly config: ClusterConfig
  readonly log: Log
  readonly onStep: (event: StepEvent) => void
}

export interface RunningCluster extends AsyncDisposable {
  readonly adminKubeconfig: string
  /** Figures for `skiff status`. */
  statistics(): Readonly<Record<string, string | number>>
  /** Writes its state into a file. Rejects where the state is not its own to save, but an etcd's. */
  saveSnapshot(file: string): Promise<SavedSnapshot>
}

/**
 * Resolves when nodes are Ready and DNS answers. Aborting `signal` gives up the start; disposing what it gives
 * ends the cluster.
 */
export async function startCluster(
  { config, log, onStep }: ClusterOptions,
  signal: AbortSignal,
): Promise<RunningCluster> {
  const begin = performance.now()
  const stop = new AbortController()
  const until = AbortSignal.any([signal, stop.signal])
  await using resources = new AsyncDisposableStack()
  resources.defer(() => stop.abort(new Error('the cluster stops')))
  const step = createSteps(onStep)
  // containerd needs longest, so it goes first and is awaited last.
  const machine = config.nodes.type === 'machine' ? prepareMachine(config, log, until) : undefined
  machine?.catch(() => undefined)

  // The disk opens the store while the processor makes certificates.
  const storeOpening = openClusterStore(config, log)
  const storeOrNothing = storeOpening.catch(() => undefined)
  resources.defer(async () => await (await storeOrNothing)?.[Symbol.asyncDispose]())
  const certificates = await step('certificates', async () => {
    const { files, made } = await loadCertificates(config.dataDirectory, namesOf(config))
    return [made.length === 0 ? 'all good' : `${made.length} made in ${join(config.dataDirectory, 'pki')}`, files]
  })
  const newest = { files: certificates }
  const httpClient = resources.use(createHttpClient({ connections: connectionsPerServer }))
  const { controlPlane, server, store, clientAuthorities } = await step('api server', async () => {
    const opened = await openServer({ config, storeOpening, certificates, newest, httpClient, resources, log }, until)
    return [`https://${config.advertiseAddress}:${config.port}  ready`, opened]
  })
  const own = ownStore(store)
  const etcd = own && await serveClusterEtcd(config, own, certificates, log)
  if (etcd) resources.use(etcd)
  const running = [
    controlPlane.run(until), renewCertificates(config, { server, etcd, newest, clientAuthorities }, log, until),
  ]
  if (own && config.snapshots) {
    const { dataDirectory, snapshots: schedule } = config
    running.push(runSnapshotSchedule({ store: own, dataDirectory, schedule, log }, until))
  }
  const failed = Promise.race(running).then(() => undefined)
  failed.catch((error: unknown) => {
    if (until.aborted) return
    log.error('a component failed; the process ends; skiff up starts it again', { error: String(error) })
    process.exit(70)
  })

  try {
    await step('components', async () => {
      await controlPlane.started
      return ['controllers, scheduler', undefined]
    })
    await startNodes(
      { config, controlPlane, certificates, newest, httpClient, machine, resources, running, step, log }, until,
    )
  } catch (error) {
    // In order: components that lose their store before they are told to stop take it for a failure of their own.
    stop.abort(new Error('the cluster could not start', { cause: error }))
    await Promise.allSettled(running)
    throw error
  }
  const owned = resources.move()
  return {
    adminKubeconfig: renderAdminKubeconfig(config, certificates),
    statistics: () => ({
      'up since': new Date(Date.now() - (performance.now() - begin)).toISOString(),
      'memory MB': Math.round(process.memoryUsage.rss() / 1e6),
      port: server.port,
    }),
    async saveSnapshot(file) {
      if (!own) throw new Error('its state is in an etcd; use etcdctl snapshot save')
      return await saveSnapshot(own, file, until)
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the cluster stops'))
      await Promise.allSettled(running)
      await owned.disposeAsync()
    },
  }
}

/** For whoever reads them each time: they are renewed while the cluster runs. */
interface NewestCertificates {
  files: CertificateFiles
}

interface ServerParts {
  readonly config: ClusterConfig
  readonly certificates: CertificateFiles
  readonly newest: NewestCertificates
  readonly httpClient: ClosableHttpClient
  /** Takes what has to be closed in the end. */
  readonly resources: AsyncDisposableStack
  readonly log: Log
}

/** The control plane over its store, listening; its loops do not run yet. */
async function openServer(
  { config, storeOpening, certificates, newest, httpClient, resources, log }: ServerParts & {
    readonly storeOpening: Promise<Store>
  },
  until: AbortSignal,
) {
  const encryption = config.encryption && await openMachineEncryption(config.encryption, log, until)
  const store = await storeOpening
  const configuration = await openApiServerConfiguration(config.apiServerFlags, {
    clusterDomain: config.clusterDomain, http: httpClient, log, resources,
  })
  requireSameAuthority(store, certificates)
  const controlPlane = createControlPlane(
    {
      store: encryption ? await encryption.storeOver(store) : store,
      encryption,
      ...configuration,
      clock: systemClock,
      random: systemRandom,
      crypto: nodeCrypto,
      log,
      serviceAccountKey: certificates['sa.key']!,
      rootCertificate: certificates['ca.crt']!,
      certificateAuthority: clusterAuthority(certificates),
      frontProxy: frontProxyOf(() => newest.files),
      clusterDomain: config.clusterDomain,
      serviceCidr: config.serviceCidr,
      podCidr: config.podCidr,
      advertiseAddress: config.advertiseAddress,
      port: config.port,
      version: serverVersion,
      nodes: config.nodes.type === 'machine'
        ? createNodeConnections(certificates, httpClient)
        : simulatedNodeConnections(httpClient),
      measuresUsage: config.nodes.type === 'machine',
      processMetrics,
      gzip: gzipStream,
      giveWay: nextTurn,
      runtimeConfig: requireRuntimeConfig(config.runtimeConfig),
      peers: config.etcd && {
        hostname: hostname().toLowerCase(), identity: serverIdentity(config), leaderElect: config.etcd.leaderElect,
      },
    },
    until,
  )
  const { clientAuthorities } = configuration
  const server = resources.use(await listenForClients(config, { certificates, clientAuthorities }, controlPlane, log))
  return { controlPlane, server, store, clientAuthorities }
}

interface NodesParts extends ServerParts {
  readonly controlPlane: ControlPlane
  readonly machine: Promise<PreparedMachine> | undefined
  /** Takes what runs until the end. */
  readonly running: Promise<unknown>[]
  readonly step: Step
}

/** This machine as a node, or simulated ones; resolves when they are Ready. */
async function startNodes(parts: NodesParts, until: AbortSignal): Promise<void> {
  const { config, controlPlane, certificates, httpClient, machine, resources, running, step, log } = parts
  if (machine) {
    await step('node', async () => {
      const prepared = resources.use(await machine)
      const node = resources.use(
        await startMachineNode({ config, controlPlane, certificates, machine: prepared, httpClient, log }, until),
      )
      running.push(node.run(until))
      await Promise.all([node.ready, node.serving, prepared.images])
      const name = config.nodes.type === 'machine' ? config.nodes.nodeName : ''
      return [`${name}  Ready; services and DNS (${config.dnsServiceIp}) answer`, undefined]
    })
  } else if (config.nodes.type === 'simulated') {
    const { count, names = simulatedNodeNames(count) } = config.nodes
    await step('nodes', async () => {
      await startSimulatedNodes({ names, controlPlane, config, log }, until)
      return [`${names.length} simulated, Ready`, undefined]
    })
  }
}

const renewalCheckMs = 24 * 3600 * 1000

/** Certificates live a year; once a day those that are near their end are made anew, and new connections get them. */
async function renewCertificates(
  config: ClusterConfig,
  { server, etcd, newest, clientAuthorities }: {
    readonly server: Server; readonly etcd: EtcdServer | undefined; readonly newest: NewestCertificates
    readonly clientAuthorities: string | undefined
  },
  log: Log, signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await systemClock.sleep(renewalCheckMs, signal).catch(() => undefined)
    if (signal.aborted) return
    const { files, made } = await loadCertificates(config.dataDirectory, namesOf(config))
    if (made.length === 0) continue
    newest.files = files
    server.reload(serverCertificates(files, clientAuthorities))
    if (etcdNames(config)) etcd?.reload(etcdServerCertificates(files))
    log.info('renewed certificates', { names: made })
  }
}

type Step = <T>(name: string, work: () => Promise<readonly [string, T]>) => Promise<T>

function createSteps(onStep: (event: StepEvent) => void): Step {
  return async (name, work) => {
    const begin = performance.now()
    onStep({ step: name, state: 'started', detail: '', ms: 0 })
    try {
      const [detail, result] = await work()
      onStep({ step: name, state: 'done', detail, ms: performance.now() - begin })
      return result
    } catch (error) {
      onStep({ step: name, state: 'failed', detail: '', ms: performance.now() - begin })
      throw error
    }
  }
}

function namesOf(config: ClusterConfig): Parameters<typeof loadCertificates>[1] {
  return {
    clusterDomain: config.clusterDomain,
    kubernetesServiceIp: config.kubernetesServiceIp,
    addresses: [config.advertiseAddress],
    dnsNames: [hostname().toLowerCase()],
    nodes:
      config.nodes.type === 'machine'
        ? [{ name: config.nodes.nodeName, addresses: [config.advertiseAddress, '127.0.0.1'] }]
        : [],
    etcd: etcdNames(config),
  }
}

async function listenForClients(
  config: ClusterConfig,
  { certificates, clientAuthorities }: { certificates: CertificateFiles; clientAuthorities: string | undefined },
  controlPlane: ControlPlane,
  log: Log,
): ReturnType<typeof listen> {
  try {
    return await listen({
      port: config.port, log: log.named('http'), handle: (request) => controlPlane.server.handle(request),
      certificates: serverCertificates(certificates, clientAuthorities),
    })
  } catch (error) {
    if (!(error instanceof PortInUse)) throw error
    throw new CommandFailure(
      'E-PORT-INUSE',
      `port ${config.port} is held by ${describePortHolder(config.port) ?? 'another process'}`,
      'stop it, or choose another: --port N',
      exitCode.inUse,
      { cause: error },
    )
  }
}

function serverCertificates(files: CertificateFiles, clientAuthorities = ''): Certificates {
  return {
    certificate: files['apiserver.crt']!,
    key: files['apiserver.key']!,
    clientCa: files['ca.crt']! + clientAuthorities,
    frontProxyCa: files['front-proxy-ca.crt']!,
  }
}
