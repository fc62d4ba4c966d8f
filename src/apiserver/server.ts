/**
 * The API server: a function from request to response over a store. It knows no sockets, no clock but the given one, no
 * files.
 */
import type { Transport } from '#client/transport.ts'
import { noSuchPath } from '#machinery/errors/api-error.ts'
import type { AnyKind, Verb } from '#machinery/schema/define-kind.ts'
import type { SchemaTable } from '#machinery/schema/table.ts'
import { prefixRange, type Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { HttpRequest, HttpResponse } from '#world/http.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import type { AdmissionPlugin } from './admission/admission.ts'
import type { Aggregator } from './aggregator/aggregator.ts'
import { aggregatingTransport } from './aggregator/aggregating-transport.ts'
import { keepResponse } from './audit/audit-requests.ts'
import type { Auditor } from './audit/auditor.ts'
import type { Authenticator, UserInfo } from './authn/authenticator.ts'
import type { AnonymousConfiguration } from './authn/oidc/configuration.ts'
import type { Authorizer } from './authz/authorizer.ts'
import { serveDiscovery } from './discovery/discovery.ts'
import { createExchange, isLongRunning, type Exchange, type Handler } from './exchange.ts'
import { buildChain } from './filters.ts'
import type { FlowController } from './flowcontrol/flow-controller.ts'
import { serveHealth, type HealthCheck } from './health.ts'
import { HealthMetrics } from './health-metrics.ts'
import { serveIndex } from './index-page.ts'
import { KindRegistry, type ServedResource } from './kind-registry.ts'
import { refuseCustomRequest } from './crd/refuse-request.ts'
import { createLocalTransport } from './local-transport.ts'
import { ServerMetrics, type ProcessMetrics, type StoredObjects } from './metrics.ts'
import { badRequestPage, noRequestInfo, notFoundPage, textResponse, type PathHandler } from './paths.ts'
import { parseRequestInfo, readableQuery, type RequestInfo, type ResourceRequest } from './request-info.ts'
import { compressResponse, type Gzip } from './rest/compress.ts'
import { BodyError } from './rest/body-error.ts'
import { KeyLocks, type KindHooks, type RestContext } from './rest/context.ts'
import { seeWhatWasWritten } from './rest/elsewhere.ts'
import { handleVerb } from './rest/handlers.ts'
import { collectionRange, kindPrefix } from './rest/keys.ts'
import { contentTypes } from './rest/negotiate.ts'
import { createObjectCodec } from './rest/object-codec.ts'
import { Pace, type GiveWay } from './rest/pace.ts'
import { methodNotServed } from './rest/refuse.ts'
import { scopeOf } from './rest/scope.ts'
import { createWireCodec } from './rest/wire-codec.ts'
import { refuseMethod, refuseUnknown } from './routes.ts'
import type { SubresourceTable } from './subresources/kinds-of-subresource.ts'
import { findSubresource, serveSubresource } from './subresources/subresource.ts'
import { buildInfo, serveVersion, type ServerVersion } from './version.ts'
import { serveZPages, zPaths } from './z-pages.ts'

export interface ApiServerOptions {
  readonly store: Store
  readonly kinds: readonly AnyKind[]
  readonly schemas: SchemaTable
  readonly authenticators: readonly Authenticator[]
  readonly authorizer: Authorizer
  readonly admission: readonly AdmissionPlugin[]
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Who may come without credentials, as `system:anonymous`; otherwise 401. Default: everybody, to every path. */
  readonly anonymous?: AnonymousConfiguration | undefined
  readonly audit?: Auditor | undefined
  /** Versions that other servers serve, behind Services. */
  readonly aggregator?: Aggregator
  readonly gzip?: Gzip
  readonly giveWay?: GiveWay
  readonly limits?: Partial<Limits>
  /** Priority and fairness, in place of the limits of requests in flight. */
  readonly priorities?: FlowController
  readonly processMetrics?: ProcessMetrics
  /** Rules of single kinds that reach beyond the object, by `group/plural`. */
  readonly hooks?: ReadonlyMap<string, KindHooks>
  /**
   * Handlers of subresources, and of kinds that are never stored, by `group/plural/subresource` (empty for the kind
   * itself).
   */
  readonly subresources?: SubresourceTable
  readonly version: ServerVersion
  /** How the server was started, by upstream's names of the flags, for `/flagz`. */
  readonly flags?: Readonly<Record<string, string>>
  /** `host:port`, told to clients in `/api`. */
  readonly serverAddress?: string
  readonly healthChecks?: readonly HealthCheck[]
  /** Figures of other parts of the server, in Prometheus' text format. */
  readonly moreMetrics?: () => string
  /** What is served beside resources, discovery, health, version and metrics: the first that answers. */
  readonly paths?: readonly PathHandler[]
}

/** Somebody answers; and log lines are written as they come, so that none can be left behind. */
const ownChecks: readonly HealthCheck[] = [{ name: 'ping', check: () => {} }, { name: 'log', check: () => {} }]

export interface Limits {
  readonly maxReadsInFlight: number
  readonly maxWritesInFlight: number
  readonly requestTimeoutMs: number
}

const defaultLimits: Limits = { maxReadsInFlight: 400, maxWritesInFlight: 200, requestTimeoutMs: 60_000 }

export interface ApiServer {
  handle(request: HttpRequest): Promise<HttpResponse>
  /**
   * Calls without HTTP: the same authorization, admission and validation, and objects as frozen values instead of
   * bytes.
   */
  localTransport(user: UserInfo): Transport
  /** Custom resource definitions add and remove kinds here. */
  readonly kinds: KindRegistry
  readonly metrics: ServerMetrics
  readonly context: RestContext
}

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { clock, log } = options
  const kinds = new KindRegistry(options.kinds)
  const metrics = new ServerMetrics(options.processMetrics)
  const wire = createWireCodec(options.schemas)
  const context: RestContext = {
    store: options.store,
    kinds,
    schemas: options.schemas,
    clock,
    random: options.random,
    log: log.named('apiserver'),
    authorizer: options.authorizer,
    admission: options.admission,
    hooks: options.hooks ?? new Map(),
    locks: new KeyLocks(),
    codec: createObjectCodec(options.schemas),
    wire,
    meterWatch: ({ kind, version, namespace }) =>
      metrics.watchBegan({
        group: kind.group,
        version: version.version,
        resource: kind.plural,
        wide: namespace === '',
      }),
    meterAdmission: metrics.requests,
    ...(options.giveWay && { giveWay: options.giveWay }),
  }
  const dispatch = dispatcher(context, options, metrics)
  const chain = buildChain(dispatch, {
    clock, log: context.log, wire, metrics, authenticators: options.authenticators, authorizer: options.authorizer,
    anonymous: options.anonymous ?? { enabled: true, conditions: [] }, audit: options.audit,
    ...defaultLimits, ...options.limits,
    auditIdPrefix: options.random.uuid().slice(0, 24),
    isDelegated: (info) => options.aggregator?.remoteOf(info) !== undefined,
    priorities: options.priorities && {
      controller: options.priorities, countObjects: ({ info }) => countListed(context, info),
    },
  })
  return {
    kinds, metrics, context,
    async handle(given) {
      const query = readableQuery(given.query)
      const request = query === given.query ? given : withQuery(given, query)
      const info = parseRequestInfo(request.method, request.path, query)
      if (info === 'broken escape') return badRequestPage
      if (info === 'no resource') return noRequestInfo(request.path)
      return await chain(createExchange(request, info, clock.now()))
    },
    localTransport: (user) =>
      aggregatingTransport(createLocalTransport(context, options.subresources ?? new Map(), user, options.audit), {
        user, dispatch, authorizer: options.authorizer, auditor: options.audit, clock, random: options.random,
        isElsewhere: (path) => options.aggregator?.remoteOf(path) !== undefined
          || options.subresources?.get(`${path.group}/${path.resource}/`)?.type === 'connect',
      }),
  }
}

