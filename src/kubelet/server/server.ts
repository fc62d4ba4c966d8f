/**
 * The kubelet's own API on port 10250: logs, commands and streams of containers, health and figures. A function from
 * request to response.
 */
import { utf8Encode } from '#base/bytes.ts'
import type { HttpClient, HttpRequest, HttpResponse } from '#world/http.ts'
import type { Log } from '#world/log.ts'
import type { KubeletConfig } from '../config.ts'
import type { Kubelet } from '../kubelet.ts'
import { text, type KubeletExchange } from './exchange.ts'
import { serveLogs } from './logs.ts'
import { renderContainerMetrics, renderKubeletMetrics, renderProbeMetrics, renderResourceMetrics } from './metrics.ts'
import { attributesOf, type KubeletAttributes } from './routes.ts'
import { serveAttach, serveExec, servePortForward, serveRun } from './streams.ts'
import { SummarySource } from './summary.ts'

export interface KubeletUser {
  readonly name: string
  readonly groups: readonly string[]
}

export interface KubeletServerOptions {
  readonly kubelet: Kubelet
  /** To the runtime's streaming server. */
  readonly httpClient: HttpClient
  readonly log: Log
  /** undefined: no credentials, or wrong ones. */
  readonly authenticate: (request: HttpRequest) => Promise<KubeletUser | undefined> | KubeletUser | undefined
  /** Asked with the node's resources: `nodes/proxy`, `nodes/log`, `nodes/stats`, `nodes/metrics`, … */
  readonly authorize: (user: KubeletUser, attributes: KubeletAttributes) => Promise<boolean> | boolean
}

export interface KubeletServer {
  handle(request: HttpRequest): Promise<HttpResponse>
}

export function createKubeletServer(options: KubeletServerOptions): KubeletServer {
  const { kubelet, httpClient } = options
  const log = options.log.named('server')
  const summary = new SummarySource(kubelet)
  return {
    async handle(request) {
      const [first = '', ...parts] = request.path
        .split('/')
        .filter((part) => part !== '')
        .map(decodeURIComponent)
      if (first === 'healthz' && parts.length === 0 && isLocal(request)) return text(200, 'ok')
      const user = await options.authenticate(request)
      if (!user) return text(401, 'Unauthorized')
      const attributes = attributesOf(request.method, request.path, kubelet.nodeName)
      if (!(await options.authorize(user, attributes))) {
        return text(
          403,
          `Forbidden (user=${user.name}, verb=${attributes.verb}, resource=nodes, subresource(s)=[${attributes.subresource}])\n`,
        )
      }
      const exchange: KubeletExchange = {
        kubelet,
        httpClient,
        request,
        query: new URLSearchParams(request.query),
        parts,
        log,
      }
      try {
        return await route(first, exchange, summary)
      } catch (error) {
        log.warn('could not answer', { path: request.path, error: String(error) })
        return text(500, `${error instanceof Error ? error.message : String(error)}\n`)
      }
    },
  }
}

function isLocal(request: HttpRequest): boolean {
  return (
    request.peer.address === '127.0.0.1'
    || request.peer.address === '::1'
    || request.peer.address === '::ffff:127.0.0.1'
  )
}

async function route(first: string, exchange: KubeletExchange, summary: SummarySource): Promise<HttpResponse> {
  const { kubelet, request, parts } = exchange
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  switch (first) {
    case 'healthz': return text(200, 'ok')
    case 'pods': return isRead ? json(podList(kubelet.pods.all())) : notAllowed()
    case 'runningpods': return isRead ? json(podList(running(kubelet))) : notAllowed()
    case 'containerLogs': return isRead ? await serveLogs(exchange) : notAllowed()
    case 'exec': return await serveExec(exchange)
    case 'attach': return await serveAttach(exchange)
    case 'portForward': return await servePortForward(exchange)
    case 'run': return request.method === 'POST' ? await serveRun(exchange) : notAllowed()
    case 'configz': return isRead ? json({ kubeletconfig: configuration(kubelet.config) }) : notAllowed()
    case 'stats': return parts[0] === 'summary' || parts.length === 0 ? json(await summary.read()) : notFound()
    case 'metrics':
      if (parts.length === 0) return metrics(renderKubeletMetrics(kubelet))
      if (parts[0] === 'resource') return metrics(renderResourceMetrics(await summary.read()))
      if (parts[0] === 'probes') return metrics(renderProbeMetrics(kubelet))
      if (parts[0] === 'cadvisor') {
        return metrics(renderContainerMetrics(await summary.read(), { machine: kubelet.facts }))
      }
      return notFound()
    default: return notFound()
  }
}

/** In the words of kubelet.config.k8s.io/v1beta1. */
function configuration(config: KubeletConfig): object {
  const { eviction, imageCollection } = config
  return {
    kind: 'KubeletConfiguration',
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    port: config.port,
    clusterDNS: config.clusterDns,
    clusterDomain: config.clusterDomain,
    cgroupRoot: config.cgroupRoot,
    cgroupDriver: 'cgroupfs',
    maxPods: config.maxPods,
    resolvConf: config.resolvConf,
    nodeLeaseDurationSeconds: config.leaseDurationSeconds,
    nodeStatusUpdateFrequency: `${config.statusIntervalMs / 1000}s`,
    nodeStatusReportFrequency: `${config.statusReportIntervalMs / 60_000}m0s`,
    containerLogMaxSize: String(config.logMaxBytes),
    containerLogMaxFiles: config.logMaxFiles,
    imageGCHighThresholdPercent: imageCollection.highPercent,
    imageGCLowThresholdPercent: imageCollection.lowPercent,
    evictionHard: {
      'memory.available': String(eviction.memoryAvailableBytes),
      'nodefs.available': `${eviction.nodefsAvailablePercent}%`,
      'nodefs.inodesFree': `${eviction.nodefsInodesFreePercent}%`,
      'imagefs.available': `${eviction.imagefsAvailablePercent}%`,
    },
    ...(config.staticPodDirectory !== undefined && { staticPodPath: config.staticPodDirectory }),
  }
}

function running(kubelet: Kubelet): readonly object[] {
  return kubelet.pods.all().filter(({ status }) => status?.phase === 'Running')
}

function podList(items: readonly object[]): object {
  return { kind: 'PodList', apiVersion: 'v1', metadata: {}, items }
}

function json(value: unknown): HttpResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: { type: 'bytes', chunks: [utf8Encode(JSON.stringify(value))] },
  }
}

function metrics(body: string): HttpResponse {
  return {
    status: 200,
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    body: { type: 'bytes', chunks: [utf8Encode(body)] },
  }
}

function notFound(): HttpResponse { return text(404, '404 page not found\n') }
function notAllowed(): HttpResponse { return text(405, '405: Method Not Allowed\n') }
