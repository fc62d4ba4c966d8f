/**
 * The API server on a store of its own and on Debian's etcd beneath, on the same disk, one after the other: what the
 * same requests cost. Both sync each write to the disk before they answer.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureInstalled } from '../tools/debian-tool.ts'
import { connect, h2load, makeNamespace, makeToken, podManifest, withCpu } from './api.ts'
import { figuresOf, type Report } from './figure.ts'
import { startBenchCluster } from './server.ts'

const etcdUrl = 'http://127.0.0.1:21481'
const peerUrl = 'http://127.0.0.1:21482'
const pods = 3_000
const clients = 32

export async function run(report: Report): Promise<void> {
  ensureInstalled({ h2load: 'nghttp2-client', etcd: 'etcd-server' })
  await measure('embedded', [], 21_483, report)
  const directory = mkdtempSync(join(tmpdir(), 'bench-etcd-store-'))
  const etcd = spawn('etcd', [
    '--data-dir', directory, '--listen-client-urls', etcdUrl, '--advertise-client-urls', etcdUrl,
    '--listen-peer-urls', peerUrl, '--log-level', 'error',
  ], { stdio: 'ignore' })
  try {
    await answers()
    await measure('etcd', ['--etcd-servers', etcdUrl], 21_484, report)
  } finally {
    etcd.kill('SIGKILL')
    await new Promise((resolve) => etcd.once('exit', resolve))
    rmSync(directory, { recursive: true, force: true })
  }
}

async function measure(store: string, flags: readonly string[], port: number, report: Report): Promise<void> {
  const give = figuresOf('etcd-store', report)
  using cluster = startBenchCluster(`bench-${store}`, 'sim:0', port, flags)
  const session = await connect(cluster)
  const authorization = ['-H', `authorization: Bearer ${await makeToken(session)}`]
  await makeNamespace(session, 'load')
  const podFile = join(cluster.dataDirectory, 'pod.json')
  writeFileSync(podFile, JSON.stringify(podManifest()))
  const post = ['-d', podFile, '-H', 'content-type: application/json', ...authorization]
  const url = `${cluster.url}/api/v1/namespaces/load/pods`
  const one = h2load(['-n', '500', '-c', '1', '-m', '1', ...post, url])
  give(`CREATE of a pod on ${store}, one client`, one.meanMs, 'ms', 'lower')
  const many = withCpu(cluster, () => h2load(['-n', String(pods), '-c', '8', '-m', String(clients / 8), ...post, url]))
  give(`CREATE of a pod on ${store}, ${clients} clients`, many.perSecond, '/s', 'higher')
  give(`CREATE of a pod on ${store}, ${clients} clients, server CPU`, (many.cpuSeconds / pods) * 1e6, 'us each', 'lower')
  for (const [what, path] of [
    ['GET, as new as can be', `${cluster.url}/api/v1/namespaces/default`],
    ['GET, resourceVersion=0', `${cluster.url}/api/v1/namespaces/default?resourceVersion=0`],
  ] as const) {
    const got = withCpu(cluster, () => h2load(['-n', '10000', '-c', '8', '-m', '4', ...authorization, path]))
    give(`${what}, on ${store}`, got.perSecond, '/s', 'higher')
    give(`${what}, on ${store}, server CPU`, (got.cpuSeconds / 10_000) * 1e6, 'us each', 'lower')
  }
  const listed = h2load(['-n', '10', '-c', '1', '-m', '1', ...authorization, url])
  give(`LIST of ${pods + 500} pods on ${store}`, listed.meanMs, 'ms', 'lower')
  session.close()
}

async function answers(): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await fetch(`${etcdUrl}/health`).then((response) => response.ok, () => false)) return
    await sleep(50)
  }
  throw new Error('etcd does not answer')
}