const otherPaths: readonly string[] = [
  '/healthz', '/livez', '/metrics', '/metrics/slis', '/openapi/v2', '/openapi/v3', '/readyz', '/version', ...zPaths,
]

function dispatcher(context: RestContext, options: ApiServerOptions, metrics: ServerMetrics): Handler {
  const subresources: SubresourceTable = options.subresources ?? new Map()
  const health = new HealthMetrics()
  const paths: readonly PathHandler[] = [
    ...(options.paths ?? []),
    serveDiscovery(context, options.serverAddress ?? '', options.aggregator?.discovery),
    serveHealth([...ownChecks, ...(options.healthChecks ?? [])], health, context.log),
    ({ request }) => (request.path === '/metrics/slis' ? textResponse(200, health.render(), metricsType) : undefined),
    serveVersion(options.version),
    ({ request }) => {
      if (request.path !== '/metrics') return undefined
      if (request.method === 'DELETE') {
        metrics.reset()
        return textResponse(200, 'metrics reset\n')
      }
      return textResponse(200, metrics.render(countObjects(context)) + buildInfo(options.version)
        + (options.moreMetrics?.() ?? ''), metricsType)
    },
    serveZPages({ clock: options.clock, version: options.version, paths: otherPaths, flags: options.flags ?? {} }),
    serveIndex(context.kinds, otherPaths, options.aggregator?.discovery),
  ]
  return async (exchange) => {
    const { info } = exchange
    const delegated = options.aggregator?.handle(exchange)
    if (delegated) return await delegated
    if (info.type === 'resource') {
      const resource = context.kinds.find(info.group, info.version, info.resource)
      if (resource) {
        return compressResponse(
          keepAudited(
            context, exchange, await dispatchResource(context, subresources, metrics, exchange, info, resource),
          ),
          exchange.request,
          options.gzip,
          isLongRunning(info),
        )
      }
    }
    refuseMethod(exchange, context.kinds)
    for (const handler of paths) {
      const response = await handler(exchange)
      if (!response) continue
      // Of the documents this alone is large, and compressed by upstream.
      const isLarge = exchange.request.path === '/openapi/v2'
      return isLarge ? compressResponse(response, exchange.request, options.gzip, false) : response
    }
    refuseUnknown(exchange, context.kinds)
    return notFoundPage
  }
}

