/**
 * Skiff as a library: a whole cluster in the caller's process, for tests and tools. `import { Cluster } from 'skiff'`.
 */
import { join } from 'node:path'
import { requireRuntimeConfig } from '#api/runtime-config.ts'
import {
  clusterAuthority,
  ensureCertificates,
  planCertificates,
  type CertificateFiles,
} from '#bootstrap/certificates.ts'
import { renderKubeconfig } from '#bootstrap/kubeconfig.ts'
import { createClient, type Client } from '#client/client.ts'
import { createControlPlane, type ControlPlane } from '#cluster/control-plane.ts'
import { systemClock } from '#host/clock.ts'
import { nodeCrypto } from '#host/crypto/node-crypto.ts'
import { systemDisk } from '#host/disk/disk.ts'
import { createHttpClient } from '#host/http/client.ts'
import { gzipStream } from '#host/http/compress.ts'
import { listen, type Server } from '#host/http/listen.ts'
import { systemRandom } from '#host/random.ts'
import { openEmbeddedStore } from '#storage/embedded/embedded-store.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import { silentLog, type Log } from '#world/log.ts'
import { openMachineEncryption } from './encryption.ts'
import { createNodeConnections } from './node-connections.ts'
import { startSimulatedNodes } from './simulated-nodes.ts'
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
  /** A file as `--encryption-provider-config`: which resources are encrypted at rest. Default: none. */
  readonly encryptionProviderConfig?: string
  readonly log?: Log
  /** Gives up the start. */
  readonly signal?: AbortSignal
}

const clusterDomain = 'cluster.local'
const serviceCidr = '10.96.0.0/12'
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
  readonly #certificates: CertificateFiles
  readonly #server: Server | undefined
  readonly #end: () => Promise<void>

  private constructor(parts: {
    readonly controlPlane: ControlPlane
    readonly certificates: CertificateFiles
    readonly server: Server | undefined
    readonly end: () => Promise<void>
  }) {
    this.controlPlane = parts.controlPlane
    this.#certificates = parts.certificates
    this.#server = parts.server
    this.#end = parts.end
    this.client = createClient(
      parts.controlPlane.transport({ name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }),
    )
  }

  /** Resolves when every node is Ready. */
  static async start(options: ClusterStartOptions = {}): Promise<Cluster> {
    const { nodes = 1, https = false, log = silentLog } = options
    const stop = new AbortController()
    const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
    await using resources = new AsyncDisposableStack()
    resources.defer(() => stop.abort(new Error('the cluster stops')))
    const certificates = makeCertificates()
    const httpClient = resources.use(createHttpClient())
    const store = resources.use(
      options.dataDirectory === undefined
        ? openVolatileStore({ clock: systemClock })
        : await openEmbeddedStore({
            disk: systemDisk,
            directory: join(options.dataDirectory, 'store'),
            clock: systemClock,
            log,
          }),
    )
    const encryption = options.encryptionProviderConfig === undefined ? undefined
      : await openMachineEncryption({ path: options.encryptionProviderConfig, isReloaded: false }, log, signal)
    const handle: { current?: ControlPlane } = {}
    const server = https === false ? undefined : resources.use(await listen({
      host: address, port: https === true ? 0 : https, log,
      handle: (request) => handle.current!.server.handle(request),
      certificates: {
        certificate: certificates['apiserver.crt']!,
        key: certificates['apiserver.key']!,
        clientCa: certificates['ca.crt']!,
      },
    }))
    const controlPlane = (handle.current = createControlPlane(
      {
        store: encryption ? await encryption.storeOver(store) : store,
        encryption,
        clock: systemClock,
        random: systemRandom,
        crypto: nodeCrypto,
        log,
        clusterDomain,
        serviceCidr,
        serviceAccountKey: certificates['sa.key']!,
        rootCertificate: certificates['ca.crt']!,
        certificateAuthority: clusterAuthority(certificates),
        advertiseAddress: address,
        port: server?.port ?? 443,
        version: serverVersion,
        nodes: createNodeConnections(certificates, httpClient),
        gzip: gzipStream,
        runtimeConfig: requireRuntimeConfig(options.runtimeConfig),
      },
      signal,
    ))
    const running = controlPlane.run(signal)
    running.catch((error: unknown) => {
      if (!signal.aborted) log.error('a component failed', { error: String(error) })
    })
    await controlPlane.started
    await startSimulatedNodes(
      {
        count: nodes,
        controlPlane,
        config: { clusterDomain, dnsServiceIp: '10.96.0.10', podCidr: '10.244.0.0/16' },
        log,
      },
      signal,
    )
    const owned = resources.move()
    const end = async (): Promise<void> => {
      stop.abort(new Error('the cluster stops'))
      await running.catch(() => undefined)
      await owned.disposeAsync()
    }
    return new Cluster({ controlPlane, certificates, server, end })
  }

  /** `https://127.0.0.1:PORT`; undefined without the option `https`. */
  get url(): string | undefined {
    return this.#server && `https://${address}:${this.#server.port}`
  }

  /** An administrator's, as YAML; undefined without the option `https`. */
  get kubeconfig(): string | undefined {
    const server = this.url
    if (server === undefined) return undefined
    const {
      'ca.crt': certificateAuthority,
      'super-admin.crt': certificate,
      'super-admin.key': key,
    } = this.#certificates
    return renderKubeconfig({
      name: 'skiff',
      server,
      certificateAuthority: certificateAuthority!,
      certificate: certificate!,
      key: key!,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
  }
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
