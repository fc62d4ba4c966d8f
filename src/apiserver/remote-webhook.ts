/** Servers that the API server asks, named by kubeconfig files: audit, tokens, authorization, images. */
import { utf8Decode, utf8Encode } from '#base/bytes.ts'
import { connectionOf, parseKubeconfig, type Connection } from '#client/kubeconfig.ts'
import { decodeYamlValue, YamlError } from '#machinery/codec/yaml.ts'
import { isJsonObject } from '#machinery/patch/json.ts'
import type { Clock } from '#world/clock.ts'
import type { HttpClient } from '#world/http.ts'
import type { Random } from '#world/random.ts'
import { ConfigurationError } from './configuration-file.ts'
import { dialFailure } from './dial-failure.ts'

export interface WebhookTarget {
  readonly connection: Connection
  readonly http: HttpClient
  readonly clock: Clock
}

/** The server could not be asked, or gave no answer that counts. `status` 0: no answer at all. */
export class WebhookFailure extends Error {
  readonly status: number
  readonly retryAfterSeconds: number | undefined
  constructor(message: string, status: number, retryAfterSeconds?: number, options?: ErrorOptions) {
    super(message, options)
    this.status = status
    this.retryAfterSeconds = retryAfterSeconds
  }
}

const answerBytesMax = 16 * 1024 * 1024

/** Reads a kubeconfig and the files that it names. Throws ConfigurationError; rejects when it cannot be read. */
export async function readWebhookTarget(
  path: string, readFile: (path: string) => Promise<Uint8Array>, http: HttpClient, clock: Clock,
): Promise<WebhookTarget> {
  const bytes = await readFile(path)
  const readText = async (named: string): Promise<string> => new TextDecoder().decode(await readFile(named))
  try {
    return { connection: await connectionOf(parseKubeconfig(decodeYamlValue(bytes)), readText), http, clock }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const what = error instanceof YamlError ? 'yaml: ' : ''
    throw new ConfigurationError(what + error.message, { cause: error })
  }
}

/** Posts JSON; gives the answer's body. Throws WebhookFailure; rejects with the signal's reason when aborted. */
export async function postToWebhook(
  { connection, http, clock }: WebhookTarget, body: Uint8Array, timeoutMs: number, signal: AbortSignal,
): Promise<Uint8Array> {
  const { server, tls, token } = connection
  const root = new URL(server).pathname === '/' && !server.endsWith('/') ? `${server}/` : server
  const url = `${root}?timeout=${goSeconds(timeoutMs)}`
  const late = new AbortController()
  const timer = clock.schedule(timeoutMs, () => late.abort(new Error('context deadline exceeded')))
  const fail = (why: string, cause: unknown): WebhookFailure =>
    new WebhookFailure(`Post ${JSON.stringify(url)}: ${why}`, 0, undefined, { cause })
  try {
    const answer = await http.request({
      method: 'POST', url, body, ...(url.startsWith('https:') && { tls }),
      headers: {
        'content-type': 'application/json', accept: 'application/json, */*', 'user-agent': 'kube-apiserver',
        'content-length': String(body.length), ...(token && { authorization: `Bearer ${token}` }),
      },
    }, AbortSignal.any([signal, late.signal]))
    const bytes = await answer.readBody(answerBytesMax)
    if (answer.status >= 200 && answer.status < 300) return bytes
    const retryAfter = Number(answer.headers['retry-after'])
    const retryAfterSeconds = retryAfter > 0 ? retryAfter : undefined
    throw new WebhookFailure(refusalMessage(answer.status, bytes), answer.status, retryAfterSeconds)
  } catch (error) {
    if (error instanceof WebhookFailure) throw error
    signal.throwIfAborted()
    throw fail(late.signal.aborted ? 'context deadline exceeded' : dialFailure(error), error)
  } finally {
    timer.cancel()
  }
}

function goSeconds(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`
}

/** What client-go says of an answer that is not a success. */
function refusalMessage(status: number, body: Uint8Array): string {
  const text = utf8Decode(body.subarray(0, 2048)).trim()
  switch (status) {
    case 401: return 'Unauthorized'
    case 404: return 'the server could not find the requested resource'
    case 429: return 'the server has received too many requests and has asked us to try again later'
    default:
      return status >= 500
        ? `an error on the server (${JSON.stringify(text)}) has prevented the request from succeeding`
        : 'the server rejected our request for an unknown reason'
  }
}

/** Upstream's: so many tries, each wait half as long again as the one before, and by up to a fifth longer by chance. */
const tries = 5
const factor = 1.5
const jitter = 0.2

/** What tries that follow each other need. */
export interface RetryOptions {
  readonly clock: Clock
  readonly random: Random
  readonly firstWaitMs: number
  /** Whether another try may end better. */
  readonly mayPass: (error: unknown) => boolean
  /** Aborts the waits between the tries. */
  readonly signal?: AbortSignal
}

/** Tries again what may pass; rejects as the last try did. */
export async function retryWebhook<T>(
  { clock, random, firstWaitMs, mayPass, signal }: RetryOptions, work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1, waitMs = firstWaitMs; ; attempt++, waitMs *= factor) {
    try {
      return await work()
    } catch (error) {
      if (attempt === tries || !mayPass(error)) throw error
      await clock.sleep(waitMs * (1 + random.next() * jitter), signal)
    }
  }
}

const firstWaitMs = 500
const requestTimeoutMs = 30_000

/**
 * Asks a question whose answer is JSON; what may pass is tried again, within `totalMs` for all of it. Rejects with
 * WebhookFailure.
 */
export async function askWebhook(
  target: WebhookTarget, question: object, random: Random, totalMs: number,
): Promise<Readonly<Record<string, unknown>>> {
  const body = utf8Encode(JSON.stringify(question))
  const late = new AbortController()
  const timer = target.clock.schedule(totalMs, () => late.abort(new WebhookFailure('context deadline exceeded', 0)))
  try {
    const retry = { clock: target.clock, random, firstWaitMs, mayPass: isTransient, signal: late.signal }
    return await retryWebhook(retry, async () =>
      parseAnswer(await postToWebhook(target, body, requestTimeoutMs, late.signal)))
  } finally {
    timer.cancel()
  }
}

function isTransient(error: unknown): boolean {
  if (!(error instanceof WebhookFailure)) return false
  const { status, retryAfterSeconds, message } = error
  return status === 500 || status === 504 || status === 429 || retryAfterSeconds !== undefined
    || (status === 0 && /ECONNRESET|socket hang up/.test(message))
}

function parseAnswer(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(utf8Decode(bytes))
    if (isJsonObject(value)) return value
    throw new SyntaxError('the answer is not an object')
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new WebhookFailure(`couldn't get version/kind; json parse error: ${error.message}`, 200, undefined, { cause: error })
  }
}
