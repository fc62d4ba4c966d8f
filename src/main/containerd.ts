/** The cluster's own containerd: configured, started, adopted when it already runs, restarted when it dies, stopped. */
import { spawn } from 'node:child_process'
import { mkdirSync, openSync, closeSync, readFileSync, rmSync, watch, writeFileSync, existsSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { renderContainerdConfig } from '#bootstrap/containerd-config.ts'
import type { Log } from '#world/log.ts'
import { canAdjustOomScore, findCommand, findPluginDirectory } from './cli/prerequisites.ts'
import { identifyProcess, isAlive } from './cluster-registry.ts'
import type { ProcessIdentity } from './cluster-registry.ts'

export interface ContainerdPlaces {
  readonly dataDirectory: string
  readonly runDirectory: string
  readonly sandboxImage: string
}

export function containerdSocket(places: { readonly runDirectory: string }): string {
  return join(places.runDirectory, 'containerd.sock')
}

export function cniConfigDirectory(places: { readonly dataDirectory: string }): string {
  return join(places.dataDirectory, 'cni/net.d')
}

function identityFile(places: ContainerdPlaces): string {
  return join(places.runDirectory, 'containerd.json')
}

/** The running containerd of this cluster, if there is one: containers outlive the Skiff process, and so does it. */
export function findContainerd(places: ContainerdPlaces): ProcessIdentity | undefined {
  try {
    const identity = JSON.parse(readFileSync(identityFile(places), 'utf8')) as ProcessIdentity
    return isAlive(identity) ? identity : undefined
  } catch {
    // Never started, or a reboot emptied /run.
    return undefined
  }
}

/** Resolves once the socket answers, whether containerd was already there or had to be started. */
export async function ensureContainerd(places: ContainerdPlaces, signal: AbortSignal): Promise<ProcessIdentity> {
  const running = findContainerd(places)
  if (running) {
    await waitForSocket(containerdSocket(places), signal)
    return running
  }
  return startContainerd(places, signal)
}

async function startContainerd(places: ContainerdPlaces, signal: AbortSignal): Promise<ProcessIdentity> {
  const command = findCommand('containerd')
  if (!command) throw new Error('containerd is not installed')
  const configFile = join(places.dataDirectory, 'containerd/config.toml')
  const logFile = join(places.dataDirectory, 'log/containerd.log')
  for (const directory of [dirname(configFile), dirname(logFile), places.runDirectory, cniConfigDirectory(places)]) mkdirSync(directory, { recursive: true })
  writeFileSync(configFile, renderContainerdConfig({
    rootDirectory: join(places.dataDirectory, 'containerd/root'),
    stateDirectory: join(places.runDirectory, 'containerd'),
    socketPath: containerdSocket(places),
    cniConfigDirectory: cniConfigDirectory(places),
    cniPluginDirectory: findPluginDirectory() ?? '/usr/lib/cni',
    sandboxImage: places.sandboxImage,
    restrictOomScoreAdjust: !canAdjustOomScore(),
  }))
  rmSync(containerdSocket(places), { force: true })
  const log = openSync(logFile, 'a', 0o600)
  // Its own session, so that containers and their shims survive whatever happens to this process.
  const child = spawn(command, ['--config', configFile], { detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  child.unref()
  const exited = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(new Error('containerd could not be started', { cause: error })))
    child.once('exit', (code, killer) => reject(new Error(`containerd ended at once (${killer ?? `exit code ${code}`}); see ${logFile}`)))
  })
  exited.catch(() => undefined)
  const identity = child.pid === undefined ? undefined : identifyProcess(child.pid)
  if (identity) writeFileSync(identityFile(places), JSON.stringify(identity), { mode: 0o600 })
  await Promise.race([waitForSocket(containerdSocket(places), signal), exited])
  if (!identity) throw new Error(`containerd ended at once; see ${logFile}`)
  return identity
}

/** Told by the directory's watch when the socket appears; then one connection proves that somebody listens. */
async function waitForSocket(path: string, signal: AbortSignal): Promise<void> {
  if (await canConnect(path)) return
  await new Promise<void>((resolve, reject) => {
    const watcher = watch(dirname(path))
    const finish = (error?: unknown): void => {
      watcher.close()
      signal.removeEventListener('abort', abort)
      if (error === undefined) resolve()
      else reject(error as Error)
    }
    const abort = (): void => finish(signal.reason)
    const attempt = (): void => {
      if (existsSync(path)) void canConnect(path).then((open) => { if (open) finish() })
    }
    signal.addEventListener('abort', abort, { once: true })
    watcher.on('change', attempt)
    watcher.on('error', finish)
    attempt()
  })
}

function canConnect(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => { socket.destroy(); resolve(true) })
    socket.once('error', () => resolve(false))
  })
}

/**
 * Resolves when containerd (not our child any more after a restart of Skiff) is gone: its socket hangs up.
 * A proper HTTP/2 session, because containerd's own shutdown waits for connections that have not said hello.
 */
export function waitForContainerdExit(places: ContainerdPlaces, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const session = connectHttp2('http://localhost', { createConnection: () => connect(containerdSocket(places)) })
    const finish = (): void => { session.destroy(); resolve() }
    session.once('close', finish)
    session.once('error', finish)
    signal.addEventListener('abort', finish, { once: true })
  })
}

/** Keeps containerd alive until aborted. A quick death is answered with growing pauses (1 s to 1 min), not with a storm. */
export async function superviseContainerd(places: ContainerdPlaces, log: Log, sleep: (ms: number) => Promise<void>, signal: AbortSignal): Promise<void> {
  let pauseMs = 1000
  while (!signal.aborted) {
    const begin = performance.now()
    try {
      await ensureContainerd(places, signal)
      await waitForContainerdExit(places, signal)
      if (signal.aborted || findContainerd(places)) continue
      log.warn('containerd went away; it is started again', { afterMs: Math.round(performance.now() - begin) })
    } catch (error) {
      if (signal.aborted) return
      log.error('containerd could not be started', { error: String(error), retryMs: pauseMs })
    }
    pauseMs = performance.now() - begin > 60_000 ? 1000 : Math.min(pauseMs * 2, 60_000)
    await sleep(pauseMs / 2)
  }
}

/** Asks containerd to end, and resolves when it has. Its containers must have been stopped before. */
export async function stopContainerd(places: ContainerdPlaces, signal: AbortSignal): Promise<void> {
  const identity = findContainerd(places)
  if (!identity) return
  const gone = waitForContainerdExit(places, signal)
  process.kill(identity.pid, 'SIGTERM')
  await gone
  rmSync(identityFile(places), { force: true })
}
