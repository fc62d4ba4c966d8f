/** The API server's figures over TLS, with authentication and RBAC on, each beside the raw TLS ceiling of the same machine. */
import { execFileSync, fork, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import http2 from 'node:http2'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureInstalled } from '../tools/debian-tool.ts'
import { fanOut } from './fan-out.ts'
import { figuresOf } from './figure.ts'
import type { Report } from './figure.ts'
import { cpuSeconds, residentBytes } from './process-usage.ts'
import { send } from './requests.ts'
import { startBenchCluster } from './server.ts'
import { bareSyncs } from './store-disk.ts'
import type { BenchCluster } from './server.ts'

/** kube-apiserver 1.20.2 with etcd 3.4.23 on two cores, for the same requests. */
const peer = {
  getThin: 8_513, getThinCpu: 128, getThick: 11_527, getThickCpu: 105, createMany: 2_924, createManyCpu: 491, createOne: 832,
  listMs: 171, listCpuMs: 198, gzipListCpuMs: 191,
}
const pods = 10_000
const ceilingPort = 21_444

export async function run(report: Report): Promise<void> {
  ensureInstalled({ h2load: 'nghttp2-client' })
  const give = figuresOf('api', report)
  using cluster = startBenchCluster('bench-api', 'sim:0', 21_443)
  const session = await connect(cluster)
  const token = await makeToken(session)
  const directory = cluster.dataDirectory
  const podFile = join(directory, 'pod.json')
  writeFileSync(podFile, JSON.stringify(podManifest()))
  const single = JSON.parse(await send(session, 'POST', '/api/v1/namespaces/default/pods', podManifest('single'))) as object
  const payload = Buffer.from(JSON.stringify(single))

  const authorization = ['-H', `authorization: Bearer ${token}`]
  const podUrl = `${cluster.url}/api/v1/namespaces/default/pods`
  // Both sides are measured as they run for long: compiled.
  h2load(['-n', '20000', '-c', '32', '-m', '1', ...authorization, `${podUrl}/single`])
  for (const [label, connections, streams, goal, goalCpu] of [
    ['32 connections x 1', 32, 1, peer.getThin, peer.getThinCpu], ['8 connections x 16', 8, 16, peer.getThick, peer.getThickCpu],
  ] as const) {
    const load = ['-n', '40000', '-c', String(connections), '-m', String(streams)]
    const ceiling = await withCeiling(cluster, payload, (url) => h2load([...load, url]).perSecond)
    const served = withCpu(cluster, () => h2load([...load, ...authorization, `${podUrl}/single`]))
    give(`GET one pod, ${label}`, served.perSecond, '/s', 'higher', goal)
    give(`GET one pod, ${label}, server CPU`, (served.cpuSeconds / 40_000) * 1e6, 'us each', 'lower', goalCpu)
    give(`raw TLS HTTP/2 (node:http2), ${label}`, ceiling, '/s', 'higher')
    give(`GET one pod, ${label}, share of raw`, served.perSecond / ceiling, '', 'higher', 0.5)
  }

  const post = ['-d', podFile, '-H', 'content-type: application/json', ...authorization]
  await makeNamespace(session, 'warm')
  h2load(['-n', '3000', '-c', '1', '-m', '1', ...post, podUrl.replace('/default/', '/warm/')])
  const bare = bareSyncs(join(directory, 'bare'), 1)
  const one = withCpu(cluster, () => h2load(['-n', '2000', '-c', '1', '-m', '1', ...post, podUrl]))
  give('durable CREATE of a pod, one client', one.perSecond, '/s', 'higher', peer.createOne)
  give('durable CREATE of a pod, one client, mean', one.meanMs, 'ms', 'lower')
  give('bare fdatasync of 1 KiB, p50', bare.p50, 'ms', 'lower')
  give('durable CREATE of a pod, one client, mean / bare fdatasync', one.meanMs / bare.p50, 'x', 'lower')
  give('durable CREATE of a pod, one client, server CPU', (one.cpuSeconds / 2000) * 1e6, 'us each', 'lower')
  // In a namespace of its own, so that there is a list of exactly so many.
  await makeNamespace(session, 'load')
  const listUrl = `${cluster.url}/api/v1/namespaces/load/pods`
  const before = residentBytes(cluster.pid)
  const many = withCpu(cluster, () => h2load(['-n', String(pods), '-c', '8', '-m', '16', ...post, listUrl]))
  give('durable CREATE of a pod, 128 clients', many.perSecond, '/s', 'higher', peer.createMany)
  give('durable CREATE of a pod, 128 clients, server CPU', (many.cpuSeconds / pods) * 1e6, 'us each', 'lower', peer.createManyCpu)
  give('memory that a pod adds', (residentBytes(cluster.pid) - before) / 1000 / pods, 'kB', 'lower', 6)

  const list = ['-n', '10', '-c', '1', '-m', '1']
  const bytes = Buffer.from(await send(session, 'GET', '/api/v1/namespaces/load/pods'))
  give('LIST response', bytes.length / 1e6, 'MB', 'lower')
  h2load([...list, ...authorization, listUrl])
  const rawList = await withCeiling(cluster, bytes, (url) => 1000 / h2load([...list, url]).perSecond)
  const listed = withCpu(cluster, () => h2load([...list, ...authorization, listUrl]))
  const listMs = 1000 / listed.perSecond
  give('LIST of 10,000 pods', listMs, 'ms', 'lower', peer.listMs)
  give('LIST of 10,000 pods, server CPU', (listed.cpuSeconds / 10) * 1000, 'ms each', 'lower', peer.listCpuMs)
  give('the same bytes, raw TLS HTTP/2', rawList, 'ms', 'lower')
  give('LIST of 10,000 pods against raw', listMs / rawList, 'x', 'lower', 1.5)

  const compressed = withCpu(cluster, () => h2load(['-n', '5', '-c', '1', '-m', '1', '-H', 'accept-encoding: gzip', ...authorization, listUrl]))
  give('LIST of 10,000 pods, gzip, server CPU', (compressed.cpuSeconds / 5) * 1000, 'ms each', 'lower', peer.gzipListCpuMs)
  await manyLists(cluster, [...authorization, listUrl], give)

  await fanOut(cluster, session, give)
  give('memory of the process with 15,000 pods', residentBytes(cluster.pid) / 1e6, 'MB', 'lower')
  session.close()
}

