/**
 * Plain requests to an API server, for what has no place in a Transport: tables, logs, discovery, OpenAPI,
 * several content types.
 */
import { ApiError, type Status } from '#machinery/errors/api-error.ts'
import type { HttpClient, IncomingResponse, OutgoingRequest } from '#world/http.ts'

export interface HttpRequestsOptions {
  readonly http: HttpClient
  /** `https://10.0.0.1:6443`, without a trailing slash; may have a path. */
  readonly server: string
  readonly tls?: OutgoingRequest['tls']
  /** Sent with every request: authorization, impersonation, user agent. */
  readonly headers: Readonly<Record<string, string>>
  /** Called with the text of each `Warning` header. */
  readonly onWarning?: (text: string) => void
}

export type Query = Readonly<Record<string, string | number | boolean | undefined | readonly string[]>>

export interface ServerRequest {
  readonly method?: string
  /** With its leading slash, percent-encoded. */
  readonly path: string
  readonly query?: Query
  /** Default `application/json`. */
  readonly accept?: string
  readonly body?: { readonly type: string; readonly bytes: Uint8Array }
  readonly signal?: AbortSignal
}

export interface HttpRequests {
  /** Throws ApiError for an answer of 400 and above; what the connection throws is passed on. */
  send(request: ServerRequest): Promise<IncomingResponse>
  text(request: ServerRequest): Promise<string>
  json(request: ServerRequest): Promise<unknown>
  /** The text as it comes, in pieces that end anywhere but inside a character. */
  stream(request: ServerRequest): AsyncIterable<string>
}

const never = new AbortController().signal
const responseBytesMax = 512 * 1024 * 1024

export function createHttpRequests({ http, server, tls, headers, onWarning }: HttpRequestsOptions): HttpRequests {
  async function send({
    method = 'GET',
    path,
    query,
    accept = 'application/json',
    body,
    signal = never,
  }: ServerRequest): Promise<IncomingResponse> {
    const response = await http.request(
      {
        method,
        url: `${server}${path}${formatQuery(query ?? {}, path.includes('?'))}`,
        headers: { accept, ...headers, ...(body && { 'content-type': body.type }) },
        ...(body && { body: body.bytes }),
        ...(tls && { tls }),
      },
      signal,
    )
    for (const text of parseWarnings(response.headers['warning'])) onWarning?.(text)
    if (response.status < 400) return response
    throw errorFrom(method, response, new TextDecoder().decode(await response.readBody(responseBytesMax)))
  }
  const text = async (request: ServerRequest): Promise<string> =>
    new TextDecoder().decode(await (await send(request)).readBody(responseBytesMax))
  return {
    send, text,
    json: async (request) => JSON.parse(await text(request)) as unknown,
    async *stream(request) {
      const decoder = new TextDecoder()
      for await (const chunk of (await send(request)).chunks) yield decoder.decode(chunk, { stream: true })
    },
  }
}

function formatQuery(query: Query, extend: boolean): string {
  const parts = Object.entries(query).flatMap(([name, value]) => {
    const values = Array.isArray(value)
      ? (value as readonly string[])
      : value === undefined || value === ''
        ? []
        : [value]
    return values.map((inner) => `${name}=${encodeURIComponent(String(inner))}`)
  })
  return parts.length === 0 ? '' : `${extend ? '&' : '?'}${parts.join('&')}`
}

/** `299 - "text"`, several joined with commas; the quoted text has backslashes before quotes and backslashes. */
function parseWarnings(header: string | undefined): string[] {
  if (header === undefined) return []
  return [...header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, quoted]) => quoted!.replace(/\\(.)/g, '$1'))
}

/** The server's own Status, or what client-go says in place of one. */
function errorFrom(method: string, response: IncomingResponse, text: string): ApiError {
  if (text.startsWith('{')) {
    try {
      const status = JSON.parse(text) as Partial<Status>
      if (status.kind === 'Status') return new ApiError({ ...(status as Status), code: status.code ?? response.status })
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
    }
  }
  const [reason, message] = genericErrors[response.status] ?? [
    'Unknown',
    `the server responded with the status code ${response.status} but did not return more information`,
  ]
  return new ApiError(
    {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      code: response.status,
      reason: reason as 'Unknown',
      message:
        response.status === 400 || response.status === 401 || response.status === 403
          ? text.trim() || message
          : message,
      details: { causes: [{ reason: 'UnexpectedServerResponse', message: text.trim() }] },
    },
    { cause: `${method} answered ${response.status}` },
  )
}

const genericErrors: Readonly<Record<number, readonly [reason: string, message: string]>> = {
  400: ['BadRequest', 'the server rejected our request for an unknown reason'],
  401: ['Unauthorized', 'the server has asked for the client to provide credentials'],
  403: ['Forbidden', 'the server does not allow access to the requested resource'],
  404: ['NotFound', 'the server could not find the requested resource'],
  405: ['MethodNotAllowed', 'the server does not allow this method on the requested resource'],
  406: ['NotAcceptable', 'the server was unable to respond with a content type that the client supports'],
  409: ['Conflict', 'the server reported a conflict'],
  415: ['UnsupportedMediaType', 'the body of the request was in an unknown format'],
  422: ['Invalid', 'the server rejected our request due to an error in our request'],
  429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  500: ['InternalError', 'an error on the server has prevented the request from succeeding'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: [
    'Timeout',
    'the server was unable to return a response in the time allotted, but may still be processing the request',
  ],
}