function withQuery(request: HttpRequest, query: string): HttpRequest {
  const { method, path, headers, peer, signal, upgrade } = request
  return {
    method, path, query, headers, peer, signal, upgrade,
    readBody: (limitBytes) => request.readBody(limitBytes),
    streamBody: () => request.streamBody(),
  }
}

function keepAudited({ codec }: RestContext, { audit }: Exchange, response: HttpResponse): HttpResponse {
  return keepResponse(audit, response, (contentType, bytes) => {
    try {
      return JSON.stringify(codec.parse(contentType === contentTypes.yaml ? 'yaml' : 'protobuf', bytes, false).value)
    } catch (error) {
      if (error instanceof BodyError) return ''
      throw error
    }
  })
}

/** How many objects a list would look at. */
function countListed({ kinds, store }: RestContext, info: RequestInfo): number | undefined {
  if (info.type !== 'resource') return undefined
  const kind = kinds.find(info.group, info.version, info.resource)?.kind
  return kind && store.current().count(collectionRange(kind, info.namespace))
}

/** How many objects of each kind are stored, of kinds that are. */
function* countObjects({ kinds, store }: RestContext): Iterable<StoredObjects> {
  const view = store.current()
  for (const kind of kinds.kinds) {
    // Of several kinds over the same objects, one.
    const isCounted = kind.storedVersion.custom
      ? kinds.findStored(kind.group, kind.plural)?.kind === kind : !kind.storedAs
    if (!kind.verbs.includes('list') || !isCounted) continue
    yield { group: kind.group, resource: kind.plural, count: view.count(prefixRange(kindPrefix(kind))) }
  }
}

const metricsType = 'text/plain; version=0.0.4; charset=utf-8'

async function dispatchResource(
  context: RestContext,
  subresources: SubresourceTable,
  metrics: ServerMetrics,
  exchange: Exchange,
  info: ResourceRequest,
  resource: ServedResource,
): Promise<HttpResponse> {
  const { request } = exchange
  const { kind } = resource
  const seen = seeWhatWasWritten(context.store, info.verb)
  if (seen) await seen
  const scope = scopeOf(exchange, info, resource, new Pace(context.giveWay))
  const { deprecation } = resource.version
  if (deprecation) {
    scope.warn(deprecation.message)
    exchange.audit?.annotate('k8s.io/deprecated', 'true')
    if (deprecation.removedRelease) exchange.audit?.annotate('k8s.io/removed-release', deprecation.removedRelease)
    metrics.deprecatedRequested(info, deprecation.removedRelease)
  }
  const refusal = resource.version.custom && refuseCustomRequest(kind, info)
  if (refusal === 'no such page') return notFoundPage
  if (refusal) throw refusal
  const subresource = findSubresource(subresources, kind, info.subresource)
  // Upstream has no route for it, but for what is passed on.
  if (request.method === 'HEAD' && subresource?.type !== 'connect') throw methodNotServed()
  if (info.rest.length > 0 && subresource?.type !== 'connect') throw noSuchPath()
  if (info.verb === 'proxy' || (info.watchByPath && info.subresource !== '')) throw noSuchPath()
  if (subresource) return await serveSubresource(context, scope, subresource, info, request)
  if (info.subresource === 'status' && kind.subresources?.status) {
    if (info.verb === 'get' || info.verb === 'update' || info.verb === 'patch') {
      return await handleVerb(context, scope, info.verb, request)
    }
    throw methodNotServed()
  }
  if (info.subresource !== '') throw noSuchPath()
  if (!kind.namespaced && info.namespace !== '' && kind.plural !== 'namespaces') throw noSuchPath()
  // A list or a watch may be over all namespaces; everything else of a namespaced kind needs one.
  if (kind.namespaced && info.namespace === '' && info.verb !== 'list' && info.verb !== 'watch') {
    throw info.name === '' ? methodNotServed() : noSuchPath()
  }
  if (!kind.verbs.includes(info.verb as Verb)) throw methodNotServed()
  return await handleVerb(context, scope, info.verb, request)
}
