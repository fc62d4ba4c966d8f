/** Logs, exec, attach, port-forward and the proxies: what the API server passes on to a kubelet, a pod or a service. */
import type { Node, Pod, Service } from '#api/gen/core-v1.ts'
import type { EndpointSlice } from '#api/gen/discovery-v1.ts'
import {
  ApiError,
  badRequest,
  internalError,
  invalid,
  notFound,
  serviceUnavailable,
} from '#machinery/errors/api-error.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue } from '#machinery/errors/field-errors.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { HttpResponse, IncomingResponse } from '#world/http.ts'
import { parseBoolParameter } from '../request-info.ts'
import { runMutatingAdmission, runValidatingAdmission } from '../rest/admit.ts'
import { authorizeCreateOnUpdate } from '../rest/authorize.ts'
import type { RequestScope, RestContext } from '../rest/context.ts'
import { getObject } from '../rest/get.ts'
import { collectionRange, objectKeyInStore } from '../rest/keys.ts'
import { scopeWith } from '../rest/scope.ts'
import { decodeLean } from '../rest/stored-form.ts'
import { channelProtocol, serveChannels, type StreamOptions } from '../streams/channels.ts'
import { serveTunnel, tunnelProtocol } from '../streams/tunnel.ts'
import { offeredProtocols } from '../websocket.ts'
import { proxyOptions, streamOptions } from './connect-options.ts'
import { forward, forwardUpgrade, type Destination } from './forward.ts'
import type { ConnectRequest, Subresource } from './kinds-of-subresource.ts'
import type { NodeConnections } from './node-connection.ts'

/** `exec`, `attach` and `portForward` are the kubelet's own paths. */
export function podConnect(nodes: NodeConnections, path: 'exec' | 'attach' | 'portForward'): Subresource {
  return {
    type: 'connect',
    async connect({ context, scope, request }) {
      // A websocket begins with a GET, but what it does is no reading.
      if (request.method === 'GET') await authorizeCreateOnUpdate(context, scope)
      const pod = decodeLean<Pod>(await getObject(context, scope))
      const values = new URLSearchParams(request.query)
      const container = path === 'portForward' ? undefined : chooseContainer(pod, values.get('container') ?? '')
      await admitConnect(context, scope, streamOptions(path, values, container))
      if (!pod.spec?.nodeName) throw badRequest(`pod ${scope.name} does not have a host assigned`)
      const { namespace, name, uid } = pod.metadata
      const target = `/${path}/${namespace}/${name}${container === undefined ? '' : `/${container}`}`
      const query = path === 'portForward' ? portForwardQuery(values, uid) : streamQuery(values)
      const destination = kubelet(context, nodes, pod.spec.nodeName, target, query)
      const offered = offeredProtocols(request)
      if (path === 'portForward' && offered.includes(tunnelProtocol)) {
        return await serveTunnel(request, destination, scope.signal)
      }
      if (path !== 'portForward' && offered.includes(channelProtocol)) {
        return await serveChannels(request, destination, wantedStreams(values), scope.signal)
      }
      return await forwardUpgrade(request, destination, scope.signal)
    },
  }
}

function wantedStreams(values: URLSearchParams): StreamOptions {
  const flag = (name: string): boolean => parseBoolParameter(values.get(name))
  return { stdin: flag('stdin'), stdout: flag('stdout'), stderr: flag('stderr'), tty: flag('tty') }
}

function streamQuery(values: URLSearchParams): string {
  const query = new URLSearchParams()
  for (const [name, kubeletName] of [
    ['stdin', 'input'], ['stdout', 'output'], ['stderr', 'error'], ['tty', 'tty'],
  ] as const) {
    if (parseBoolParameter(values.get(name))) query.append(kubeletName, '1')
  }
  for (const word of values.getAll('command')) query.append('command', word)
  return query.toString()
}

function portForwardQuery(values: URLSearchParams, uid: string): string {
  const query = new URLSearchParams()
  const ports = values.getAll('ports')
  if (ports.length > 0) query.append('port', ports.join(','))
  query.append('uid', uid)
  return query.toString()
}

/** Every open connection is a CONNECT for admission. */
async function admitConnect(context: RestContext, scope: RequestScope, options: KubeObject): Promise<void> {
  const request = {
    operation: 'CONNECT', scope, name: scope.name, object: options, old: undefined, dryRun: false,
  } as const
  await runMutatingAdmission(context, request)
  await runValidatingAdmission(context, request)
}

const logFlags = ['follow', 'previous', 'timestamps'] as const
const logNumbers = ['sinceSeconds', 'tailLines', 'limitBytes'] as const

