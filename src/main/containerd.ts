/** The cluster's own containerd: configured, started, adopted when it already runs, restarted when it dies, stopped. */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { renderContainerdConfig } from '#bootstrap/containerd-config.ts'
import type { Log } from '#world/log.ts'
import { canAdjustOomScore, findCommand, findPluginDirectory } from './cli/prerequisites.ts'
import { identifyProcess, isAlive, type ProcessIdentity } from './cluster-registry.ts'

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

export function containerdStateDirectory(places: { readonly runDirectory: string }): string {
  return join(places.runDirectory, 'containerd')
}

function identityFile(places: { readonly runDirectory: string }): string {
  return join(places.runDirectory, 'containerd.json')
}

/** The running containerd of this cluster, if there is one: containers outlive the Skiff process, and so does it. */
export function findContainerd(places: { readonly runDirectory: string }): ProcessIdentity | undefined {
  try {
    const identity = JSON.parse(readFileSync(identityFile(places), 'utf8')) as ProcessIdentity
    return isAlive(identity) ? identity : undefined
  } catch {
    // Never started, or a reboot emptied /run.
    return undefined
  }
}

export function forgetContainerd(places: { readonly runDirectory: string }): void {
  rmSync(identityFile(places), { force: true })
}

/** Resolves once the socket answers, whether containerd was already there or had to be started. */
export async function ensureContainerd(places: ContainerdPlaces, signal: AbortSignal): Promise<ProcessIdentity> {
  const running = findContainerd(places)
  if (!running) return startContainerd(places, signal)
  if (existsSync(containerdSocket(places))) {
    await waitForSocket(containerdSocket(places), signal)
    return running
  }
  // It listens on a socket that nobody can reach any more: somebody removed the file, or it has only just been started.
  try {
    await waitForSocket(containerdSocket(places), AbortSignal.any([signal, AbortSignal.timeout(socketLimitMs)]))
    return running
  } catch {
    // No answer in time says it all: another one takes its place.
    signal.throwIfAborted()
    await endContainerd(places, running, signal)
  }
  try {
    return await startContainerd(places, signal)
  } catch (error) {
    throw new Error('containerd lost its socket and could not be started again', { cause: error })
  }
}

const socketLimitMs = 3000

/** SIGTERM, and SIGKILL if that does not help; its containers run on under their shims. */
async function endContainerd(places: ContainerdPlaces, identity: ProcessIdentity, signal: AbortSignal): Promise<void> {
  process.kill(identity.pid, 'SIGTERM')
  if (!await endOf(identity, AbortSignal.any([signal, AbortSignal.timeout(endLimitMs)]))) {
    process.kill(identity.pid, 'SIGKILL')
    await endOf(identity, signal)
  }
  forgetContainerd(places)
}

const endLimitMs = 3000
const endLookMs = 20

/** Waits until a process that is not our child is gone; nobody tells, so it is looked at. Gives whether it is. */
export async function endOf(identity: ProcessIdentity, signal: AbortSignal): Promise<boolean> {
  while (isAlive(identity)) {
    if (signal.aborted) return false
    await pause(endLookMs)
  }
  return true
}

