/** Carries calls to an API server over HTTP, as JSON; watches are streams of lines. */
import { asWeRead } from '#api/schemas.ts'
import { deepFreeze } from '#base/deep-freeze.ts'
import { ApiError, type Status } from '#machinery/errors/api-error.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { HttpClient, IncomingResponse, OutgoingRequest } from '#world/http.ts'
import type {
  ApiCall,
  DeleteOptions,
  ListOptions,
  ObjectList,
  PatchType,
  ResourcePath,
  Transport,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './transport.ts'

export interface HttpTransportOptions {
  readonly http: HttpClient
  /** `https://10.0.0.1:6443`, without a trailing slash. */
  readonly server: string
  readonly tls?: OutgoingRequest['tls']
  /** Asked for each request, so that a rotated token is picked up. */
  readonly token?: () => string | undefined | Promise<string | undefined>
  readonly userAgent?: string
  /** Refuses larger answers. Default 256 MiB: a list of everything in a large cluster. */
  readonly responseBytesMax?: number
}

const never = new AbortController().signal
const watchLineBytesMax = 16 * 1024 * 1024

const patchContentTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

export function createHttpTransport(options: HttpTransportOptions): Transport {
  const { http, server, responseBytesMax = 256 * 1024 * 1024 } = options

  async function send(
    method: string,
    target: string,
    body: { readonly type: string; readonly value: unknown } | undefined,
    signal: AbortSignal,
    accept = 'application/json',
  ) {
    const token = await options.token?.()
    return await http.request(
      {
        method,
        url: `${server}${target}`,
        headers: {
          accept,
          'user-agent': options.userAgent ?? 'skiff',
          ...(token && { authorization: `Bearer ${token}` }),
          ...(body && { 'content-type': body.type }),
        },
        ...(body && { body: new TextEncoder().encode(JSON.stringify(body.value)) }),
        ...(options.tls && { tls: options.tls }),
      },
      signal,
    )
  }

  return {
    async call(call, { signal = never } = {}) {
      const { method, query, body } = describeCall(call)
      const response = await send(method, formatPath(call.path) + query, body, signal)
      const text = new TextDecoder().decode(await response.readBody(responseBytesMax))
      if (response.status >= 400) throw errorFrom(response, text)
      return deepFreeze(parseAnswer(text)) as KubeObject | ObjectList<KubeObject>
    },
    async *watch(path, watchOptions, signal) {
      const query = formatQuery({ ...listQuery(watchOptions), ...watchQuery(watchOptions), watch: 'true' })
      const response = await send('GET', formatPath(path) + query, undefined, signal)
      if (response.status >= 400) {
        throw errorFrom(response, new TextDecoder().decode(await response.readBody(responseBytesMax)))
      }
      yield* readWatch(response, signal)
    },
    async document(path, { accept, signal = never } = {}) {
      const response = await send('GET', path, undefined, signal, accept)
      const text = new TextDecoder().decode(await response.readBody(responseBytesMax))
      if (response.status >= 400) throw errorFrom(response, text)
      return parseAnswer(text)
    },
  }
}

/** `/api/v1/namespaces/a/pods/b/status`, `/apis/apps/v1/deployments`; parts are percent-encoded. */
export function formatPath({ group, version, namespace, resource, name, subresource }: ResourcePath): string {
  const parts = group === '' ? ['api', version] : ['apis', group, version]
  if (namespace) parts.push('namespaces', namespace)
  parts.push(resource)
  if (name !== undefined) parts.push(name)
  if (subresource) parts.push(...subresource.split('/'))
  return `/${parts.map(encodeURIComponent).join('/')}`
}

interface Described {
  readonly method: string
  readonly query: string
  readonly body: { readonly type: string; readonly value: unknown } | undefined
}

function describeCall(call: ApiCall): Described {
  const json = (value: unknown) => ({ type: 'application/json', value })
  switch (call.verb) {
    case 'get':
      return { method: 'GET', query: formatQuery({ resourceVersion: call.resourceVersion }), body: undefined }
    case 'list':
      return { method: 'GET', query: formatQuery(listQuery(call.options)), body: undefined }
    case 'create':
      return { method: 'POST', query: formatQuery(writeQuery(call.options)), body: json(call.object) }
    case 'update':
      return { method: 'PUT', query: formatQuery(writeQuery(call.options)), body: json(call.object) }
    case 'patch':
      return {
        method: 'PATCH',
        query: formatQuery({ ...writeQuery(call.options), force: call.options.force ? 'true' : undefined }),
        body: { type: patchContentTypes[call.patchType], value: call.patch },
      }
    case 'delete':
      return { method: 'DELETE', query: '', body: json(deleteBody(call.options)) }
    case 'deletecollection':
      return { method: 'DELETE', query: formatQuery(listQuery(call.options)), body: json(deleteBody(call.options)) }
  }
}

function deleteBody({ gracePeriodSeconds, propagationPolicy, preconditions, dryRun }: DeleteOptions): unknown {
  return {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    gracePeriodSeconds,
    propagationPolicy,
    preconditions,
    ...(dryRun && { dryRun: ['All'] }),
  }
}

type Query = Readonly<Record<string, string | number | undefined>>

function writeQuery({ dryRun, fieldManager, fieldValidation }: WriteOptions): Query {
  return { dryRun: dryRun ? 'All' : undefined, fieldManager, fieldValidation }
}

function listQuery({
  labelSelector,
  fieldSelector,
  resourceVersion,
  resourceVersionMatch,
  limit,
  continue: token,
}: ListOptions): Query {
  return { labelSelector, fieldSelector, resourceVersion, resourceVersionMatch, limit, continue: token }
}

function watchQuery({ allowWatchBookmarks, sendInitialEvents, timeoutSeconds }: WatchOptions): Query {
  return {
    allowWatchBookmarks: allowWatchBookmarks ? 'true' : undefined,
    sendInitialEvents: sendInitialEvents?.toString(),
    timeoutSeconds,
  }
}

function formatQuery(query: Query): string {
  const parts: string[] = []
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parts.push(`${name}=${encodeURIComponent(value)}`)
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

function parseAnswer(text: string): unknown {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null ? asWeRead(value, text) : value
  } catch (error) {
    throw new Error(`the API server's answer is not JSON: ${text.slice(0, 200)}`, { cause: error })
  }
}

/** The server's own Status; an answer from something in between (a proxy, a load balancer) is put into one. */
function errorFrom(response: IncomingResponse, text: string): ApiError {
  const parsed = parseStatus(text)
  if (parsed) return new ApiError({ ...parsed, code: parsed.code ?? response.status })
  const retryAfter = Number(response.headers['retry-after'])
  return new ApiError({
    kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code: response.status,
    reason: response.status === 429 ? 'TooManyRequests' : response.status === 401 ? 'Unauthorized' : 'Unknown',
    message: text.trim() || `the server answered ${response.status}`,
    ...(Number.isFinite(retryAfter) && retryAfter > 0 && { details: { retryAfterSeconds: retryAfter } }),
  })
}

function parseStatus(text: string): Status | undefined {
  if (!text.startsWith('{')) return undefined
  const value = parseAnswer(text) as Partial<Status> | null
  return value?.kind === 'Status' ? value as Status : undefined
}

/** All complete lines of one chunk come out as one batch. */
async function* readWatch(
  response: IncomingResponse,
  signal: AbortSignal,
): AsyncGenerator<readonly WatchEvent<KubeObject>[]> {
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const chunk of response.chunks) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop()!
      if (rest.length > watchLineBytesMax) throw new Error('a watch event is too large')
      const events = lines.filter((line) => line.trim() !== '').map(parseEvent)
      if (events.length > 0) yield events
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

function parseEvent(line: string): WatchEvent<KubeObject> {
  const event = parseAnswer(line) as { readonly type: string; readonly object: KubeObject | Status }
  if (event.type === 'ERROR') throw new ApiError(event.object as Status)
  asWeRead(event.object, line)
  return deepFreeze(event) as WatchEvent<KubeObject>
}