export function podLog(nodes: NodeConnections): Subresource {
  return {
    type: 'connect',
    async connect({ context, scope, request }) {
      const pod = decodeLean<Pod>(await getObject(context, scope))
      const values = new URLSearchParams(request.query)
      checkLogOptions(values, scope.name)
      const container = chooseContainer(pod, values.get('container') ?? '')
      // A pod that runs nowhere has said nothing.
      if (!pod.spec?.nodeName) return { status: 200, headers: logHeaders, body: { type: 'bytes', chunks: [] } }
      const path = `/containerLogs/${pod.metadata.namespace}/${pod.metadata.name}/${container}`
      const { http, url, tls } = kubelet(context, nodes, pod.spec.nodeName, path, logQuery(values))
      const insecure = values.get('insecureSkipTLSVerifyBackend') === 'true'
      const response = await http.request(
        { method: 'GET', url, headers: {}, ...(tls && { tls: { ...tls, ...(insecure && { insecure }) } }) },
        scope.signal,
      )
        .catch((error: unknown) => { throw internalError(
          error instanceof Error ? error.message : String(error), { cause: error },
        ) })
      if (response.status >= 400) throw await logFailure(response, scope)
      return { status: 200, headers: logHeaders, body: { type: 'stream', chunks: response.chunks } }
    },
  }
}

const logHeaders = { 'content-type': 'text/plain' }

function logQuery(values: URLSearchParams): string {
  const query = new URLSearchParams()
  for (const name of logFlags) if (values.get(name) === 'true' || values.get(name) === '1') query.append(name, 'true')
  for (const name of ['sinceTime', 'stream', ...logNumbers]) {
    const value = values.get(name)
    if (value) query.append(name, value)
  }
  return query.toString()
}

function checkLogOptions(values: URLSearchParams, pod: string): void {
  const errors: FieldError[] = []
  const number = (name: string, least: number): void => {
    const text = values.get(name)
    if (!text) return
    if (!/^-?[0-9]+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
    const value = Number(text)
    if (value < least) {
      errors.push(
        invalidValue(name, value, least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0'),
      )
    }
  }
  number('tailLines', 0)
  number('limitBytes', 1)
  number('sinceSeconds', 1)
  if (values.get('sinceSeconds') && values.get('sinceTime')) {
    errors.push({
      type: 'FieldValueForbidden', field: '',
      message: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    })
  }
  if (errors.length > 0) throw invalid({ group: '', resource: 'PodLogOptions' }, pod, errors)
}

/** The kubelet's plain-text refusal as a status. */
async function logFailure(response: IncomingResponse, scope: RequestScope): Promise<ApiError> {
  const text = new TextDecoder().decode(await response.readBody(64 * 1024))
  switch (response.status) {
    case 400: return badRequest(text)
    case 404: return new ApiError({
      ...notFound({ group: '', resource: 'pods/log' }, scope.name).status, message: text,
    })
    default: return internalError(text)
  }
}

function chooseContainer(pod: Stored<Pod>, wanted: string): string {
  const containers = pod.spec?.containers ?? []
  const all = [...(pod.spec?.initContainers ?? []), ...containers, ...(pod.spec?.ephemeralContainers ?? [])].map(
    ({ name }) => name,
  )
  const { name } = pod.metadata
  if (wanted !== '') {
    if (!all.includes(wanted)) throw badRequest(`container ${wanted} is not valid for pod ${name}`)
    return wanted
  }
  if (containers.length === 1) return containers[0]!.name
  if (containers.length === 0) throw badRequest(`a container name must be specified for pod ${name}`)
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${all.join(' ')}]`)
}

function kubelet(
  context: RestContext, nodes: NodeConnections, nodeName: string, path: string, query: string,
): Destination {
  const resource = context.kinds.findStored('', 'nodes')!
  const entry = context.store.current().get(objectKeyInStore(resource.kind, '', nodeName))
  if (!entry) throw notFound({ group: '', resource: 'nodes' }, nodeName)
  const { http, baseUrl, tls } = nodes.connect(decodeLean<Node>(entry))
  return { http, tls, url: `${baseUrl}${path}${query === '' ? '' : `?${query}`}` }
}

export function nodeProxy(nodes: NodeConnections): Subresource {
  return {
    type: 'connect',
    async connect(connection) {
      const { context, scope, request } = connection
      await admitConnect(context, scope, proxyOptions('NodeProxyOptions', proxiedPath(connection)))
      const [, name] = splitTarget(scope.name)
      const redirect = trailingSlash(connection)
      if (redirect) return redirect
      return await forward(request, kubelet(context, nodes, name, proxiedPath(connection), request.query), scope.signal)
    },
  }
}

export function podProxy(nodes: NodeConnections): Subresource {
  return {
    type: 'connect',
    async connect(connection) {
      const { context, scope, request } = connection
      const [scheme, name, port] = splitTarget(scope.name)
      const pod = decodeLean<Pod>(await getObject(context, scopeWith(scope, { name })))
      await admitConnect(context, scope, proxyOptions('PodProxyOptions', proxiedPath(connection)))
      const redirect = trailingSlash(connection)
      if (redirect) return redirect
      const address = pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP
      if (!address) throw badRequest('address not allowed')
      const wanted = port !== '' ? podPort(pod, port) : portsOf(pod)[0]?.containerPort
      return await forward(request, direct(nodes, scheme, address, wanted, connection), scope.signal)
    },
  }
}

function portsOf(pod: Stored<Pod>) {
  return (pod.spec?.containers ?? []).flatMap(({ ports }) => ports ?? [])
}

function podPort(pod: Stored<Pod>, port: string): number {
  const named = portsOf(pod).find(({ name }) => name === port)
  return named?.containerPort ?? parsePort(port)
}

export function serviceProxy(nodes: NodeConnections): Subresource {
  return {
    type: 'connect',
    async connect(connection) {
      const { context, scope, request } = connection
      const [scheme, name, port] = splitTarget(scope.name)
      const service = decodeLean<Service>(await getObject(context, scopeWith(scope, { name })))
      await admitConnect(context, scope, proxyOptions('ServiceProxyOptions', proxiedPath(connection)))
      const redirect = trailingSlash(connection)
      if (redirect) return redirect
      const endpoint = chooseEndpoint(context, service, port)
      if (!endpoint) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(scope.name)}`)
      return await forward(request, direct(nodes, scheme, endpoint.address, endpoint.port, connection), scope.signal)
    },
  }
}