const listsAtOnce = 50
/** What each of them may add. */
const listKilobytes = 64

/**
 * What lists at once cost in memory: while they are read, garbage that is not collected yet included, and while nobody
 * reads them, which is what the server has to hold.
 */
async function manyLists(cluster: BenchCluster, request: readonly string[], give: ReturnType<typeof figuresOf>): Promise<void> {
  const each = (bytes: number): number => Math.max(0, bytes) / 1000 / listsAtOnce
  const count = String(listsAtOnce)
  for (const round of ['first', 'second'] as const) {
    const before = residentBytes(cluster.pid)
    let most = before
    const watch = setInterval(() => { most = Math.max(most, residentBytes(cluster.pid)) }, 5)
    const load = spawn('h2load', ['-n', count, '-c', count, '-m', '1', ...request], { stdio: 'ignore' })
    await new Promise((resolve) => load.once('exit', resolve))
    clearInterval(watch)
    const goal = round === 'second' ? [listKilobytes] : []
    give(`${listsAtOnce} LISTs of 10,000 pods at once, memory that each adds, ${round} time`, each(most - before), 'kB', 'lower', ...goal)
  }
  const before = residentBytes(cluster.pid)
  const sessions = await Promise.all(Array.from({ length: listsAtOnce }, () => connect(cluster)))
  await Promise.all(sessions.map((own) => new Promise((resolve) => {
    const stream = own.request({ ':path': new URL(request.at(-1)!).pathname, accept: 'application/json' })
    stream.once('response', resolve)
    stream.pause()
  })))
  await sleep(500)
  give(`${listsAtOnce} LISTs that nobody reads, memory that each holds`, each(residentBytes(cluster.pid) - before), 'kB', 'lower', listKilobytes)
  for (const own of sessions) own.destroy()
}

