/**
 * One change told to hundreds of watchers: how soon, at which rate of changes, and beside it what a TLS server does
 * that writes the same bytes to as many connections and knows nothing.
 */
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type http2 from 'node:http2'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'
import { frame, frameType, numbersFrame, settingId, settingsFrame } from '#host/http/h2/frames.ts'
import { percentile, type figuresOf } from './figure.ts'
import { cpuSeconds } from './process-usage.ts'
import { send } from './requests.ts'
import type { BenchCluster } from './server.ts'

const watchers = 500
const connections = 10
const goalMs = 5
const path = '/api/v1/namespaces/default/configmaps'
const rawPort = 21_447
/** An event's text has this once, and then the number of the change. */
const marker = '"data":{"n":"'
const rates = [100, 150, 200, 250, 300, 400, 500, 600, 800]
/** So long is each rate kept up. */
const seconds = 4

type Give = ReturnType<typeof figuresOf>

export async function fanOut(cluster: BenchCluster, session: http2.ClientHttp2Session, give: Give): Promise<void> {
  const reader = new Reader()
  const { port } = new URL(cluster.url)
  await reader.connect(Number(port), cluster, connections, requestsOf(watchers / connections))
  await sleep(1000)
  const writer = new Writer(session, reader)
  // Both sides are measured as they run for long: compiled.
  await writer.write(300, 200)
  let highest = 0
  for (const rate of rates) {
    const delays = await writer.write(rate * seconds, rate)
    const p99 = percentile(delays, 0.99)
    const label = `watch fan-out, ${watchers} watchers at ${rate} writes/s: write sent to event seen`
    if (rate === rates[0]) {
      give(`${label}, p50`, percentile(delays, 0.5), 'ms', 'lower')
      give(`${label}, p99`, p99, 'ms', 'lower', goalMs)
    }
    if (p99 > goalMs) break
    highest = rate
  }
  give(`watch fan-out, ${watchers} watchers: highest rate with p99 within ${goalMs} ms`, highest, 'writes/s', 'higher')
  const cpuBefore = cpuSeconds(cluster.pid)
  const began = performance.now()
  const writes = 1500
  await writer.write(writes, Number.POSITIVE_INFINITY)
  const delivered = writes * watchers
  const perSecond = (delivered / (performance.now() - began)) * 1000
  give(`watch fan-out, ${watchers} watchers: events delivered`, perSecond, '/s', 'higher')
  const cpu = cpuSeconds(cluster.pid) - cpuBefore
  give(`watch fan-out, ${watchers} watchers: server CPU`, (cpu / delivered) * 1e6, 'us each', 'lower')
  const eventBytes = reader.bytesOfEach
  reader.close()
  for (const count of [connections, watchers]) {
    const raw = await rawEvents(cluster, count, eventBytes)
    give(`the same events, raw TLS to ${count} connections`, raw, '/s', 'higher')
    if (count === connections) give('watch fan-out, share of raw', perSecond / raw, '', 'higher')
  }
}

/** Makes changes and knows when each was sent. */
class Writer {
  readonly #session: http2.ClientHttp2Session
  readonly #reader: Reader
  readonly #sentAt: number[] = []

  constructor(session: http2.ClientHttp2Session, reader: Reader) {
    this.#session = session
    this.#reader = reader
  }

  /** Resolves with how long each watcher waited for each change; 32 writes at once at most. */
  async write(count: number, perSecond: number): Promise<readonly number[]> {
    const delays: number[] = []
    const allSeen = this.#reader.count(count * watchers, (n, now) => delays.push(now - this.#sentAt[n]!))
    const begin = performance.now()
    let next = 0
    const work = async (): Promise<void> => {
      while (next < count) {
        const early = begin + (next++ / perSecond) * 1000 - performance.now()
        if (early > 0) await sleep(early)
        const n = this.#sentAt.push(performance.now()) - 1
        const metadata = { generateName: 'fan-' }
        const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { n: String(n) } }
        await send(this.#session, 'POST', path, object)
      }
    }
    await Promise.all([...Array.from({ length: 32 }, work), allSeen])
    return delays
  }
}