async function startContainerd(places: ContainerdPlaces, signal: AbortSignal): Promise<ProcessIdentity> {
  const command = findCommand('containerd')
  if (!command) throw new Error('containerd is not installed')
  const configFile = join(places.dataDirectory, 'containerd/config.toml')
  const logFile = join(places.dataDirectory, 'log/containerd.log')
  for (const directory of [dirname(configFile), dirname(logFile), places.runDirectory, cniConfigDirectory(places)]) {
    mkdirSync(directory, { recursive: true })
  }
  writeFileSync(configFile, renderContainerdConfig({
    rootDirectory: join(places.dataDirectory, 'containerd/root'),
    stateDirectory: containerdStateDirectory(places),
    socketPath: containerdSocket(places),
    cniConfigDirectory: cniConfigDirectory(places),
    cniPluginDirectory: findPluginDirectory() ?? '/usr/lib/cni',
    sandboxImage: places.sandboxImage,
    runcDirectory: join(places.runDirectory, 'runc'),
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
    child.once('exit', (code, killer) =>
      reject(
        new Error(
          `containerd ended at once (${killer ?? `exit code ${code}`}): ${lastComplaint(logFile)}; see ${logFile}`,
        ),
      ),
    )
  })
  exited.catch(() => undefined)
  const identity = child.pid === undefined ? undefined : identifyProcess(child.pid)
  if (identity) writeFileSync(identityFile(places), JSON.stringify(identity), { mode: 0o600 })
  await Promise.race([waitForSocket(containerdSocket(places), signal), exited])
  if (!identity) throw new Error(`containerd ended at once; see ${logFile}`)
  return identity
}

/** What it said last, out of its own log format (`level=… msg="…"`). */
function lastComplaint(logFile: string): string {
  const line = readFileSync(logFile, 'utf8').trimEnd().split('\n').at(-1) ?? ''
  return (/msg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? line).slice(0, 300)
}

/** Told by the directory's watch when the socket appears; then one connection proves that somebody listens. */
async function waitForSocket(path: string, signal: AbortSignal): Promise<void> {
  if (await canConnect(path)) return
  await new Promise<void>((resolve, reject) => {
    const watcher = watch(dirname(path))
    let finished = false
    let retry: NodeJS.Timeout | undefined
    const finish = (error?: unknown): void => {
      finished = true
      clearTimeout(retry)
      watcher.close()
      signal.removeEventListener('abort', abort)
      if (error === undefined) resolve()
      else reject(error as Error)
    }
    const abort = (): void => finish(signal.reason)
    const attempt = (): void => {
      clearTimeout(retry)
      if (!existsSync(path)) return
      void canConnect(path).then((open) => {
        if (open) finish()
        // The file is there before anybody listens, and nobody tells of the listening.
        else if (!finished) retry = setTimeout(attempt, endLookMs)
      })
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
 * Resolves when containerd (not our child any more after a restart of Skiff) is gone: its socket hangs up, or somebody
 * has removed the socket's file. A proper HTTP/2 session, because containerd's own shutdown waits for connections that
 * have not said hello.
 */
function waitForContainerdExit(places: ContainerdPlaces, signal: AbortSignal): Promise<void> {
  const socket = containerdSocket(places)
  return new Promise((resolve) => {
    const session = connectHttp2('http://localhost', { createConnection: () => connect(socket) })
    const watcher = watch(dirname(socket))
    const finish = (): void => {
      session.destroy()
      watcher.close()
      signal.removeEventListener('abort', finish)
      resolve()
    }
    session.once('close', finish)
    session.once('error', finish)
    watcher.on('change', () => { if (!existsSync(socket)) finish() })
    watcher.on('error', finish)
    signal.addEventListener('abort', finish, { once: true })
  })
}

export interface Supervision {
  readonly places: ContainerdPlaces
  readonly log: Log
  readonly sleep: (ms: number) => Promise<void>
  /** Called after each start that was not the first, with the wall-clock time (ms) just before it. */
  readonly onRestarted: (startedAt: number) => Promise<void>
}

/**
 * Keeps containerd alive until aborted. A quick death is answered with growing pauses (1 s to 1 min), not with a storm.
 */
export async function superviseContainerd(
  { places, log, sleep, onRestarted }: Supervision,
  signal: AbortSignal,
): Promise<void> {
  let pauseMs = 1000
  let last = findContainerd(places)
  while (!signal.aborted) {
    const begin = performance.now()
    try {
      const startedAt = Date.now()
      const current = await ensureContainerd(places, signal)
      if (current.pid !== last?.pid || current.startTicks !== last.startTicks) await onRestarted(startedAt)
      last = current
      await waitForContainerdExit(places, signal)
      if (signal.aborted) return
      log.warn('containerd went away; it is started again', { afterMs: Math.round(performance.now() - begin) })
    } catch (error) {
      if (signal.aborted) return
      log.error('containerd could not be started', { error: String(error), retryMs: pauseMs })
    }
    pauseMs = performance.now() - begin > 60_000 ? 1000 : Math.min(pauseMs * 2, 60_000)
    await sleep(pauseMs / 2)
  }
}

/**
 * Asks containerd to end, and resolves when it has; kills it when it does not. Its containers must have been
 * stopped before.
 */
export async function stopContainerd(places: ContainerdPlaces, signal: AbortSignal): Promise<void> {
  const identity = findContainerd(places)
  if (identity) await endContainerd(places, identity, signal)
}