export function podManifest(name?: string): object {
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: { ...(name ? { name } : { generateName: 'bench-' }), labels: { app: 'bench', tier: 'backend' }, annotations: { note: 'x'.repeat(200) } },
    spec: {
      // No scheduler takes it: the figure is the API server's alone.
      schedulerName: 'nobody',
      containers: [{ name: 'main', image: 'skiff.local/demo', env: [{ name: 'A', value: '1' }, { name: 'B', value: '2' }], resources: { requests: { cpu: '10m', memory: '16Mi' } } }],
    },
  }
}

export function withCpu(cluster: BenchCluster, measure: () => Load): Load & { readonly cpuSeconds: number } {
  const before = cpuSeconds(cluster.pid)
  const load = measure()
  return { ...load, cpuSeconds: cpuSeconds(cluster.pid) - before }
}

/** Resolves when pods can be made in it. */
export async function makeNamespace(session: http2.ClientHttp2Session, name: string): Promise<void> {
  await send(session, 'POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  const account = `/api/v1/namespaces/${name}/serviceaccounts?fieldSelector=metadata.name%3Ddefault`
  for (const until = performance.now() + 10_000; performance.now() < until;) {
    if (JSON.parse(await send(session, 'GET', account)).items.length > 0) return
    await sleep(10)
  }
  throw new Error(`namespace ${name} got no default service account`)
}

export function connect(cluster: BenchCluster): Promise<http2.ClientHttp2Session> {
  const session = http2.connect(cluster.url, { ca: cluster.authority, cert: cluster.certificate, key: cluster.key })
  return new Promise((resolve, reject) => {
    session.once('connect', () => resolve(session))
    session.once('error', reject)
  })
}

/** h2load presents no client certificates, so it comes with the token of a service account that may do everything. */
export async function makeToken(session: http2.ClientHttp2Session): Promise<string> {
  await send(session, 'POST', '/api/v1/namespaces/default/serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bench' } })
  await send(session, 'POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: 'bench' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'bench', namespace: 'default' }],
  })
  const answer = await send(session, 'POST', '/api/v1/namespaces/default/serviceaccounts/bench/token', {
    apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 7200 },
  })
  return (JSON.parse(answer) as { status: { token: string } }).status.token
}

interface Load {
  readonly perSecond: number
  readonly meanMs: number
}

export function h2load(words: readonly string[]): Load {
  const text = execFileSync('h2load', [...words], { encoding: 'utf8', maxBuffer: 1e8 })
  const failed = /status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx/.exec(text)
  if (!failed || Number(failed[3]) + Number(failed[4]) > 0) throw new Error(`h2load ${words.at(-1)}: ${failed?.[0] ?? text}`)
  const perSecond = Number(/finished in [^,]*, ([\d.]+) req\/s/.exec(text)![1])
  const mean = /time for request:\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)/.exec(text)!
  return { perSecond, meanMs: Number(mean[1]) * { us: 0.001, ms: 1, s: 1000 }[mean[2] as 'us'] }
}

/** The least that a TLS server in Node does: a fixed answer, the same certificate, no thought. */
async function withCeiling<T>(cluster: BenchCluster, payload: Buffer, measure: (url: string) => T): Promise<T> {
  const child: ChildProcess = fork(new URL('./ceiling.ts', import.meta.url), { stdio: 'inherit' })
  try {
    const pki = join(cluster.dataDirectory, 'pki')
    const payloadFile = join(cluster.dataDirectory, 'payload')
    writeFileSync(payloadFile, payload)
    child.send({ port: ceilingPort, payloadFile, certificate: readFileSync(join(pki, 'apiserver.crt'), 'utf8'), key: readFileSync(join(pki, 'apiserver.key'), 'utf8') })
    await new Promise((resolve) => child.once('message', resolve))
    return measure(`https://127.0.0.1:${ceilingPort}/`)
  } finally {
    child.kill('SIGKILL')
  }
}
