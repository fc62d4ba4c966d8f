/** How fast a cluster is there, and what it costs while it does nothing. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import http2 from 'node:http2'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freeIndex, removeRecord, writeRecord } from '#main/cluster-registry.ts'
import { figuresOf, percentile } from './figure.ts'
import type { Report } from './figure.ts'
import { cpuSeconds, residentBytes } from './process-usage.ts'
import { startBenchCluster } from './server.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const runs = 5
const idleMs = 60_000

export async function run(report: Report): Promise<void> {
  const give = figuresOf('start', report)
  const ready: number[] = []
  const account: number[] = []
  const readyCpu: number[] = []
  // A fresh bundle is compiled by its first start, once; a clean end leaves the compiled code to those that are measured.
  execFileSync(join(root, 'skiff'), ['version'], { stdio: 'ignore' })
  await coldStart('SIGTERM')
  for (let at = 0; at < runs; at++) {
    const times = await coldStart('SIGKILL')
    ready.push(times.readyMs)
    readyCpu.push(times.readyCpuMs)
    account.push(times.accountMs)
  }
  const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
  give('empty data directory to /readyz, median of 5', median(ready), 'ms', 'lower', 150)
  give('empty data directory to the first default ServiceAccount, median of 5', median(account), 'ms', 'lower', 300)
  give('empty data directory to /readyz, processor time of all threads', median(readyCpu), 'ms', 'lower')
  if (process.platform === 'linux' && process.getuid?.() === 0) await realPod(give)
}

/** From the start of the server's process (as `up` starts it) until a client on the same machine gets its answers. */
async function coldStart(end: 'SIGTERM' | 'SIGKILL'): Promise<{ readyMs: number; readyCpuMs: number; accountMs: number }> {
  const home = mkdtempSync(join(tmpdir(), 'bench-start-'))
  const name = 'bench-start'
  const port = 21_445
  const choices = {
    name, index: freeIndex() ?? 0, dataDirectory: join(home, 'data'), runDirectory: join(home, 'run'), port,
    nodes: { type: 'simulated', count: 0 }, advertiseAddress: '127.0.0.1',
  } as const
  mkdirSync(choices.runDirectory, { recursive: true })
  writeRecord({ choices, process: undefined })
  const log = openSync(join(home, 'log'), 'w')
  const began = performance.now()
  const child = spawn(process.execPath, [join(root, 'dist/serve-process.cjs'), '--name', name], {
    stdio: ['ignore', log, log],
  })
  try {
    await answers(port, '/readyz', undefined)
    const readyMs = performance.now() - began
    const readyCpuMs = cpuSeconds(child.pid!) * 1000
    const pki = join(choices.dataDirectory, 'pki')
    const credentials = { cert: readFileSync(join(pki, 'super-admin.crt')), key: readFileSync(join(pki, 'super-admin.key')) }
    await answers(port, '/api/v1/namespaces/default/serviceaccounts/default', credentials)
    return { readyMs, readyCpuMs, accountMs: performance.now() - began }
  } finally {
    child.kill(end)
    await new Promise((resolve) => child.once('exit', resolve))
    removeRecord(name)
    rmSync(home, { recursive: true, force: true })
  }
}

/** Asks every five milliseconds until the answer is 200: more often, and the asking would be measured too. */
async function answers(port: number, path: string, credentials: { readonly cert: Buffer; readonly key: Buffer } | undefined): Promise<void> {
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false, ...credentials })
  for (const until = performance.now() + 30_000; performance.now() < until;) {
    const status = await new Promise<number>((resolve) => {
      const asked = request({ host: '127.0.0.1', port, path, agent }, (response) => {
        response.resume()
        response.once('end', () => resolve(response.statusCode ?? 0))
      })
      asked.once('error', () => resolve(0))
      asked.end()
    })
    if (status === 200) return agent.destroy()
    await sleep(5)
  }
  throw new Error(`${path} did not answer 200 within 30 s`)
}

/** A real node: `up` to a Running pod whose image is present, and what the process costs while nothing happens. */
async function realPod(give: ReturnType<typeof figuresOf>): Promise<void> {
  // As above, for what only a real node compiles.
  startBenchCluster('bench-start', 'machine', 21_446)[Symbol.dispose]()
  const began = performance.now()
  using cluster = startBenchCluster('bench-start', 'machine', 21_446)
  const upMs = performance.now() - began
  give('up: command typed to node Ready and DNS answering', upMs, 'ms', 'lower')
  const session = http2.connect(cluster.url, { ca: cluster.authority, cert: cluster.certificate, key: cluster.key })
  const first = await podRunning(session, 'first')
  give('up to a Running pod, image present', performance.now() - began, 'ms', 'lower', 2000)
  give('first pod: create to Running seen on a watch', first, 'ms', 'lower')
  const times: number[] = []
  for (let at = 0; at < 8; at++) times.push(await podRunning(session, `pod-${at}`))
  give('pod: create to Running seen on a watch, median of 8', percentile(times, 0.5), 'ms', 'lower', 1000)
  session.close()
  const before = usage(cluster.pid)
  await sleep(idleMs)
  const after = usage(cluster.pid)
  give('idle memory of the process after 60 s', residentBytes(cluster.pid) / 1e6, 'MB', 'lower', 120)
  give('idle processor time', ((after.cpuSeconds - before.cpuSeconds) / (idleMs / 1000)) * 100, '% of a core', 'lower', 1)
  give('idle disk writes', (after.writtenBytes - before.writtenBytes) / 1024 / (idleMs / 1000), 'KiB/s', 'lower')
}

function podRunning(session: http2.ClientHttp2Session, name: string): Promise<number> {
  const path = '/api/v1/namespaces/default/pods'
  return new Promise((resolve, reject) => {
    const watch = session.request({ ':path': `${path}?watch=1&fieldSelector=metadata.name%3D${name}` })
    let began = 0
    watch.setEncoding('utf8')
    watch.once('response', () => {
      began = performance.now()
      const create = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/json' })
      create.once('response', (headers) => { if (Number(headers[':status']) !== 201) reject(new Error(`pod ${name}: ${headers[':status']}`)) })
      create.resume()
      create.end(JSON.stringify({
        apiVersion: 'v1', kind: 'Pod', metadata: { name },
        spec: { containers: [{ name: 'main', image: 'skiff.local/demo', imagePullPolicy: 'IfNotPresent', command: ['sleep', '1000'] }], terminationGracePeriodSeconds: 0 },
      }))
    })
    watch.on('data', (text: string) => {
      if (!text.includes('"phase":"Running"')) return
      resolve(performance.now() - began)
      watch.close()
    })
    watch.once('error', reject)
  })
}

function usage(pid: number): { cpuSeconds: number; writtenBytes: number } {
  return { cpuSeconds: cpuSeconds(pid), writtenBytes: Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))![1]) }
}
