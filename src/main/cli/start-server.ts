/** Starts the cluster's process and listens to it until it is ready. */
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import type { ClusterConfig } from '#bootstrap/cluster-config.ts'
import type { ServeMessage } from '../serve.ts'
import { CommandFailure, exitCode } from './failure.ts'
import type { StepPrinter } from './output.ts'

export interface StartedServer {
  readonly kubeconfig: string
  /** Resolves at the end of the process, with whether this command was interrupted before. */
  readonly ended: Promise<boolean>
  /** Undefined while it runs; 0 for an end that was asked for. */
  exitCode(): number | undefined
}

/** Starting takes seconds; a machine that needs longer than this is stuck, and the log says where. */
const startLimitMs = 120_000
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Shows the process's steps as it tells them; resolves when it says that all is ready. Interrupted before, it ends the
 * process and rejects when that is gone. `foreground`: interrupts end it later, too.
 */
export function startServer(config: ClusterConfig, printer: StepPrinter, foreground: boolean): Promise<StartedServer> {
  const logDirectory = join(config.dataDirectory, 'log')
  for (const directory of [config.runDirectory, logDirectory]) mkdirSync(directory, { recursive: true, mode: 0o700 })
  const logFile = join(logDirectory, 'skiff.log')
  const log = openSync(logFile, 'a', 0o600)
  // A group of its own: an interrupt at the terminal comes here first, and is passed on in order.
  const program = join(dirname(process.argv[1]!), `serve-process${extname(process.argv[1]!)}`)
  const child = spawn(process.execPath, [...process.execArgv, program, '--name', config.name], {
    detached: true, cwd: '/', stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  let interrupts = 0
  const interrupt = (): void => {
    interrupts++
    // Whoever asks twice does not want to wait.
    child.kill(interrupts > 1 ? 'SIGKILL' : 'SIGTERM')
    printer.say(interrupts > 1 ? 'killed' : 'interrupted; stopping ...')
  }
  for (const name of signals) process.on(name, interrupt)
  const stopListening = (): void => { for (const name of signals) process.off(name, interrupt) }
  const ended = new Promise<boolean>((resolve) => child.once('exit', () => resolve(interrupts > 0)))
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      stopListening()
      child.disconnect()
      child.unref()
      reject(
        new CommandFailure(
          'E-SLOW-START',
          `the cluster was not ready within ${startLimitMs / 1000} s; it goes on trying`,
          `skiff logs --name ${config.name}; the log is ${logFile}`,
        ),
      )
    }, startLimitMs)
    // Told at the end of the process: what follows must find it gone.
    let failure: CommandFailure | undefined
    child.once('error', (error) => {
      clearTimeout(limit)
      reject(
        new CommandFailure(
          'E-START',
          `the cluster's process could not be started: ${error.message}`,
          'check this Node installation',
          exitCode.failed,
          { cause: error },
        ),
      )
    })
    child.on('message', (message: ServeMessage) => {
      if (message.type === 'step') printer.event(message.event)
      else if (message.type === 'failed') {
        failure = new CommandFailure(message.id, message.message, message.cure, message.exitCode)
      } else {
        clearTimeout(limit)
        child.disconnect()
        if (!foreground) {
          stopListening()
          child.unref()
        }
        resolve({ kubeconfig: message.kubeconfig, ended, exitCode: () => child.exitCode ?? undefined })
      }
    })
    child.once('exit', (code, signal) => {
      clearTimeout(limit)
      reject(
        interrupts > 0
          ? interrupted(config)
          : (failure
              ?? new CommandFailure(
                'E-DIED',
                `the cluster's process ended (${signal ?? `exit code ${code}`}): ${lastLine(logFile)}`,
                `see ${logFile}`,
              )),
      )
    })
  })
}

function interrupted({ name }: ClusterConfig): CommandFailure {
  return new CommandFailure(
    'E-INTERRUPTED',
    'the start was interrupted; nothing runs, what was made stays',
    `go on: skiff up --name ${name}; remove it: skiff reset --name ${name}`,
    exitCode.interrupted,
  )
}

function lastLine(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)?.slice(0, 500) ?? ''
}
