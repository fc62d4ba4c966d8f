/** `skiff kubectl`: our command line on this machine's files, terminal and network. */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { constants, homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { systemClock } from '#host/clock.ts'
import { createHttpClient } from '#host/http/client.ts'
import { systemRandom } from '#host/random.ts'
import type { CommandFiles, Environment } from '#kubectl/environment.ts'
import { runKubectl } from '#kubectl/kubectl.ts'
import { serverVersion } from './version.ts'

/** Ends the process with kubectl's exit code. */
export async function kubectl(words: readonly string[]): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      stop.abort(new Error(`interrupted by ${signal}`))
      removeTemporary()
      process.exit(128 + constants.signals[signal])
    })
  }
  // A reader that has seen enough (head, less) ends the command without a word.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  using http = createHttpClient({ timeoutMs: 60_000 })
  const exitCode = await runKubectl(words, systemEnvironment(http, stop.signal))
  removeTemporary()
  process.exitCode = exitCode
}

/** This machine; the caller closes `http`. */
export function systemEnvironment(http: Environment['http'], signal: AbortSignal): Environment {
  return {
    http, signal, clock: systemClock, random: systemRandom, files,
    variables: process.env, homeDirectory: homedir(), isTerminal: process.stdout.isTTY, version: serverVersion,
    output: (text) => new Promise((resolve) => {
      process.stdout.write(text, () => resolve())
    }),
    error: (text) => { process.stderr.write(text) },
    readInput, readLine,
    zoneOffsetMinutes: (at) => -new Date(at).getTimezoneOffset(),
    run: (program, args) => new Promise((resolve, reject) => {
      const child = spawn(program, args, { stdio: 'inherit' })
      child.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') resolve(undefined)
        else reject(error)
      })
      child.on('close', (code, signalName) => resolve(code ?? 128 + (signalName ? constants.signals[signalName] : 0)))
    }),
    temporaryFile: async (name, bytes) => {
      const directory = await mkdtemp(join(tmpdir(), 'kubectl-'))
      temporary.push(directory)
      const path = join(directory, name)
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await writeFile(path, bytes, { mode: 0o600 })
      return path
    },
  }
}

const temporary: string[] = []

function removeTemporary(): void {
  for (const directory of temporary.splice(0)) rmSync(directory, { recursive: true, force: true })
}

async function readInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const files: CommandFiles = {
  async read(path) {
    try {
      return await readFile(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  },
  async write(path, bytes) {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 })
    const partial = `${path}.${process.pid}.new`
    try {
      await writeFile(partial, bytes, { mode: 0o600 })
      await rename(partial, path)
    } finally {
      await rm(partial, { force: true })
    }
  },
  async list(path) {
    try {
      return (await readdir(path)).toSorted()
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
      throw error
    }
  },
}

async function readLine(): Promise<string> {
  const { createInterface } = await import('node:readline')
  const lines = createInterface({ input: process.stdin })
  try {
    for await (const line of lines) return line
    return ''
  } finally {
    lines.close()
  }
}
