/** A cluster process for benches: `skiff up` under a name of its own, in a temporary directory, and how to reach it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseYaml } from '#machinery/codec/yaml.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

export interface BenchCluster extends Disposable {
  readonly url: string
  readonly certificate: Buffer
  readonly key: Buffer
  readonly authority: Buffer
  readonly pid: number
  readonly dataDirectory: string
  readonly environment: NodeJS.ProcessEnv
  skiff(...words: readonly string[]): string
}

/** `nodes` as `skiff up --nodes` takes it; `more`: further flags. */
export function startBenchCluster(
  name: string, nodes: string, port: number, more: readonly string[] = [],
): BenchCluster {
  const home = mkdtempSync(join(tmpdir(), `${name}-`))
  const environment = { ...process.env, HOME: home, KUBECONFIG: join(home, 'config'), SUDO_USER: '' }
  const skiff = (...words: readonly string[]): string =>
    execFileSync(join(root, 'skiff'), [...words, '--name', name], { env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  try {
    skiff('reset', '-q')
  } catch {
    // There was none; that is what is wanted.
  }
  const dataDirectory = join(home, 'data')
  skiff('up', '--nodes', nodes, '--port', String(port), '--data-dir', dataDirectory, ...more)
  const config = parseYaml(readFileSync(environment.KUBECONFIG, 'utf8')).documents[0] as Kubeconfig
  const status = JSON.parse(skiff('status', '-o', 'json')) as readonly { readonly pid: number }[]
  const user = config.users[0]!.user
  const decode = (text: string): Buffer => Buffer.from(text, 'base64')
  return {
    url: config.clusters[0]!.cluster.server,
    authority: decode(config.clusters[0]!.cluster['certificate-authority-data']),
    certificate: decode(user['client-certificate-data']), key: decode(user['client-key-data']),
    pid: status[0]!.pid, dataDirectory, environment, skiff,
    [Symbol.dispose]() {
      skiff('reset', '-q')
      rmSync(home, { recursive: true, force: true })
    },
  }
}

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } }[]
  readonly users: readonly { readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } }[]
}
