/**
 * Skiff as a library: a whole cluster in the caller's process, for tests and tools. `import { Cluster } from 'skiff'`.
 */
import { join } from 'node:path'
import { requireRuntimeConfig } from '#api/runtime-config.ts'
import {
  clusterAuthority,
  ensureCertificates,
  frontProxyOf,
  planCertificates,
  type CertificateFiles,
} from '#bootstrap/certificates.ts'
import { renderKubeconfig } from '#bootstrap/kubeconfig.ts'
import { createClient, type Client } from '#client/client.ts'
import type { ListOptions, ObjectList } from '#client/transport.ts'
import { createControlPlane, type ControlPlane } from '#cluster/control-plane.ts'
import { systemClock } from '#host/clock.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { systemDisk } from '#host/disk/disk.ts'
import { createHttpClient } from '#host/http/client.ts'
import { gzipStream } from '#host/http/compress.ts'
import { listen, type Server } from '#host/http/listen.ts'
import { systemRandom } from '#host/random.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { Kind } from '#machinery/schema/define-kind.ts'
import { openEmbeddedStore } from '#storage/embedded/embedded-store.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import type { Keyspace } from '#storage/keyspace.ts'
import { silentLog, type Log } from '#world/log.ts'
import { openApiServerConfiguration } from './api-server-configuration.ts'
import { openMachineEncryption } from './encryption.ts'
import { connectionsPerServer, simulatedNodeConnections } from './node-connections.ts'
import { simulatedNodeNames, startSimulatedNodes } from './simulated-nodes.ts'
import { serverVersion } from './version.ts'

export { ApiError } from '#machinery/errors/api-error.ts'
export { kinds } from './library-kinds.ts'

export interface ClusterStartOptions {
  /** Simulated nodes, on which pods become Running without containers. Default 1. */
  readonly nodes?: number
  /** Opens an HTTPS port on 127.0.0.1 for kubectl and other clients; `true` takes any free one. Default: none. */
  readonly https?: boolean | number
  /** Keeps the state there over restarts. Default: in memory only. */
  readonly dataDirectory?: string
  /** As `--runtime-config`: `api/beta=true,batch/v1=false`. Throws where it is not of this form. */
  readonly runtimeConfig?: string
  /**
   * Flags of kube-apiserver by name, without dashes, as `skiff up` takes them: `{ 'audit-policy-file': path }`. Throws
   * where one cannot be used.
   */
  readonly apiServerFlags?: Readonly<Record<string, string>>
  /** A file as `--encryption-provider-config`: which resources are encrypted at rest. Default: none. */
  readonly encryptionProviderConfig?: string
  /** For how long old versions are kept, for `at` and `fork`. Default five minutes, as the API server asks of etcd. */
  readonly historyMs?: number
  readonly log?: Log
  /** Gives up the start. */
  readonly signal?: AbortSignal
}

export interface ClusterForkOptions extends Pick<ClusterStartOptions, 'https' | 'log' | 'signal'> {
  /** A resource version: the fork begins with what was there then. Default: now. */
  readonly at?: string
  /** Simulated nodes: default as many as the original has; 0 leaves all objects of nodes and pods as they are. */
  readonly nodes?: number
}

/** The objects of one moment; see `Cluster.at`. */
export interface PastObjects {
  of<T extends KubeObject>(kind: Kind<T>, namespace?: string): {
    list(options?: Pick<ListOptions, 'labelSelector' | 'fieldSelector'>): Promise<ObjectList<Stored<T>>>
    /** Undefined if there was no such object. */
    get(name: string): Promise<Stored<T> | undefined>
  }
}

const clusterDomain = 'cluster.local'
const serviceCidr = '10.96.0.0/12'
const podCidr = '10.244.0.0/16'
const address = '127.0.0.1'

/**
 * A running cluster: the real API server, controllers and scheduler, and simulated nodes.
 *
 *     await using cluster = await Cluster.start({ nodes: 3 })
 *     const pods = await cluster.client.of(kinds.pod, 'default').list()
 */
