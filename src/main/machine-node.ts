/** This machine as a node: containerd, pod network, kubelet with its server, service proxy, DNS. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { namespace } from '#api/core/namespace/namespace.ts'
import { pod } from '#api/core/pod/pod.ts'
import { service } from '#api/core/service/service.ts'
import { endpointSlice } from '#api/discovery/endpointslice/endpointslice.ts'
import { certificateAuthenticator } from '#apiserver/authn/client-certificate.ts'
import type { CertificateFiles } from '#bootstrap/certificates.ts'
import type { ClusterConfig } from '#bootstrap/cluster-config.ts'
import { demoImageName, pauseImageName } from '#bootstrap/images/names.ts'
import { createInformers } from '#client/informers.ts'
import { nodeUser } from '#cluster/component-users.ts'
import type { ControlPlane } from '#cluster/control-plane.ts'
import { startDns } from '#dns/dns.ts'
import { parseResolvers } from '#dns/resolver.ts'
import { createCgroups } from '#host/cgroups.ts'
import { systemClock } from '#host/clock.ts'
import { createContainerRuntime } from '#host/container-runtime/container-runtime.ts'
import { createFiles } from '#host/files.ts'
import type { ClosableHttpClient } from '#host/http/client.ts'
import { listen } from '#host/http/listen.ts'
import { createMachine } from '#host/machine.ts'
import { createMounts } from '#host/mounts.ts'
import { createNetworkConfig } from '#host/network-config.ts'
import { createPacketFilter } from '#host/packet-filter.ts'
import { systemRandom } from '#host/random.ts'
import { createSockets } from '#host/sockets.ts'
import { kubeletConfig } from '#kubelet/config.ts'
import { createKubelet, type Kubelet } from '#kubelet/kubelet.ts'
import { createKubeletServer } from '#kubelet/server/server.ts'
import { planEgressTable, planNodeNetwork, renderCniConfig, type PodNetwork } from '#network/plan.ts'
import { startProxy } from '#proxy/proxy.ts'
import type { ContainerRuntime } from '#world/container-runtime.ts'
import type { Log } from '#world/log.ts'
import { cniConfigDirectory, containerdSocket, ensureContainerd, superviseContainerd } from './containerd.ts'
import { applyDnsService } from './dns-service.ts'
import { ensureOwnImages, ingestDirectory } from './image-import.ts'
import { cgroupRoot, egressTable, proxyTable } from './names.ts'
import { guardNetwork } from './network-guard.ts'
import { containerdPlaces } from './node-cleanup.ts'
import { nodeReady } from './node-ready.ts'
import { removeOrphanedLeases } from './orphaned-leases.ts'
import { withOwnRegistry } from './own-registry.ts'
import { nodeResolvers } from './resolvers.ts'
import { listSandboxesWhenInitialized } from './runtime-initialized.ts'

/** The machine's side, which does not need the API server: started first, because containerd takes its time. */
export interface PreparedMachine extends AsyncDisposable {
  readonly runtime: ContainerRuntime
  readonly network: PodNetwork
  /** Resolves when the pause and demo images are there: a pod can run. */
  readonly images: Promise<void>
  /** Restarts containerd when it dies, until aborted. What its death left half done is undone. */
  supervise(signal: AbortSignal): Promise<void>
}

