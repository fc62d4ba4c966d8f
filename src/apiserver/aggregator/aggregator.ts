/** API aggregation: versions of groups that other servers serve, as if they were this one's own. */
import { withTaskGroup } from '#base/task-group.ts'
import type { Transport } from '#client/transport.ts'
import type { GroupVersion } from '#machinery/meta/group-version.ts'
import type { Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { HttpClient, HttpResponse } from '#world/http.ts'
import type { Log } from '#world/log.ts'
import type { ForeignVersions } from '../discovery/documents.ts'
import type { Exchange } from '../exchange.ts'
import type { ForeignDocuments } from '../openapi/handler.ts'
import type { RequestInfo } from '../request-info.ts'
import { storedServices } from '../services/stored-services.ts'
import { ApiServices, type RemoteVersion } from './api-services.ts'
import { Availability } from './availability.ts'
import { proxyRequest, type FrontProxyCertificate, type ProxyTools } from './proxy.ts'
import { RemoteDocuments } from './remote-documents.ts'

export interface AggregatorOptions {
  readonly store: Store
  readonly http: HttpClient
  readonly clock: Clock
  readonly random: { next(): number }
  readonly log: Log
  readonly certificate: () => FrontProxyCertificate | undefined
  /** Default 60 s, as for this server's own requests. */
  readonly requestTimeoutMs?: number
}

export interface Aggregator {
  /** Who else answers such a request; undefined: this server, or nobody. */
  remoteOf(info: RequestInfo | GroupVersion): RemoteVersion | undefined
  /** The other server's answer; undefined: it is not another's to answer. */
  handle(exchange: Exchange): Promise<HttpResponse> | undefined
  readonly discovery: ForeignVersions
  readonly openApi: ForeignDocuments
  /** Figures in Prometheus' text format. */
  renderMetrics(): string
  /** Keeps all of this up to date until aborted; `transport` is the server's own. */
  run(transport: Transport, signal: AbortSignal): Promise<void>
}

const openApiPrefix = '/openapi/v3/'

/** Reads the store, but starts nothing: that is `run`. */
export function createAggregator(options: AggregatorOptions): Aggregator {
  const { store, clock, log } = options
  const services = new ApiServices(store)
  const tools: ProxyTools = {
    http: options.http, clock, certificate: options.certificate, requestTimeoutMs: options.requestTimeoutMs ?? 60_000,
    services: storedServices(store, options.random),
  }
  const documents = new RemoteDocuments(services, tools, log)
  let availability: Availability | undefined
  const remoteOf: Aggregator['remoteOf'] = (info) => {
    if (!services.hasRemotes) return undefined
    const version = 'type' in info && info.type === 'path' ? versionInPath(info.path) : info as GroupVersion
    return version && services.remote(version.group, version.version)
  }
  return {
    remoteOf,
    handle(exchange) {
      const remote = remoteOf(exchange.info) ?? describedBy(exchange, documents)
      return remote && proxyRequest(tools, remote, exchange)
    },
    discovery: {
      get generation() { return services.generation + documents.generation },
      versions: () => documents.versions(),
      priority: (group, version) => services.priority(group, version),
    },
    openApi: {
      get generation() { return services.generation + documents.generation },
      v2: () => documents.openApiV2(),
      v3: () => new Map([...documents.openApiV3()].map(([key, { url }]) => [key, url])),
      withoutV3: () => documents.openApiWithoutV3(),
    },
    renderMetrics: () => availability?.render() ?? '',
    async run(transport, signal) {
      const own = availability = new Availability({ services, tools, store, transport, log })
      await withTaskGroup(signal, async (group) => {
        group.start((inner) => services.run(inner))
        group.start((inner) => own.run(inner))
        group.start((inner) => documents.run(inner))
        await group.settled()
      })
    },
  }
}

/** Of `/apis/GROUP/VERSION`: its list of resources is the other server's to give. */
function versionInPath(path: string): GroupVersion | undefined {
  const [, prefix, group, version, ...more] = path.split('/')
  if (prefix !== 'apis' || !group || !version || more.some((part) => part !== '')) return undefined
  return { group, version }
}

/** Who serves a document of OpenAPI v3. */
function describedBy({ request }: Exchange, documents: RemoteDocuments): RemoteVersion | undefined {
  if (!request.path.startsWith(openApiPrefix)) return undefined
  return documents.openApiV3().get(request.path.slice(openApiPrefix.length))?.remote
}
