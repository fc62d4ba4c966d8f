/** The filter that audits requests over HTTP (upstream: endpoints/filters/audit.go, authn_audit.go). */
import { concatBytes, utf8Decode } from '#base/bytes.ts'
import { parseIp } from '#base/ip.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import type { HttpRequest, HttpResponse } from '#world/http.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import { isLongRunning, type Exchange, type Filter } from '../exchange.ts'
import { asClientsSeeIt } from '../rest/elsewhere.ts'
import type { Auditor } from './auditor.ts'
import type { AuditTrail } from './trail.ts'

/** Refuses a request with 500 when its first event cannot be stored; the last comes with the end of the response. */
export function auditRequests(auditor: Auditor): Filter {
  return async (exchange, next) => {
    const trail = begin(auditor, exchange, exchange.user)
    if (!trail) return await next(exchange)
    exchange.audit = trail
    await auditor.receive(trail)
    let response: HttpResponse
    try {
      response = await next(exchange)
    } catch (thrown) {
      await noteFailure(trail, exchange, asClientsSeeIt(thrown))
      throw thrown
    }
    trail.responseCode(response.status)
    return await complete(trail, exchange, response)
  }
}

/** A request that nobody came in with. */
export async function auditRefusedCredentials(
  auditor: Auditor | undefined, exchange: Exchange, error: unknown,
): Promise<void> {
  if (!auditor || !(error instanceof ApiError)) return
  const trail = begin(auditor, exchange, undefined)
  if (!trail) return
  noteStatus(trail, error)
  await trail.reach('ResponseStarted')
}

function begin(
  auditor: Auditor, { request, info, auditId, receivedAt }: Exchange, user: UserInfo | undefined,
): AuditTrail | undefined {
  return auditor.begin({
    info, user, auditId, receivedAt, sourceIps: sourceAddresses(request),
    uri: request.query === '' ? request.path : `${request.path}?${request.query}`,
    userAgent: request.headers['user-agent'] ?? '',
  })
}

function noteStatus(trail: AuditTrail, error: ApiError): void {
  trail.responseStatus({ ...error.status, code: error.code })
  if (trail.tells('RequestResponse')) trail.responseObject(JSON.stringify(error.status))
}

async function noteFailure(trail: AuditTrail, { info }: Exchange, error: unknown): Promise<void> {
  if (error instanceof ApiError) {
    noteStatus(trail, error)
    if (isLongRunning(info)) await trail.reach('ResponseStarted')
    await trail.reach('ResponseComplete')
    return
  }
  trail.responseStatus({
    status: 'Failure', reason: 'InternalError', code: 500,
    message: `APIServer panic'd: ${error instanceof Error ? error.message : String(error)}`,
  })
  await trail.reach('Panic')
}

/** The last event comes when the last byte has been written, or the client has gone. */
async function complete(trail: AuditTrail, { info, request }: Exchange, response: HttpResponse): Promise<HttpResponse> {
  if (isLongRunning(info)) await trail.reach('ResponseStarted')
  const { body } = response
  if (body.type !== 'stream') {
    await trail.reach('ResponseComplete')
    return response
  }
  let isComplete = false
  const end = async (): Promise<void> => {
    if (isComplete) return
    isComplete = true
    request.signal.removeEventListener('abort', gone)
    await trail.reach('ResponseComplete')
  }
  const gone = (): void => { void end() }
  request.signal.addEventListener('abort', gone)
  return { ...response, body: { type: 'stream', chunks: untilEnd(body.chunks, end) } }
}

async function* untilEnd(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, end: () => Promise<void>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* chunks
  } finally {
    await end()
  }
}

/** Of an answer that is longer the event says nothing. */
const maxResponseBytes = 16 * 1024 * 1024

/** Keeps the answer's object for the trail, when its level wants that. `decode` gives what is not JSON as JSON. */
export function keepResponse(
  trail: AuditTrail | undefined, response: HttpResponse, decode: (contentType: string, bytes: Uint8Array) => string,
): HttpResponse {
  if (!trail?.tells('RequestResponse')) return response
  const { body } = response
  const contentType = response.headers['content-type'] ?? ''
  if (!/^application\/(json|yaml|vnd\.kubernetes\.protobuf)$/.test(contentType)) return response
  const keep = (chunks: readonly Uint8Array[]): void => {
    const text = contentType === 'application/json'
      ? utf8Decode(concatBytes(chunks)).trim() : decode(contentType, concatBytes(chunks))
    if (text !== '') trail.responseObject(text)
  }
  if (body.type === 'bytes') keep(body.chunks)
  if (body.type !== 'stream') return response
  return { ...response, body: { type: 'stream', chunks: tee(body.chunks, keep) } }
}

async function* tee(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, keep: (chunks: readonly Uint8Array[]) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const kept: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes <= maxResponseBytes) kept.push(chunk)
    yield chunk
  }
  if (bytes <= maxResponseBytes) keep(kept)
}

/** As the proxies before us tell, then who is connected. */
function sourceAddresses({ headers, peer }: HttpRequest): readonly string[] {
  const forwarded = (headers['x-forwarded-for'] ?? '').split(',').map((address) => address.trim()).filter(isAddress)
  const real = headers['x-real-ip']?.trim() ?? ''
  const before = forwarded.length > 0 ? forwarded : isAddress(real) ? [real] : []
  return before.at(-1) === peer.address ? before : [...before, peer.address]
}

function isAddress(text: string): boolean {
  return parseIp(text) !== undefined
}