function chooseEndpoint(
  context: RestContext, service: Stored<Service>, port: string,
): { readonly address: string; readonly port: number } | undefined {
  const ports = service.spec?.ports ?? []
  const only = ports.length === 1 ? ports[0] : undefined
  const wanted = port === '' ? only : ports.find((each) => each.name === port || String(each.port) === port)
  if (!wanted && port !== '') {
    throw serviceUnavailable(
      `no service port ${JSON.stringify(port)} found for service ${JSON.stringify(service.metadata.name)}`,
    )
  }
  const resource = context.kinds.findStored('discovery.k8s.io', 'endpointslices')
  if (!resource) return undefined
  const candidates: { readonly address: string; readonly port: number }[] = []
  for (const entry of context.store.current().list(collectionRange(resource.kind, service.metadata.namespace ?? ''))) {
    const slice = decodeLean<EndpointSlice>(entry)
    if (slice.metadata.labels?.['kubernetes.io/service-name'] !== service.metadata.name) continue
    const slicePort = (slice.ports ?? []).find(({ name }) => (name ?? '') === (wanted?.name ?? ''))
    if (slicePort?.port === undefined) continue
    for (const { addresses, conditions } of slice.endpoints ?? []) {
      if (conditions?.ready === false || !addresses[0]) continue
      candidates.push({ address: addresses[0], port: slicePort.port })
    }
  }
  return candidates[Math.floor(context.random.next() * candidates.length)]
}

function direct(
  nodes: NodeConnections, scheme: string, address: string, port: number | undefined, connection: ConnectRequest,
): Destination {
  const host = address.includes(':') ? `[${address}]` : address
  const authority = port === undefined ? host : `${host}:${port}`
  const query = connection.request.query === '' ? '' : `?${connection.request.query}`
  return {
    http: nodes.http,
    url: `${scheme}://${authority}${proxiedPath(connection)}${query}`,
    // Pods have certificates of their own making, which nobody here could verify.
    tls: scheme === 'https' ? { insecure: true } : undefined,
  }
}

/** `name`, `name:port`, `scheme:name:port`. */
function splitTarget(text: string): readonly [scheme: string, name: string, port: string] {
  const parts = text.split(':')
  if (parts.length === 1) return ['http', text, '']
  if (parts.length === 2) return ['http', parts[0]!, parts[1]!]
  if (parts.length === 3 && (parts[0] === 'http' || parts[0] === 'https' || parts[0] === '')) {
    return [parts[0] || 'http', parts[1]!, parts[2]!]
  }
  throw badRequest(`invalid service request ${JSON.stringify(text)}`)
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^[0-9]+$/.test(text) || port < 1 || port > 65535) throw badRequest(`invalid port ${JSON.stringify(text)}`)
  return port
}

/** The path behind `/proxy`, as the client wrote it: what is encoded there stays encoded. */
function proxiedPath({ request }: ConnectRequest): string {
  const rest = /^\/+api\/[^/]+\/(?:namespaces\/[^/]+\/)?[^/]+\/[^/]+\/proxy(.*)$/.exec(request.path)?.[1] ?? ''
  return rest === '' ? '/' : rest
}

/** `…/proxy` without a slash would break the relative links of whatever is behind it. */
function trailingSlash({ request }: ConnectRequest): HttpResponse | undefined {
  if (!request.path.endsWith('/proxy') || (request.method !== 'GET' && request.method !== 'HEAD')) return undefined
  const query = request.query === '' ? '' : `?${request.query}`
  return { status: 301, headers: { location: `${request.path}/${query}` }, body: { type: 'none' } }
}

