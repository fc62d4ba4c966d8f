/**
 * The cluster's own process: everything in one, in the background; told to stop through its control socket or a signal.
 */
import { rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { deriveClusterConfig } from '#bootstrap/cluster-config.ts'
import { systemClock } from '#host/clock.ts'
import { createLog } from '#host/log.ts'
import { startCluster, type RunningCluster } from './all-in-one.ts'
import { openBoundedLog } from './bounded-log.ts'
import { CommandFailure, describeError, exitCode } from './cli/failure.ts'
import type { StepEvent } from './cli/output.ts'
import { controlSocketPath, identifyProcess, readRecord, writeRecord } from './cluster-registry.ts'
import type { CompiledCode } from './compiled-program.ts'
import { startFailureOf } from './start-failure.ts'

/** What the process tells whoever started it, over Node's own channel between parent and child. */
export type ServeMessage =
  | { readonly type: 'step'; readonly event: StepEvent }
  | { readonly type: 'ready'; readonly kubeconfig: string }
  | {
      readonly type: 'failed'
      readonly id: string
      readonly message: string
      readonly cure: string
      readonly exitCode: number
    }

/**
 * Ends with the process. What was compiled is kept when the start is over if none was before, and otherwise at the
 * end, because to write it down takes memory that does not come back.
 */
export async function serve(name: string, code: CompiledCode): Promise<void> {
  process.title = `skiff ${name}`
  const record = readRecord(name)
  if (!record) {
    throw new CommandFailure('E-NO-CLUSTER', `there is no record of cluster ${name}`, 'skiff up', exitCode.unreachable)
  }
  const log = createLog({
    clock: systemClock,
    stream: openBoundedLog(join(record.choices.dataDirectory, 'log/skiff.log')),
    format: 'text',
    level: process.env['SKIFF_LOG_LEVEL'] === 'debug' ? 'debug' : 'info',
  })
  const config = deriveClusterConfig(record.choices)
  writeRecord({ ...record, process: identifyProcess(process.pid) })
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => stop.abort(new Error(`received ${signal}`)))
  }
  process.on('unhandledRejection', (error) =>
    log.error('a promise was left to fail alone', { error: describeError(error) }),
  )
  process.on('uncaughtException', (error) => {
    log.error('an error reached nobody; the process ends; skiff up starts it again', { error: describeError(error) })
    process.exit(70)
  })
  let cluster: RunningCluster
  try {
    cluster = await startCluster({ config, log, onStep: (event) => tell({ type: 'step', event }) }, stop.signal)
  } catch (error) {
    const failure = startFailureOf(error)
    log.error('could not start', { error: describeError(error) })
    tell({ type: 'failed', id: failure.id, message: failure.message, cure: failure.cure, exitCode: failure.exitCode })
    noteEnd(name)
    process.exitCode = failure.exitCode
    if (process.connected) process.disconnect?.()
    process.exit()
  }
  const waiting: Socket[] = []
  const control = listenForControl(controlSocketPath(config), cluster, waiting, stop)
  tell({ type: 'ready', kubeconfig: cluster.adminKubeconfig })
  if (process.connected) process.disconnect?.()
  setTimeout(settle, quietMs, code).unref()

  await aborted(stop.signal)
  log.info('stopping', { reason: String(stop.signal.reason) })
  await cluster[Symbol.asyncDispose]()
  noteEnd(name)
  control.close()
  code.keep()
  log.info('stopped')
  // The end of the process closes the connections of those who wait for it.
  process.exit(0)
}

/** After so long a start is over. */
const quietMs = 5_000
/** To go through more would stop everything for long, and where there is so much V8 has reasons of its own to do it. */
const settledHeapBytesMax = 96 * 2 ** 20
/** Up to here V8 goes through it until nothing is left to find: 12 MB in a cluster that has just begun. */
const thoroughHeapBytesMax = 32 * 2 ** 20

/**
 * What the first start compiled is written down for the next one, and what it left behind is freed, which V8 does by
 * itself when more memory is wanted: for a cluster that has nothing to do that may be hours later.
 */
function settle(code: CompiledCode): void {
  if (!code.isKept) code.keep()
  const { heapUsed } = process.memoryUsage()
  if (heapUsed > settledHeapBytesMax) return
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (how: object) => void
  setFlagsFromString('--no-expose-gc')
  collect({ type: 'major', execution: 'sync', flavor: heapUsed > thoroughHeapBytesMax ? 'regular' : 'last-resort' })
}

/** Other commands may have noted something in the record meanwhile. */
function noteEnd(name: string): void {
  const record = readRecord(name)
  if (record?.process?.pid === process.pid) writeRecord({ ...record, process: undefined })
}

function tell(message: ServeMessage): void {
  // Whoever started us may have gone; the cluster goes on all the same.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}

/**
 * One command a connection: `stop` (answered by the connection's end), `statistics` and `snapshot FILE` (one line of
 * JSON).
 */
function listenForControl(path: string, cluster: RunningCluster, waiting: Socket[], stop: AbortController): Server {
  rmSync(path, { force: true })
  const server = createServer((socket) => {
    socket.setEncoding('utf8')
    socket.on('error', () => socket.destroy())
    let text = ''
    socket.on('data', (chunk: string) => {
      text += chunk
      if (text.length > commandLengthMax) return socket.destroy()
      if (!text.includes('\n')) return
      const command = text.trim()
      text = ''
      if (command === 'stop') {
        waiting.push(socket)
        stop.abort(new Error('asked to stop'))
      } else if (command === 'statistics') socket.end(`${JSON.stringify(cluster.statistics())}\n`)
      else if (command.startsWith('snapshot ')) void answerSnapshot(socket, cluster, command.slice('snapshot '.length))
      else socket.end('unknown command\n')
    })
  })
  server.listen(path)
  return server
}

/** A path, and a word before it. */
const commandLengthMax = 5_000

async function answerSnapshot(socket: Socket, cluster: RunningCluster, file: string): Promise<void> {
  const answer = await cluster.saveSnapshot(file).catch((error: unknown) => ({ error: describeError(error) }))
  socket.end(`${JSON.stringify(answer)}\n`)
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
