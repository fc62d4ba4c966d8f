/** Calls from inside the process that reach other servers too: what is not served here goes the way of a request. */
import { concatBytes } from '#base/bytes.ts'
import { createHttpTransport } from '#client/http-transport.ts'
import type { ResourcePath, Transport } from '#client/transport.ts'
import { tooLarge } from '#machinery/errors/api-error.ts'
import type { Clock } from '#world/clock.ts'
import type { HttpBody, HttpClient, HttpRequest, IncomingResponse, OutgoingRequest } from '#world/http.ts'
import type { Random } from '#world/random.ts'
import { auditRequests } from '../audit/audit-requests.ts'
import type { Auditor } from '../audit/auditor.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import type { Authorizer } from '../authz/authorizer.ts'
import { createExchange, type Handler } from '../exchange.ts'
import { parseRequestInfo } from '../request-info.ts'
import { authorizeRequest } from '../rest/authorize.ts'

export interface AggregatingOptions {
  readonly user: UserInfo
  /** What follows authorization. */
  readonly dispatch: Handler
  readonly authorizer: Authorizer
  readonly auditor: Auditor | undefined
  readonly clock: Clock
  readonly random: Random
  /** What is not an object of this server's store. */
  readonly isElsewhere: (path: ResourcePath) => boolean
}

type ObjectTransport = Omit<Transport, 'document'>

/** `local` for what this server serves itself. */
export function aggregatingTransport(local: ObjectTransport, options: AggregatingOptions): Transport {
  const remote = createHttpTransport({ http: inProcessClient(options), server: 'https://kubernetes.default.svc' })
  const choose = (path: ResourcePath): ObjectTransport => (options.isElsewhere(path) ? remote : local)
  return {
    call: (call, callOptions) => choose(call.path).call(call, callOptions),
    watch: (path, watchOptions, signal) => choose(path).watch(path, watchOptions, signal),
    document: remote.document,
  }
}

/** The server as somebody who talks HTTP would find it behind its door, as one user. */
function inProcessClient(options: AggregatingOptions): HttpClient {
  const { user, dispatch, authorizer, auditor, clock, random } = options
  const serve: Handler = async (exchange) => {
    await authorizeRequest(authorizer, user, exchange.info, exchange.audit)
    return await dispatch(exchange)
  }
  const audit = auditor && auditRequests(auditor)
  return {
    async request(outgoing, signal) {
      const request = incomingRequest(outgoing, signal)
      const info = parseRequestInfo(request.method, request.path, request.query)
      if (typeof info === 'string') throw new Error(`malformed path: ${request.path}`)
      const exchange = createExchange(request, info, clock.now())
      exchange.user = user
      exchange.auditId = random.uuid()
      const { status, headers, body } = await (audit ? audit(exchange, serve) : serve(exchange))
      return incomingResponse(status, headers, body)
    },
    upgrade: () => Promise.reject(new Error('connections inside the process are not upgraded')),
  }
}

function incomingRequest({ method, url, headers, body }: OutgoingRequest, signal: AbortSignal): HttpRequest {
  const { pathname, search } = new URL(url)
  const received: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) received[name] = typeof value === 'string' ? value : value.join(', ')
  return {
    method, path: pathname, query: search.slice(1), headers: received, signal, upgrade: undefined,
    peer: { address: '127.0.0.1', certificate: undefined },
    readBody: () => Promise.reject(new Error('bodies are passed on, and not read')),
    async *streamBody() {
      if (body instanceof Uint8Array) yield body
      else if (body) yield* body
    },
  }
}

function incomingResponse(
  status: number, headers: Readonly<Record<string, string>>, body: HttpBody,
): IncomingResponse {
  const chunks = chunksOf(body)
  return {
    status, headers, chunks,
    async readBody(limitBytes) {
      const parts: Uint8Array[] = []
      let length = 0
      for await (const chunk of chunks) {
        length += chunk.length
        if (length > limitBytes) throw tooLarge(`Request entity too large: limit is ${limitBytes}`)
        parts.push(chunk)
      }
      return concatBytes(parts)
    },
  }
}

async function* chunksOf(body: HttpBody): AsyncGenerator<Uint8Array> {
  if (body.type === 'bytes' || body.type === 'stream') yield* body.chunks
}
