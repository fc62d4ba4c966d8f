/**
 * Our etcd beside Debian's (package etcd-server) on the same disk, in turns, told the same by the same client:
 * durable puts, a range of many keys, many watches. ETCD_BENCH_DIRECTORY chooses the disk.
 */
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { rpcClient } from '#host/rpc/client.ts'
import { putRequest } from '#storage/etcd/messages/kv.ts'
import { decode, encode } from '#storage/etcd/messages/message-type.ts'
import { method } from '#storage/etcd/messages/method.ts'
import { watchRequest, watchResponse } from '#storage/etcd/messages/watch.ts'
import type { RpcChannel } from '#world/rpc.ts'
import { ensureInstalled } from '../tools/debian-tool.ts'
import { figuresOf, percentile, type Report } from './figure.ts'
import type { Load, LoadResult } from './grpc-load.ts'
import { cpuSeconds, residentBytes } from './process-usage.ts'

const secondsEach = 2
const roundsEach = 5
const valueBytes = 256
/** etcd's own benchmarks have ten clients on a connection. */
const putLoads = [
  { clients: 1, connections: 1 }, { clients: 100, connections: 10 }, { clients: 1_000, connections: 100 },
]
const goalOfHundred = 5
const rangeKeys = 100_000
const watchCount = 1_000
const watchedPuts = 200
const never = new AbortController().signal

interface Contender extends AsyncDisposable {
  readonly name: string
  readonly port: number
  readonly pid: number
}

type Starter = (directory: string) => Promise<Contender>

const contenders: Readonly<Record<string, Starter>> = {
  skiff: (directory) => start('skiff', process.execPath, (url) => [
    fileURLToPath(new URL('../src/main/skiff.ts', import.meta.url)), 'etcd', '--data-dir', directory,
    '--listen-client-urls', url, '--log-level', 'warn',
  ]),
  etcd: (directory) => start('etcd', 'etcd', (url, peerUrl) => [
    '--data-dir', directory, '--listen-client-urls', url, '--advertise-client-urls', url,
    '--listen-peer-urls', peerUrl, '--log-level', 'error',
  ]),
}

export async function run(report: Report): Promise<void> {
  ensureInstalled({ etcd: 'etcd-server' })
  const give = figuresOf('etcd', report)
  const root = await mkdtemp(join(process.env['ETCD_BENCH_DIRECTORY'] ?? tmpdir(), 'bench-etcd-'))
  try {
    await using skiff = await contenders['skiff']!(join(root, 'skiff'))
    await using etcd = await contenders['etcd']!(join(root, 'etcd'))
    // Servers run for days; what the first seconds cost is another figure.
    for (const contender of [skiff, etcd]) await warmUp(contender)
    for (const load of putLoads) await comparePuts([skiff, etcd], load, give)
    for (const contender of [skiff, etcd]) {
      await measureRange(contender, give)
      await measureWatches(contender, give)
      give(`${contender.name}: resident after all that`, residentBytes(contender.pid) / 2 ** 20, 'MiB', 'lower')
    }
  } finally {
    await rm(root, { recursive: true })
  }
}

type Give = ReturnType<typeof figuresOf>
type PutLoad = (typeof putLoads)[number]

/** In turns, so that what else the machine does meets both; of the rounds, the middle one counts. */
async function comparePuts(pair: readonly [Contender, Contender], load: PutLoad, give: Give): Promise<void> {
  const rounds = new Map<Contender, Puts[]>(pair.map((contender) => [contender, []]))
  for (let round = 0; round < roundsEach; round++) {
    for (const contender of pair) rounds.get(contender)!.push(await measurePuts(contender, load))
  }
  const rates = pair.map((contender) => {
    const words = `${contender.name}: durable puts of ${valueBytes} B, ${load.clients} clients`
    const middle = rounds.get(contender)!.toSorted((x, y) => x.rate - y.rate)[roundsEach >> 1]!
    give(words, middle.rate, '/s', 'higher')
    give(`${words}, p50`, middle.p50, 'ms', 'lower')
    give(`${words}, p99`, middle.p99, 'ms', 'lower')
    give(`${words}, processor`, middle.processor, 'us each', 'lower')
    return middle.rate
  })
  const goal = load.clients === 100 ? goalOfHundred : undefined
  give(`durable puts, ${load.clients} clients, of etcd's`, rates[0]! / rates[1]!, 'times', 'higher', goal)
}

interface Puts {
  readonly rate: number
  readonly p50: number
  readonly p99: number
  /** Microseconds of processor time for each. */
  readonly processor: number
}

