/** The kubelet: composition of its loops over one node's runtime, files and API. */
import { pod } from '#api/core/pod/pod.ts'
import type { Node, Pod, Service } from '#api/gen/core-v1.ts'
import { createClient } from '#client/client.ts'
import { createEventRecorder } from '#client/event-recorder.ts'
import { createInformers, type Informers } from '#client/informers.ts'
import type { Transport } from '#client/transport.ts'
import { decodeYamlValue } from '#machinery/codec/yaml.ts'
import type { Cgroups } from '#world/cgroups.ts'
import type { Clock } from '#world/clock.ts'
import type { ContainerRuntime } from '#world/container-runtime.ts'
import type { Files } from '#world/files.ts'
import type { HttpClient } from '#world/http.ts'
import type { Log } from '#world/log.ts'
import type { Machine, MachineFacts } from '#world/machine.ts'
import type { Mounts } from '#world/mounts.ts'
import type { Random } from '#world/random.ts'
import type { KubeletConfig } from './config.ts'
import { parseResolverConfiguration } from './containers/network-files.ts'
import { createPodEvents } from './events.ts'
import { Eviction } from './eviction/eviction.ts'
import { ImageCollector } from './images/garbage.ts'
import { ImagePuller } from './images/puller.ts'
import { rotateLogs } from './logs/rotate.ts'
import { NodeAgent } from './node/node.ts'
import { kubeletPaths } from './pods/identity.ts'
import { PodSet } from './pods/pod-set.ts'
import { RuntimeCache } from './pods/runtime-cache.ts'
import type { PodServices } from './pods/services.ts'
import { Prober } from './probes/prober.ts'
import { References } from './references.ts'
import { runStaticPods } from './static/static-pods.ts'
import { ServiceAccountTokens } from './volumes/tokens.ts'
import { PodVolumes } from './volumes/volumes.ts'

export interface KubeletOptions {
  readonly nodeName: string
  readonly transport: Transport
  /** Shared with other components of the same process; absent: the kubelet makes its own. */
  readonly informers?: Informers
  readonly runtime: ContainerRuntime
  readonly machine: Machine
  readonly files: Files
  readonly mounts: Mounts
  readonly cgroups: Cgroups
  readonly httpClient: HttpClient
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly config: KubeletConfig
}

/** What the kubelet's server and its owner see of a running kubelet. */
export interface Kubelet {
  readonly nodeName: string
  readonly pods: PodSet
  readonly node: NodeAgent
  readonly services: PodServices
  readonly prober: Prober
  readonly machine: Machine
  readonly facts: MachineFacts
  readonly config: KubeletConfig
  /** Until the signal aborts. Containers run on. */
  run(signal: AbortSignal): Promise<void>
}

/** Asks runtime and machine who they are, and composes. Nothing runs before `run`. */
export async function createKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { nodeName, transport, runtime, machine, files, mounts, cgroups, clock, random, config } = options
  const log = options.log.named('kubelet')
  const stop = new AbortController()
  const informers = options.informers ?? createInformers({ transport, clock, random, log, signal: stop.signal })
  const client = createClient(transport)
  const [facts, runtimeVersion] = await Promise.all([machine.facts(), runtime.version()])
  const recorder = createEventRecorder({ transport, clock, random, log, component: 'kubelet', host: nodeName })
  const events = createPodEvents(recorder, nodeName)
  const paths = kubeletPaths(config.rootDirectory, config.logsDirectory)
  const handlers = { runtime, machine, clock, http: options.httpClient }
  const cache: RuntimeCache = new RuntimeCache({ runtime, clock, log, onChange: (uid) => pods.wake(uid) })
  const prober = new Prober({
    handlers, clock, random, events, startedAt: clock.monotonic(), onChange: (uid) => pods.wake(uid),
  })
  const references = new References(informers, (uid) => pods.referencesChanged(uid))
  const tokens = new ServiceAccountTokens(transport, clock)
  const serviceInformer = informers.resource<Service>({ group: '', version: 'v1', resource: 'services' })
  const node: NodeAgent = new NodeAgent({
    nodeName, config, client, runtime, cache, machine, files, clock, random, log, events, facts, runtimeVersion,
    pressure: () => eviction.pressure,
  })
  const volumes = new PodVolumes({
    client, files, mounts, paths, references, tokens, clock, hostIps: config.nodeIps, allocatable: () =>
      node.allocatable(),
  })
  const resolverText = await machine.resolverConfiguration(config.resolvConf)
  const services: PodServices = {
    client,
    runtime,
    cache,
    files,
    mounts,
    cgroups,
    clock,
    log,
    events,
    volumes,
    references,
    tokens,
    prober,
    handlers,
    paths,
    images: new ImagePuller(runtime, clock, events),
    sandboxOptions: {
      paths,
      cgroupRoot: config.cgroupRoot,
      resolver: {
        clusterDns: config.clusterDns,
        clusterDomain: config.clusterDomain,
        node: parseResolverConfiguration(resolverText),
      },
    },
    services: () => serviceInformer.list(),
    allocatable: () => node.allocatable(),
    hostIps: config.nodeIps,
    runtimeName: runtimeVersion.name,
    machineMemoryBytes: facts.memoryBytes,
    seccompRoot: `${config.rootDirectory}/seccomp`,
    isNetworkReady: () => node.isNetworkReady,
  }
  const pods: PodSet = new PodSet(services, () => node.node)
  const imageCollector = new ImageCollector({
    runtime, files, clock, log, events, config, kept: ({ tags }) => tags.some((tag) => config.keptImages.includes(tag)),
  })
  const eviction: Eviction = new Eviction({
    config,
    machine,
    files,
    clock,
    log,
    events,
    pods,
    services,
    onPressureChange: () => node.refresh(),
    collectImages: () => imageCollector.collectAll(),
  })
  return {
    nodeName, pods, node, services, prober, machine, facts, config,
    async run(signal) {
      const end = (): void => stop.abort(signal.reason)
      if (signal.aborted) end()
      else signal.addEventListener('abort', end, { once: true })
      const podInformer = informers.resource<Pod>({
        group: '', version: 'v1', resource: 'pods' }, { fieldSelector: `spec.nodeName=${nodeName}`,
      })
      const nodeInformer = informers.resource<Node>({
        group: '', version: 'v1', resource: 'nodes' }, { fieldSelector: `metadata.name=${nodeName}`,
      })
      nodeInformer.subscribe({
        onAdd: (object) => node.observe(object), onUpdate: (_old, object) => node.observe(object),
      })
      await Promise.all([
        recorder.run(stop.signal),
        cache.run(stop.signal),
        node.run(stop.signal),
        pods.run({ podInformer, serviceInformer }, stop.signal),
        eviction.run(stop.signal),
        imageCollector.run(stop.signal),
        followStaticPods(services, pods, config, nodeName, stop.signal),
        rotateLogs(
          { runtime, cache, files, clock, log, maxBytes: config.logMaxBytes, maxFiles: config.logMaxFiles },
          stop.signal,
        ),
      ])
      prober.stopAll()
    },
  }
}

/** Pods of files; resolves at once where there is no directory for them. */
async function followStaticPods(
  { files, client, log, cache }: PodServices, pods: PodSet, { staticPodDirectory: directory }: KubeletConfig,
  nodeName: string, signal: AbortSignal,
): Promise<void> {
  if (directory === undefined) return
  await runStaticPods({
    directory, nodeName, files, client, log, pods, ready: cache.synced,
    parse: decodeYamlValue, setDefaults: (object) => pod.setDefaults?.(object),
  }, signal)
}
