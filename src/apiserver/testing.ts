/** A real server over a volatile store, for tests. */
import { kinds } from '#api/kinds.ts'
import { schemas } from '#api/schemas.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import type { Clock } from '#world/clock.ts'
import type { HttpBody, HttpRequest, HttpResponse } from '#world/http.ts'
import { silentLog, type Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import type { UserInfo } from './authn/authenticator.ts'
import { createApiServer, type ApiServer, type ApiServerOptions } from './server.ts'
import { subresourceCatalog } from './subresources/catalog.ts'
import type { ServerVersion } from './version.ts'

export const admin: UserInfo = { name: 'admin', groups: ['system:masters', 'system:authenticated'] }

/** A clock that moves only when told to. */
export interface ManualClock extends Clock {
  advance(ms: number): Promise<void>
}

export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let now = 0
  let timers: { readonly at: number; readonly callback: () => void }[] = []
  const clock: ManualClock = {
    now: () => start + now,
    monotonic: () => now,
    schedule(ms, callback) {
      const timer = { at: now + ms, callback }
      timers.push(timer)
      return { cancel: () => { timers = timers.filter((other) => other !== timer) } }
    },
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        const timer = clock.schedule(ms, resolve)
        signal?.addEventListener('abort', () => {
          timer.cancel()
          reject(signal.reason)
        }, { once: true })
      })
    },
    async advance(ms) {
      now += ms
      for (const due of timers.filter((timer) => timer.at <= now)) {
        timers = timers.filter((timer) => timer !== due)
        due.callback()
        await settle()
      }
    },
  }
  return clock
}

/** Lets everything that is ready run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}

/** The same sequence for the same seed. */
export function seededRandom(seed = 1): Random {
  let state = seed
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => Math.floor(next() * 256))
  return {
    next, bytes,
    uuid() {
      const hex = [...bytes(16)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
    },
  }
}

const testVersion: ServerVersion = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.0',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'linux/amd64',
}

/** Everything but what needs a machine behind it. */
const testSubresources = subresourceCatalog({
  tokens: {
    issue: (request) => ({ ...request, status: { token: 'secret', expirationTimestamp: '2026-01-01T01:00:00Z' } }),
  },
  nodes: {
    http: {
      request: () => Promise.reject(new Error('nobody listens')),
      upgrade: () => Promise.reject(new Error('nobody listens')),
    },
    connect: () => { throw new Error('there are no nodes') },
  },
  components: new Map([['scheduler', { name: 'scheduler', check: () => {} }]]),
})

export interface TestServer {
  readonly server: ApiServer
  readonly clock: ManualClock
  /** `body`: an object becomes JSON, a text goes as it is. */
  send(method: string, url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** A response whose body is still to come. */
  open(method: string, url: string, headers?: Record<string, string>, signal?: AbortSignal): Promise<HttpResponse>
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly bytes: Uint8Array
  /** The decoded JSON. */
  readonly json: KubeObject & Record<string, any>
}

export function startTestServer(options: Partial<ApiServerOptions> = {}, log: Log = silentLog): TestServer {
  const clock = manualClock()
  const server = createApiServer({
    store: openVolatileStore({ clock }),
    kinds,
    schemas,
    clock,
    random: seededRandom(),
    log,
    authenticators: [{ authenticate: () => admin }],
    subresources: testSubresources,
    authorizer: {
      authorize: () => ({ allowed: true, reason: '' }),
    },
    admission: [],
    version: testVersion,
    ...options,
  })
  const open: TestServer['open'] = (method, url, headers = {}, signal = new AbortController().signal) =>
    server.handle(httpRequest(method, url, undefined, headers, signal))
  return {
    server, clock, open,
    async send(method, url, body, headers = {}) {
      const bytes =
        body === undefined
          ? undefined
          : body instanceof Uint8Array
            ? body
            : new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
      return await readAnswer(
        await server.handle(httpRequest(method, url, bytes, headers, new AbortController().signal)),
      )
    },
  }
}

export function httpRequest(
  method: string, url: string, body: Uint8Array | undefined, headers: Record<string, string>, signal: AbortSignal,
): HttpRequest {
  const at = url.indexOf('?')
  return {
    method, path: at < 0 ? url : url.slice(0, at), query: at < 0 ? '' : url.slice(at + 1), headers, signal,
    readBody: () => Promise.resolve(body ?? new Uint8Array(0)),
    async *streamBody() { if (body) yield body },
    peer: { address: '127.0.0.1', certificate: undefined }, upgrade: undefined,
  }
}

export async function readAnswer(response: HttpResponse): Promise<Answer> {
  const bytes = await readBody(response.body)
  const text = new TextDecoder().decode(bytes)
  return {
    status: response.status, headers: response.headers, text, bytes,
    get json() { return JSON.parse(text) as Answer['json'] },
  }
}

async function readBody(body: HttpBody): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  if (body.type === 'bytes') chunks.push(...body.chunks)
  if (body.type === 'stream') for await (const chunk of body.chunks) chunks.push(chunk)
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.length
  }
  return whole
}
