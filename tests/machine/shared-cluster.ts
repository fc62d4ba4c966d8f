/** Several Skiff servers on one etcd as processes of their own, and clients that reach each of them. */
import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient, type Client } from '#client/client.ts'
import { createHttpTransport } from '#client/http-transport.ts'
import { createHttpClient } from '#host/http/client.ts'
import { run } from './support.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface SharedServer {
  readonly name: string
  /** A connection of its own. */
  client(): Client & Disposable
  /** Kills the process where it is. */
  kill(): Promise<void>
  start(): Promise<void>
}

export interface SharedCluster extends AsyncDisposable {
  readonly servers: readonly SharedServer[]
}

/** Resolves when all of them serve. Without nodes: what they decide is seen in the API. */
export async function startSharedCluster(etcdUrls: readonly string[], count: number): Promise<SharedCluster> {
  const home = mkdtempSync(join(tmpdir(), 'shared-'))
  const environment = { ...process.env, HOME: home, XDG_DATA_HOME: join(home, 'share'), SUDO_USER: '' }
  const servers: SharedServer[] = []
  for (let index = 0; index < count; index++) {
    const name = `shared-${process.pid}-${index}`
    const data = join(home, name)
    mkdirSync(join(data, 'pki'), { recursive: true })
    if (index > 0) copyAuthorities(join(home, servers[0]!.name), data)
    const port = 21_000 + (process.pid * 7 + index) % 9_000
    const words = [
      'up', '--name', name, '--nodes', 'sim:0', '--data-dir', data, '--port', String(port), '--kubelet-port',
      String(port + 15_000), '--etcd-servers', etcdUrls.join(','), '--foreground',
    ]
    const server = createServer(name, data, words, environment)
    await server.start()
    servers.push(server)
  }
  return {
    servers,
    async [Symbol.asyncDispose]() {
      for (const server of servers) {
        await server.kill()
        await run(join(root, 'skiff'), ['reset', '--name', server.name], environment)
      }
      rmSync(home, { recursive: true, force: true })
    },
  }
}

function copyAuthorities(from: string, to: string): void {
  for (const file of ['ca.crt', 'ca.key', 'front-proxy-ca.crt', 'front-proxy-ca.key', 'sa.key', 'sa.pub']) {
    cpSync(join(from, 'pki', file), join(to, 'pki', file))
  }
}

function createServer(
  name: string, data: string, words: readonly string[], environment: NodeJS.ProcessEnv,
): SharedServer {
  let child: ChildProcess | undefined
  const read = (file: string): string => readFileSync(join(data, 'pki', file), 'utf8')
  return {
    name,
    client() {
      const http = createHttpClient()
      const port = words[words.indexOf('--port') + 1]!
      const transport = createHttpTransport({
        http, server: `https://127.0.0.1:${port}`,
        tls: { ca: read('ca.crt'), certificate: read('admin.crt'), key: read('admin.key') },
      })
      return Object.assign(createClient(transport), { [Symbol.dispose]: () => http[Symbol.dispose]() })
    },
    async kill() {
      // The process that serves is a child of the one that was started.
      const { stdout } = await run('pgrep', ['-f', `^skiff ${name}`])
      for (const id of stdout.trim().split('\n').filter(Boolean)) process.kill(Number(id), 'SIGKILL')
      if (child && child.exitCode === null) await new Promise((resolve) => child!.once('exit', resolve))
      child = undefined
    },
    async start() {
      const started = child = spawn(join(root, 'skiff'), words, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
      await new Promise<void>((resolve, reject) => {
        let text = ''
        const take = (chunk: Buffer): void => {
          text += chunk.toString()
          if (text.includes('Ready in')) resolve()
        }
        started.stdout!.on('data', take)
        started.stderr!.on('data', take)
        started.once('exit', (code) => reject(new Error(`skiff up ended (${code}): ${text}`)))
      })
    },
  }
}