export class Cluster implements AsyncDisposable {
  /** Typed, and an administrator: calls go to the API server in this process, without a socket. */
  readonly client: Client
  /** For everything that the client does not reach: informers, transports of other users, the server itself. */
  readonly controlPlane: ControlPlane
  readonly #parts: ClusterParts

  private constructor(parts: ClusterParts) {
    this.controlPlane = parts.controlPlane
    this.#parts = parts
    this.client = createClient(
      parts.controlPlane.transport({ name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }),
    )
  }

  /** Resolves when every node is Ready. */
  static async start(options: ClusterStartOptions = {}): Promise<Cluster> {
    const { nodes = 1, dataDirectory, historyMs, log = silentLog } = options
    const history = historyMs === undefined ? {} : { options: { historyMs } }
    await using resources = new AsyncDisposableStack()
    const store = resources.use(
      dataDirectory === undefined
        ? openVolatileStore({ clock: systemClock, ...history })
        : await openEmbeddedStore({
            disk: systemDisk, directory: join(dataDirectory, 'store'), clock: systemClock, log, ...history,
          }),
    )
    const parts = await assemble(store, makeCertificates(), { ...options, nodes })
    resources.move()
    const cluster = new Cluster(parts)
    try {
      await parts.ready
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
    return cluster
  }

  /**
   * Another cluster in memory that begins with all that this one has: objects with their uids and resource versions,
   * certificates, accounts and tokens. From then on neither sees what the other does. Resolves when the fork answers;
   * its controllers begin to work, and its nodes are as after a restart of their machines: they run their pods anew.
   * Rejects with Compacted for a resource version that is no longer kept.
   */
  async fork(options: ClusterForkOptions = {}): Promise<Cluster> {
    const { certificates, store, started } = this.#parts
    const { at, ...own } = options
    const fork = store.fork(at === undefined ? undefined : Number(at))
    const { runtimeConfig, encryptionProviderConfig, apiServerFlags, nodes } = started
    return new Cluster(await assemble(fork, certificates, {
      nodes,
      ...(runtimeConfig !== undefined && { runtimeConfig }),
      ...(encryptionProviderConfig !== undefined && { encryptionProviderConfig }),
      ...(apiServerFlags !== undefined && { apiServerFlags }),
      ...own,
    }))
  }

  /** The newest resource version: with `at` and `fork({ at })` the way back to this moment, while it is kept. */
  get resourceVersion(): string {
    return String(this.#parts.store.revision)
  }

  /**
   * The objects as they were at a resource version, as the API's `resourceVersionMatch: Exact` gives them. Every call
   * rejects with an ApiError (410) once that version is no longer kept.
   */
  at(resourceVersion: string): PastObjects {
    const exactly = { resourceVersion, resourceVersionMatch: 'Exact' } as const
    return {
      of: (kind, namespace) => ({
        list: (more = {}) => this.client.of(kind, namespace).list({ ...more, ...exactly }),
        get: async (name) => {
          const fieldSelector = `metadata.name=${name}`
          return (await this.client.of(kind, namespace).list({ fieldSelector, ...exactly })).items[0]
        },
      }),
    }
  }

  /** `https://127.0.0.1:PORT`; undefined without the option `https`. */
  get url(): string | undefined {
    const { server } = this.#parts
    return server && `https://${address}:${server.port}`
  }

  /** An administrator's, as YAML; undefined without the option `https`. */
  get kubeconfig(): string | undefined {
    const server = this.url
    if (server === undefined) return undefined
    const {
      'ca.crt': certificateAuthority,
      'super-admin.crt': certificate,
      'super-admin.key': key,
    } = this.#parts.certificates
    return renderKubeconfig({
      name: 'skiff',
      server,
      certificateAuthority: certificateAuthority!,
      certificate: certificate!,
      key: key!,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.end()
  }
}

/** What a cluster consists of. */
interface ClusterParts {
  readonly store: Keyspace
  readonly controlPlane: ControlPlane
  readonly certificates: CertificateFiles
  readonly server: Server | undefined
  /** What its fork gets too. */
  readonly started: ClusterStartOptions & { readonly nodes: number }
  /** Resolves when its controllers work and its nodes are Ready. */
  readonly ready: Promise<void>
  readonly end: () => Promise<void>
}

/** A cluster over a store, which it closes when it ends; resolves when it can be asked. */
async function assemble(
  store: Keyspace, certificates: CertificateFiles, started: ClusterParts['started'],
): Promise<ClusterParts> {
  const { https = false, log = silentLog, encryptionProviderConfig } = started
  const stop = new AbortController()
  const signal = started.signal ? AbortSignal.any([started.signal, stop.signal]) : stop.signal
  await using resources = new AsyncDisposableStack()
  resources.use(store)
  resources.defer(() => stop.abort(new Error('the cluster stops')))
  const httpClient = resources.use(createHttpClient({ connections: connectionsPerServer }))
  const encryption = encryptionProviderConfig === undefined ? undefined
    : await openMachineEncryption({ path: encryptionProviderConfig, isReloaded: false }, log, signal)
  const configuration = await openApiServerConfiguration(started.apiServerFlags, {
    clusterDomain, http: httpClient, log, resources,
  })
  const handle: { current?: ControlPlane } = {}
  const server = https === false ? undefined : resources.use(await listen({
    host: address, port: https === true ? 0 : https, log,
    handle: (request) => handle.current!.server.handle(request),
    certificates: {
      certificate: certificates['apiserver.crt']!,
      key: certificates['apiserver.key']!,
      clientCa: certificates['ca.crt']! + (configuration.clientAuthorities ?? ''),
      frontProxyCa: certificates['front-proxy-ca.crt']!,
    },
  }))
  const controlPlane = (handle.current = createControlPlane(
    {
      store: encryption ? await encryption.storeOver(store) : store,
      encryption,
      ...configuration,
      clock: systemClock,
      random: systemRandom,
      crypto: nodeCrypto,
      log,
      clusterDomain,
      serviceCidr,
      podCidr,
      serviceAccountKey: certificates['sa.key']!,
      rootCertificate: certificates['ca.crt']!,
      certificateAuthority: clusterAuthority(certificates),
      frontProxy: frontProxyOf(() => certificates),
      advertiseAddress: address,
      port: server?.port ?? 443,
      version: serverVersion,
      nodes: simulatedNodeConnections(httpClient),
      gzip: gzipStream,
      runtimeConfig: requireRuntimeConfig(started.runtimeConfig),
    },
    signal,
  ))
  const running = controlPlane.run(signal)
  running.catch((error: unknown) => {
    if (!signal.aborted) log.error('a component failed', { error: String(error) })
  })
  const ready = beginNodes(controlPlane, started.nodes, log, signal)
  // Whoever does not wait for it does not want to know.
  ready.catch(() => undefined)
  const owned = resources.move()
  const end = async (): Promise<void> => {
    stop.abort(new Error('the cluster stops'))
    await running.catch(() => undefined)
    await owned.disposeAsync()
  }
  return { store, controlPlane, certificates, server, started, ready, end }
}

async function beginNodes(controlPlane: ControlPlane, count: number, log: Log, signal: AbortSignal): Promise<void> {
  await controlPlane.started
  const config = { clusterDomain, dnsServiceIp: '10.96.0.10', podCidr }
  await startSimulatedNodes({ names: simulatedNodeNames(count), controlPlane, config, log }, signal)
}

function makeCertificates(): CertificateFiles {
  const plan = planCertificates({
    clusterDomain,
    kubernetesServiceIp: '10.96.0.1',
    addresses: [address],
    dnsNames: [],
    nodes: [],
  })
  return ensureCertificates(plan, {}, { crypto: nodeCrypto, random: systemRandom }, systemClock.now()).files
}
