/**
 * The clusters that this machine (or this user, without root) has: one small file each, and whether their process
 * lives.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { maxClusters, type ClusterChoices } from '#bootstrap/cluster-config.ts'
import { CommandFailure, exitCode } from './cli/failure.ts'

export interface ClusterRecord {
  readonly choices: ClusterChoices
  /** Undefined while the cluster is down. */
  readonly process: ProcessIdentity | undefined
  /** The kubeconfig's current context before this cluster's became it; reset goes back to it. */
  readonly previousContext?: string | undefined
}

/** A process id alone may have been given to another process since. */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTicks: string
}

/** Where clusters live: the system's directories for root, the user's own otherwise. */
export function homeDirectories(): { readonly data: string; readonly run: string } {
  if (process.getuid?.() === 0) return { data: '/var/lib/skiff', run: '/run/skiff' }
  const data = join(process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local/share'), 'skiff')
  return { data, run: join(process.env['XDG_RUNTIME_DIR'] ?? data, 'skiff-run') }
}

function recordFile(name: string): string {
  return join(homeDirectories().data, 'clusters', `${name}.json`)
}

export function readRecord(name: string): ClusterRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordFile(name), 'utf8')) as ClusterRecord
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    if (error instanceof SyntaxError) {
      throw new CommandFailure(
        'E-RECORD',
        `the record of cluster "${name}" is damaged (${recordFile(name)}: ${error.message})`,
        `rm ${recordFile(name)} && skiff up --name ${name} (its data stays)`,
        exitCode.failed,
        { cause: error },
      )
    }
    throw error
  }
}

export function listRecords(): ClusterRecord[] {
  try {
    return readdirSync(join(homeDirectories().data, 'clusters'))
      .filter((file) => file.endsWith('.json'))
      .flatMap((file) => readRecord(file.slice(0, -5)) ?? [])
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Atomic, so a crash leaves the old record or the new one. */
export function writeRecord(record: ClusterRecord): void {
  const file = recordFile(record.choices.name)
  mkdirSync(join(homeDirectories().data, 'clusters'), { recursive: true, mode: 0o755 })
  writeFileSync(`${file}.new`, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

export function removeRecord(name: string): void {
  rmSync(recordFile(name), { force: true })
}

/** The lowest number that no other cluster of this machine has; undefined when all are taken. */
export function freeIndex(): number | undefined {
  const taken = new Set(listRecords().map((record) => record.choices.index))
  return Array.from({ length: maxClusters }, (_, index) => index).find((index) => !taken.has(index))
}

export function identifyProcess(pid: number): ProcessIdentity | undefined {
  try {
    process.kill(pid, 0)
  } catch {
    // No such process (or one that is not ours): either way not the one that was recorded.
    return undefined
  }
  const { state, startTicks } = readStat(pid)
  // A zombie has ended; its parent only has not looked yet.
  return state === 'Z' || state === 'X' ? undefined : { pid, startTicks }
}

export function isAlive(identity: ProcessIdentity | undefined): boolean {
  return identity !== undefined && identifyProcess(identity.pid)?.startTicks === identity.startTicks
}

/**
 * Fields 3 and 22 of /proc/PID/stat; the command name before them may hold spaces and parentheses. Empty where
 * there is no /proc.
 */
function readStat(pid: number): { readonly state: string; readonly startTicks: string } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', startTicks: fields[19] ?? '' }
  } catch {
    // Another system than Linux: the process id must do.
    return { state: '', startTicks: '' }
  }
}

export function controlSocketPath(choices: ClusterChoices): string {
  return join(choices.runDirectory, 'control.sock')
}

/**
 * Sends one command to the cluster's process and resolves with what it answered once it closes the connection
 * (for `stop`: when the process is gone). undefined when nobody listens, or does not answer in time.
 */
export function sendControl(
  choices: ClusterChoices,
  command: string,
  limitMs = controlLimitMs,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(controlSocketPath(choices))
    let answer = ''
    socket.setEncoding('utf8')
    socket.setTimeout(limitMs, () => {
      resolve(undefined)
      socket.destroy()
    })
    socket.on('connect', () => socket.write(`${command}\n`))
    socket.on('data', (text: string) => { answer += text })
    socket.on('error', () => resolve(undefined))
    socket.on('close', () => resolve(answer))
  })
}

const controlLimitMs = 3000