async function measurePuts({ port, pid }: Contender, load: PutLoad): Promise<Puts> {
  const request = { type: 'put', keys: 10_000, valueBytes } as const
  const before = cpuSeconds(pid)
  const told = { ...load, port, seconds: secondsEach, method: method.put, request }
  const { calls, seconds, p50, p99 } = await runLoad(told)
  return { rate: calls / seconds, p50, p99, processor: ((cpuSeconds(pid) - before) / calls) * 1e6 }
}

async function warmUp({ port }: Contender): Promise<void> {
  const request = { type: 'put', keys: 10_000, valueBytes } as const
  await runLoad({ port, connections: 10, clients: 100, seconds: 3, method: method.put, request })
}

async function measureRange(contender: Contender, give: Give): Promise<void> {
  const filling = { type: 'put', keys: rangeKeys, valueBytes } as const
  const load = { port: contender.port, clients: 400, connections: 20 }
  // Each key once: the load goes through all of them before it comes to the first again.
  const filled = await runLoad({ ...load, seconds: 60, calls: rangeKeys, method: method.put, request: filling })
  if (filled.calls < rangeKeys) throw new Error(`only ${filled.calls} keys were put in a minute`)
  const result = await runLoad({
    port: contender.port, clients: 1, connections: 1, seconds: secondsEach, method: method.range,
    request: { type: 'range', prefix: 'bench/' },
  })
  const size = `${Math.round(result.receivedBytes / Math.max(result.calls, 1) / 2 ** 20)} MiB`
  give(`${contender.name}: range of ${rangeKeys} keys (${size})`, result.p50, 'ms', 'lower')
}

/** From a put to the last of all watches that are told. */
async function measureWatches(contender: Contender, give: Give): Promise<void> {
  await using channel = rpcClient.open({ url: `http://127.0.0.1:${contender.port}`, messageBytesMax: 2 ** 26 })
  const ending = new AbortController()
  const stream = channel.stream(method.watch, ending.signal)
  for (let index = 0; index < watchCount; index++) {
    await stream.send(encode(watchRequest, { createRequest: { key: 'watched/', rangeEnd: 'watched0' } }))
  }
  const received = stream.received[Symbol.asyncIterator]()
  const next = async (): Promise<{ readonly created: boolean; readonly events: number }> => {
    const { value } = await received.next()
    const { created, events } = decode(watchResponse, value!)
    return { created, events: events.length }
  }
  for (let created = 0; created < watchCount;) if ((await next()).created) created++
  const times: number[] = []
  const began = performance.now()
  for (let index = 0; index < watchedPuts; index++) {
    const put = performance.now()
    await putOne(channel, `watched/${index}`)
    for (let told = 0; told < watchCount;) told += (await next()).events
    times.push(performance.now() - put)
  }
  const rate = (watchCount * watchedPuts) / ((performance.now() - began) / 1_000)
  give(`${contender.name}: ${watchCount} watches, put to the last one told, p50`, percentile(times, 0.5), 'ms', 'lower')
  give(`${contender.name}: ${watchCount} watches, events told`, rate, '/s', 'higher')
  ending.abort()
}

async function putOne(channel: RpcChannel, key: string): Promise<void> {
  await channel.unary(method.put, encode(putRequest, { key, value: new Uint8Array(valueBytes) }), never)
}

/** In a process of its own, so that client and server do not wait for each other's code. */
async function runLoad(load: Load): Promise<LoadResult> {
  const script = fileURLToPath(new URL('grpc-load.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(load)])
  const result = JSON.parse(stdout) as LoadResult
  if (result.failed > 0) throw new Error(`${result.failed} of ${result.calls} calls failed`)
  return result
}

async function start(
  name: string, command: string, words: (url: string, peerUrl: string) => readonly string[],
): Promise<Contender> {
  const [port, peerPort] = [await freePort(), await freePort()]
  const child = spawn(command, words(`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`), { stdio: 'ignore' })
  const ended = new Promise((resolve) => { child.once('exit', resolve) })
  await untilServing(port)
  return {
    name, port, pid: child.pid!,
    async [Symbol.asyncDispose]() { child.kill('SIGTERM'); await ended },
  }
}

async function untilServing(port: number): Promise<void> {
  for (const until = performance.now() + 20_000; ;) {
    try {
      const { ok } = await fetch(`http://127.0.0.1:${port}/health`)
      if (ok) return
    } catch (error) {
      if (performance.now() > until) throw error
    }
    await new Promise((resolve) => { setTimeout(resolve, 50) })
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
