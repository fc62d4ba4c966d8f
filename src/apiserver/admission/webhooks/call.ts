/** One call of a webhook: where it is, how long it may take, and what went wrong in Go's words. */
import type { WebhookClientConfig } from '#api/gen/admissionregistration-v1.ts'
import { base64Decode, utf8Decode } from '#base/bytes.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { Clock } from '#world/clock.ts'
import type { HttpClient, IncomingResponse, OutgoingRequest } from '#world/http.ts'
import { dialFailure } from '../../dial-failure.ts'
import { resolveService, type ServiceReader } from '../../services/service-endpoint.ts'

/** A larger answer is a mistake: it can hold no more than a patch of one object. */
const answerBytesMax = 16 * 1024 * 1024
const defaultPort = 443

export interface CallTools {
  readonly http: HttpClient
  readonly clock: Clock
}

/** The webhook could not be asked; the message says why, as upstream's `failed to call webhook: …`. */
export class CallFailed extends Error {}

type Target = Pick<OutgoingRequest, 'url' | 'tls'> & { readonly host: string }

/** The body of the answer. Throws CallFailed; rejects with the signal's reason when the client has gone. */
export async function callWebhook(
  tools: CallTools, reader: ServiceReader, config: DeepReadonly<WebhookClientConfig>, timeoutSeconds: number,
  body: Uint8Array, signal: AbortSignal,
): Promise<Uint8Array> {
  const url = `${urlOf(config)}?timeout=${timeoutSeconds}s`
  const fail = (why: string, cause: unknown): CallFailed =>
    new CallFailed(`Post ${JSON.stringify(url)}: ${why}`, { cause })
  const deadline = new AbortController()
  const stop = new AbortController()
  void tools.clock.sleep(timeoutSeconds * 1000, stop.signal).then(() => deadline.abort(), () => undefined)
  try {
    const { host, ...target } = targetOf(reader, config, url)
    const answer = await tools.http.request({
      ...target, method: 'POST', body,
      headers: {
        host, 'content-type': 'application/json', accept: 'application/json, */*',
        'content-length': String(body.length), 'user-agent': 'kube-apiserver-admission',
      },
    }, AbortSignal.any([signal, deadline.signal]))
    const bytes = await answer.readBody(answerBytesMax)
    checkStatus(answer, bytes)
    return bytes
  } catch (error) {
    if (error instanceof CallFailed) throw error
    signal.throwIfAborted()
    if (deadline.signal.aborted) throw fail('context deadline exceeded', error)
    throw fail(dialFailure(error), error)
  } finally {
    stop.abort()
  }
}

function urlOf({ url, service }: DeepReadonly<WebhookClientConfig>): string {
  if (!service) return url ?? ''
  const path = `/${(service.path ?? '').replace(/^\/+/, '')}`
  return `https://${service.name}.${service.namespace}.svc:${service.port ?? defaultPort}${path}`
}

function targetOf(
  reader: ServiceReader, { service, caBundle }: DeepReadonly<WebhookClientConfig>, url: string,
): Target {
  const bundle = caBundle === undefined ? undefined : base64Decode(caBundle)
  const ca = bundle && bundle.length > 0 ? { ca: utf8Decode(bundle) } : {}
  const { host, pathname, search } = new URL(url)
  if (!service) return { url, host, tls: ca }
  const { namespace, name, port = defaultPort } = service
  const address = resolveService(reader, { namespace, name, port })
  const authority = address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
  return { url: `https://${authority}${pathname}${search}`, host, tls: { ...ca, serverName: address.serverName } }
}

/** What client-go says of an answer that is not one of the API. */
function checkStatus({ status }: IncomingResponse, body: Uint8Array): void {
  if (status >= 200 && status < 300) return
  const text = utf8Decode(body.subarray(0, 2048)).trim()
  const why = status === 404 ? 'the server could not find the requested resource'
    : status === 401 ? 'the server has asked for the client to provide credentials'
    : status === 403 ? 'unknown'
    : status >= 500 ? `an error on the server (${JSON.stringify(text)}) has prevented the request from succeeding`
    : 'the server rejected our request for an unknown reason'
  throw new CallFailed(why)
}
