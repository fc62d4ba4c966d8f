/**
 * A cluster as large as upstream supports, 150,000 pods: what each takes in memory, how soon a restarted server is
 * ready, and how long a client waits while controllers and scheduler begin behind it.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { connect, h2load, makeNamespace, makeToken, podManifest } from './api.ts'
import { figuresOf, type Report } from './figure.ts'
import { cpuSeconds, residentBytes } from './process-usage.ts'
import { startBenchCluster, type BenchCluster } from './server.ts'
import { ensureInstalled } from '../tools/debian-tool.ts'

const pods = 150_000
const namespaces = 10
const port = 21_449
const watchedMs = 20_000

export async function run(report: Report): Promise<void> {
  ensureInstalled({ h2load: 'nghttp2-client' })
  const give = figuresOf('large', report)
  using cluster = startBenchCluster('bench-large', 'sim:0', port)
  const empty = residentBytes(cluster.pid)
  await fill(cluster)
  give(`memory that each of ${pods} pods adds`, (residentBytes(cluster.pid) - empty) / 1000 / pods, 'kB', 'lower', 6)
  cluster.skiff('down', '-q')

  const began = performance.now()
  const up = spawn(fileURLToPath(new URL('../skiff', import.meta.url)), [
    'up', '-q', '--name', 'bench-large', '--nodes', 'sim:0', '--port', String(port), '--data-dir', cluster.dataDirectory,
  ], { env: cluster.environment, stdio: 'ignore' })
  const ended = new Promise((resolve) => { up.once('exit', resolve) })
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false })
  while (await ask(agent, '/readyz') !== 200) await sleep(5)
  give(`restart with ${pods} pods to /readyz`, performance.now() - began, 'ms', 'lower', 1_000)
  let longest = 0
  for (const until = performance.now() + watchedMs; performance.now() < until; await sleep(5)) {
    const asked = performance.now()
    await ask(agent, '/livez')
    longest = Math.max(longest, performance.now() - asked)
  }
  agent.destroy()
  await ended
  give(`longest wait for an answer in the first ${watchedMs / 1_000} s`, longest, 'ms', 'lower', 200)
  const [{ pid }] = JSON.parse(cluster.skiff('status', '-o', 'json')) as [{ readonly pid: number }]
  give('processor time from the start until everything has settled', cpuSeconds(pid), 's', 'lower')
  give('memory after it', residentBytes(pid) / 1e6, 'MB', 'lower')
}

async function fill(cluster: BenchCluster): Promise<void> {
  const session = await connect(cluster)
  const podFile = join(cluster.dataDirectory, 'pod.json')
  writeFileSync(podFile, JSON.stringify(podManifest()))
  const post = [
    '-d', podFile, '-H', 'content-type: application/json', '-H', `authorization: Bearer ${await makeToken(session)}`,
  ]
  for (let index = 0; index < namespaces; index++) {
    await makeNamespace(session, `large-${index}`)
    const url = `${cluster.url}/api/v1/namespaces/large-${index}/pods`
    h2load(['-n', String(pods / namespaces), '-c', '8', '-m', '16', ...post, url])
  }
  session.close()
}

/** The status; 0 while nobody listens. */
function ask(agent: Agent, path: string): Promise<number> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path, agent }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode ?? 0))
    })
    asked.once('error', () => resolve(0))
    asked.end()
  })
}