/** Many connections of which only what tells an event is looked at: the clients run on the same machine. */
class Reader {
  readonly #sockets: tls.TLSSocket[] = []
  #bytes = 0
  #events = 0
  #onEvent: (n: number) => void = () => {}

  /** What an event takes on the wire, with its frame. */
  get bytesOfEach(): number {
    return Math.round(this.#bytes / this.#events)
  }

  async connect(port: number, cluster: BenchCluster, count: number, greeting: Buffer): Promise<void> {
    const credentials = { ca: cluster.authority, cert: cluster.certificate, key: cluster.key }
    await Promise.all(Array.from({ length: count }, () => new Promise<void>((resolve, reject) => {
      const socket = tls.connect({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], ...credentials }, () => {
        socket.write(greeting)
        resolve()
      })
      socket.once('error', reject)
      let rest = ''
      socket.on('data', (bytes: Buffer) => { rest = this.#look(rest, bytes) })
      this.#sockets.push(socket)
    })))
  }

  /** Resolves after so many events. */
  count(events: number, onEvent: (n: number, now: number) => void): Promise<void> {
    return new Promise((resolve) => {
      this.#onEvent = (n) => {
        onEvent(n, performance.now())
        if (--events === 0) resolve()
      }
    })
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Gives what may be the beginning of a marker. */
  #look(rest: string, bytes: Buffer): string {
    const text = rest + bytes.toString('latin1')
    this.#bytes += bytes.length
    let end = 0
    for (let at = text.indexOf(marker); at >= 0; at = text.indexOf(marker, end)) {
      const start = at + marker.length
      const close = text.indexOf('"', start)
      if (close < 0) return text.slice(at)
      this.#events++
      this.#onEvent(Number(text.slice(start, close)))
      end = close
    }
    return text.slice(Math.max(end, text.length - marker.length))
  }
}

/** What a client of so many watches sends first. */
function requestsOf(streams: number): Buffer {
  const literal = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])
  const field = (name: string, value: string): Buffer =>
    Buffer.concat([Buffer.from([0]), literal(name), literal(value)])
  const head = Buffer.concat([
    field(':method', 'GET'), field(':path', `${path}?watch=1&resourceVersion=0`), field(':scheme', 'https'),
    field(':authority', 'bench'), field('accept', 'application/json'),
  ])
  const wide = 2 ** 30
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settingsFrame([[settingId.initialWindowSize, wide]]),
    numbersFrame(frameType.windowUpdate, 0, wide),
    ...Array.from({ length: streams }, (_, at) => frame(frameType.headers, 5, 2 * at + 1, head)),
  ])
}

/** Events a second that a TLS server writes to so many connections, one write for all of a connection. */
async function rawEvents(cluster: BenchCluster, count: number, eventBytes: number): Promise<number> {
  const child = fork(new URL('./fan-out-ceiling.ts', import.meta.url), { stdio: 'inherit' })
  const reader = new Reader()
  try {
    const pki = join(cluster.dataDirectory, 'pki')
    child.send({
      port: rawPort, text: `${marker}0"}`.padStart(eventBytes), eventsOfEach: watchers / count,
      certificate: readFileSync(join(pki, 'apiserver.crt'), 'utf8'),
      key: readFileSync(join(pki, 'apiserver.key'), 'utf8'),
    })
    await new Promise((resolve) => child.once('message', resolve))
    await reader.connect(rawPort, cluster, count, Buffer.from('go'))
    await reader.count(200 * watchers, () => undefined)
    const began = performance.now()
    const writes = 1500
    await reader.count(writes * watchers, () => undefined)
    return ((writes * watchers) / (performance.now() - began)) * 1000
  } finally {
    reader.close()
    child.kill('SIGKILL')
  }
}