export async function prepareMachine(config: ClusterConfig, log: Log, signal: AbortSignal): Promise<PreparedMachine> {
  const network = podNetworkOf(config)
  const places = containerdPlaces(config)
  mkdirSync(cniConfigDirectory(places), { recursive: true })
  mkdirSync(network.leaseDirectory, { recursive: true })
  writeFileSync(join(cniConfigDirectory(places), '10-skiff.conflist'), renderCniConfig(network))
  const own = config.containerRuntimeEndpoint === undefined
  await Promise.all([
    createNetworkConfig().apply(planNodeNetwork(network)),
    createPacketFilter().apply(egressTable(config), planEgressTable(network)),
    own ? ensureContainerd(places, signal) : Promise.resolve(),
  ])
  const endpoint = config.containerRuntimeEndpoint ?? containerdSocket(places)
  const runtime = withOwnRegistry(createContainerRuntime(endpoint))
  const removeOrphans = async (before: number): Promise<void> => {
    const sandboxes = new Set((await listSandboxesWhenInitialized(runtime, signal)).map(({ id }) => id))
    const count = removeOrphanedLeases(network.leaseDirectory, sandboxes, before)
    if (count > 0) log.info('gave back pod addresses that nobody has any more', { count })
  }
  // No kubelet runs yet, so that no sandbox is in the making.
  await removeOrphans(Number.POSITIVE_INFINITY)
  const images = ensureOwnImages(
    endpoint.replace(/^unix:\/\//, ''),
    async (name) => (await runtime.imageStatus(name)) !== undefined,
    config.runDirectory,
    own ? ingestDirectory(config.dataDirectory) : undefined,
  )
  // Whoever needs them waits for them; a start that ends before has nobody who does.
  images.catch(() => undefined)
  return {
    runtime, network, images,
    supervise: (until) =>
      own
        ? superviseContainerd(
            {
              places,
              log: log.named('containerd'),
              onRestarted: removeOrphans,
              sleep: (ms) => systemClock.sleep(ms, until).catch(() => undefined),
            },
            until,
          )
        : Promise.resolve(),
    [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose](),
  }
}

export interface MachineNodeOptions {
  readonly config: ClusterConfig
  readonly controlPlane: ControlPlane
  readonly certificates: CertificateFiles
  readonly machine: PreparedMachine
  readonly httpClient: ClosableHttpClient
  readonly log: Log
}

export interface MachineNode extends AsyncDisposable {
  /** The kubelet's loops and the proxy, until aborted. */
  run(signal: AbortSignal): Promise<void>
  /** Resolves when the node is Ready in the API. */
  readonly ready: Promise<void>
  /** Resolves when DNS answers and the packet filter holds every Service. */
  readonly serving: Promise<void>
}

/** The node's kubelet, which does nothing yet. */
async function openKubelet(
  { config, controlPlane, machine, httpClient, log }: MachineNodeOptions, nodeName: string, resolvConf: string,
  signal: AbortSignal,
): Promise<Kubelet> {
  const [clock, random] = [systemClock, systemRandom]
  const transport = controlPlane.transport(nodeUser(nodeName))
  const kubeletDirectory = join(config.dataDirectory, 'kubelet')
  mkdirSync(kubeletDirectory, { recursive: true, mode: 0o750 })
  const informers = createInformers({ transport, clock, random, log: log.named('kubelet'), signal })
  return await createKubelet({
    nodeName,
    transport,
    informers,
    runtime: machine.runtime,
    machine: createMachine(),
    files: createFiles(),
    mounts: createMounts(),
    cgroups: createCgroups(),
    httpClient,
    clock,
    random,
    log,
    config: kubeletConfig({
      rootDirectory: kubeletDirectory,
      logsDirectory: join(config.dataDirectory, 'log/pods'),
      staticPodDirectory: join(config.dataDirectory, 'manifests'),
      nodeIps: [config.advertiseAddress],
      port: config.kubeletPort,
      cgroupRoot: cgroupRoot(config),
      clusterDns: [config.dnsServiceIp],
      clusterDomain: config.clusterDomain,
      resolvConf,
      ...forOneMachine,
    }),
  })
}

/** The server by which the API server, and whoever it lets, reaches the node's pods. */
async function serveKubelet(
  { config, controlPlane, certificates, httpClient, log }: MachineNodeOptions, kubelet: Kubelet,
): Promise<AsyncDisposable> {
  const { nodeName } = kubelet
  const authenticator = certificateAuthenticator(systemClock)
  const kubeletServer = createKubeletServer({
    kubelet, httpClient, log: log.named('kubelet'),
    authenticate: (request) => authenticator.authenticate(request),
    authorize: async (user, { verb, subresource }) => (await controlPlane.identity.authorizer.authorize({
      type: 'resource', user, verb, group: '', version: 'v1', resource: 'nodes', subresource, namespace: '',
      name: nodeName,
    })).allowed,
  })
  return await listen({
    port: config.kubeletPort, log: log.named('kubelet'), handle: (request) => kubeletServer.handle(request),
    certificates: {
      certificate: certificates[`kubelet-${nodeName}.crt`]!,
      key: certificates[`kubelet-${nodeName}.key`]!,
      clientCa: certificates['ca.crt']!,
    },
  })
}

/** Resolves when the node's servers listen; `run` brings the rest to life. */
export async function startMachineNode(options: MachineNodeOptions, signal: AbortSignal): Promise<MachineNode> {
  const { config, controlPlane, machine, log } = options
  if (config.nodes.type !== 'machine') throw new Error('this cluster has no machine node')
  const { nodeName } = config.nodes
  const clock = systemClock
  const resolvers = nodeResolvers(log)
  const kubelet = await openKubelet(options, nodeName, resolvers.file, signal)
  await using cleanup = new AsyncDisposableStack()
  cleanup.use(await serveKubelet(options, kubelet))
  const { informers: shared } = controlPlane
  const services = shared.of(service)
  const endpointSlices = shared.of(endpointSlice)
  const proxy = startProxy(
    {
      nodeName,
      table: proxyTable(config),
      serviceCidr: config.serviceCidr,
      services,
      endpointSlices,
      pods: shared.of(pod),
      packetFilter: createPacketFilter(),
      clock,
      log: log.named('proxy'),
    },
    signal,
  )
  const dns = startDns({
    zone: config.clusterDomain, listen: { address: config.gatewayAddress, port: config.dnsPort },
    upstreams: parseResolvers(resolvers.text, [config.dnsServiceIp]),
    services, endpointSlices, namespaces: shared.of(namespace), sockets: createSockets(), clock, log: log.named('dns'),
  })
  cleanup.defer(async () => { await (await dns)[Symbol.asyncDispose]() })
  const disposables = cleanup.move()
  return {
    async run(own) {
      const guard = guardNetwork(
        {
          config,
          network: machine.network,
          networkConfig: createNetworkConfig(),
          packetFilter: createPacketFilter(),
          clock,
          log: log.named('network'),
          rebuildServices: () => proxy.rebuild(),
        },
        own,
      )
      await Promise.all([kubelet.run(own), machine.supervise(own), proxy.done, guard])
    },
    ready: nodeReady(controlPlane, nodeName, signal),
    serving: Promise.all([proxy.ready, dns, applyDnsService(controlPlane, config)]).then(() => undefined),
    [Symbol.asyncDispose]: () => disposables.disposeAsync(),
  }
}

/**
 * Upstream's thresholds are for servers. A developer's machine is often nine tenths full and must still run pods, and
 * images that were made or loaded here come from no registry again: so neither pods nor images are evicted for the
 * disk's sake (as in kind).
 */
const forOneMachine = {
  eviction: {
    memoryAvailableBytes: 100 * 1024 * 1024,
    nodefsAvailablePercent: 0,
    nodefsInodesFreePercent: 0,
    imagefsAvailablePercent: 0,
    pressureTransitionMs: 300_000,
  },
  imageCollection: { highPercent: 100, lowPercent: 80, minimumAgeMs: 120_000 },
  keptImages: [pauseImageName, demoImageName],
} as const

function podNetworkOf(config: ClusterConfig): PodNetwork {
  return {
    bridgeName: config.bridgeName,
    // One machine, one node: the first of the cluster's per-node ranges.
    nodePodCidr: config.podCidr.replace(/\/16$/, '/24'),
    gatewayAddress: config.gatewayAddress,
    clusterPodCidr: config.podCidr,
    serviceCidr: config.serviceCidr,
    leaseDirectory: join(config.dataDirectory, 'cni/leases'),
  }
}
