/** Our etcd and Debian's side by side, and etcdctl told the same to both. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))

export interface Side {
  readonly name: 'ours' | 'theirs'
  readonly port: number
  readonly url: string
  readonly pid: number
}

export interface Pair extends AsyncDisposable {
  readonly directory: string
  readonly ours: Side
  readonly theirs: Side
}

/** Starts both on empty directories. `etcd` is the path of Debian's. */
export async function startPair(etcd: string): Promise<Pair> {
  await using opened = new AsyncDisposableStack()
  const directory = mkdtempSync(join(tmpdir(), 'etcd-pair-'))
  opened.defer(() => rmSync(directory, { recursive: true, force: true }))
  const ours = opened.use(await startSkiffEtcd({ directory: join(directory, 'ours') }))
  const port = await freePort()
  const peer = `http://127.0.0.1:${await freePort()}`
  const url = `http://127.0.0.1:${port}`
  const theirs = opened.use(await start('theirs', port, etcd, [
    '--data-dir', join(directory, 'theirs'), '--listen-client-urls', url, '--advertise-client-urls', url,
    '--listen-peer-urls', peer,
  ]))
  const all = opened.move()
  return { directory, ours, theirs, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

export interface RunningSide extends Side, AsyncDisposable {
  /** What it has written. */
  readonly log: () => string
  /** Resolves with the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** `skiff etcd` as a process of its own. */
export async function startSkiffEtcd(options: {
  readonly directory: string
  readonly scheme?: 'http' | 'https'
  readonly flags?: readonly string[]
}): Promise<RunningSide> {
  const port = await freePort()
  return await start('ours', port, process.execPath, [
    join(root, 'src/main/skiff.ts'), 'etcd', '--data-dir', options.directory,
    '--listen-client-urls', `${options.scheme ?? 'http'}://127.0.0.1:${port}`, ...(options.flags ?? []),
  ])
}

async function start(
  name: Side['name'], port: number, command: string, words: readonly string[],
): Promise<RunningSide> {
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => { log += text })
  }
  const ended = new Promise<number | null>((resolve) => { child.once('exit', (code) => resolve(code)) })
  await untilListening(port, child, () => log)
  return {
    name,
    port,
    url: `http://127.0.0.1:${port}`,
    pid: child.pid!,
    log: () => log,
    end(signal) { child.kill(signal); return ended },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function untilListening(port: number, child: ChildProcess, log: () => string): Promise<void> {
  for (const until = performance.now() + 20_000; performance.now() < until;) {
    if (child.exitCode !== null) break
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true) })
      socket.once('error', () => resolve(false))
    })
    if (isThere) return
    await new Promise((resolve) => { setTimeout(resolve, 50) })
  }
  child.kill('SIGKILL')
  throw new Error(`nothing listens on port ${port}:\n${log()}`)
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

export interface Etcdctl {
  readonly program: string
  readonly endpoint: string
  readonly flags?: readonly string[]
}

/** Standard output, then errors; and the exit code. Killed after `seconds`. */
export function etcdctl(
  { program, endpoint, flags = [] }: Etcdctl, words: readonly string[], options: {
    readonly input?: string
    readonly seconds?: number
  } = {},
): Promise<{ readonly text: string; readonly code: number | null }> {
  const child = spawn(program, [...words, ...flags], {
    env: { ...process.env, ETCDCTL_API: '3', ETCDCTL_ENDPOINTS: endpoint },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => undefined).end(options.input ?? '')
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => { output += part })
  child.stderr.setEncoding('utf8').on('data', (part: string) => { errors += part })
  const timer = setTimeout(() => child.kill('SIGKILL'), (options.seconds ?? 15) * 1_000)
  return new Promise((resolve) => {
    child.once('close', (code) => { clearTimeout(timer); resolve({ text: output + errors, code }) })
  })
}
