/** A file that is put aside when it is large (as lumberjack does it for upstream), and standard output. */
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { Output } from '#world/output.ts'

export interface RotatingOutputOptions {
  readonly path: string
  readonly clock: Clock
  readonly log: Log
  /** Bytes of one file; a write that would make it larger begins a new one. */
  readonly maxBytes: number
  /** How many files that were put aside are kept; 0: all. */
  readonly maxBackups: number
  /** Milliseconds that they are kept; 0: for ever. */
  readonly maxAgeMs: number
  readonly compress: boolean
}

export const standardOutput: Output = {
  write: (bytes) => new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()))
  }),
}

/** Opens the file for appending, or makes it with its directory. Closed with the process. */
export async function openRotatingOutput(options: RotatingOutputOptions): Promise<Output & AsyncDisposable> {
  await mkdir(dirname(options.path), { recursive: true, mode: 0o755 })
  const file = new RotatingFile(options, await open(options.path, 'a', 0o600))
  await file.begin()
  return file
}

class RotatingFile implements Output, AsyncDisposable {
  readonly #options: RotatingOutputOptions
  #handle: FileHandle
  #size = 0
  #last: Promise<void> = Promise.resolve()
  #tidying: Promise<void> = Promise.resolve()

  constructor(options: RotatingOutputOptions, handle: FileHandle) {
    this.#options = options
    this.#handle = handle
  }

  async begin(): Promise<void> {
    this.#size = (await this.#handle.stat()).size
    this.#tidyLater()
  }

  write(bytes: Uint8Array): Promise<void> {
    const written = this.#last.then(() => this.#write(bytes))
    this.#last = written.catch(() => undefined)
    return written
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last
    await this.#tidying
    await this.#handle.close()
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const { maxBytes } = this.#options
    if (bytes.length > maxBytes) {
      throw new Error(`write length ${bytes.length} exceeds maximum file size ${maxBytes}`)
    }
    if (this.#size + bytes.length > maxBytes) await this.#rotate()
    await this.#handle.writeFile(bytes)
    this.#size += bytes.length
  }

  async #rotate(): Promise<void> {
    const { path, clock } = this.#options
    await this.#handle.close()
    await rename(path, backupName(path, clock.now()))
    this.#handle = await open(path, 'a', 0o600)
    this.#size = 0
    this.#tidyLater()
  }

  #tidyLater(): void {
    this.#tidying = this.#tidying.then(() => this.#tidy()).catch((error: unknown) => {
      this.#options.log.warn('could not tidy up files that were put aside', { error: String(error) })
    })
  }

  /** Removes what is too old or too much, and compresses the rest. */
  async #tidy(): Promise<void> {
    const { path, maxBackups, maxAgeMs, compress, clock } = this.#options
    const backups = (await readdir(dirname(path)))
      .map((name) => ({ name, at: backupTime(path, name) }))
      .filter((backup): backup is { name: string; at: number } => backup.at !== undefined)
      .toSorted((a, b) => b.at - a.at)
    for (const [index, { name, at }] of backups.entries()) {
      const isExpired = maxAgeMs > 0 && at < clock.now() - maxAgeMs
      const file = join(dirname(path), name)
      if (isExpired || (maxBackups > 0 && index >= maxBackups)) await rm(file, { force: true })
      else if (compress && !name.endsWith('.gz')) await compressFile(file)
    }
  }
}

/** `audit-2026-01-31T10-00-00.000.log` for `audit.log`. */
function backupName(path: string, at: number): string {
  const stamp = new Date(at).toISOString().replace('Z', '').replaceAll(':', '-')
  const extension = extname(path)
  return join(dirname(path), `${basename(path, extension)}-${stamp}${extension}`)
}

function backupTime(path: string, name: string): number | undefined {
  const extension = extname(path)
  const prefix = `${basename(path, extension)}-`
  const plain = name.endsWith('.gz') ? name.slice(0, -'.gz'.length) : name
  if (!plain.startsWith(prefix) || !plain.endsWith(extension)) return undefined
  const stamp = plain.slice(prefix.length, plain.length - extension.length)
  const [, day, hour, minute, second] = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})$/.exec(stamp) ?? []
  return day === undefined ? undefined : Date.parse(`${day}T${hour}:${minute}:${second}Z`)
}

async function compressFile(file: string): Promise<void> {
  await pipeline(createReadStream(file), createGzip(), createWriteStream(`${file}.gz`, { mode: 0o600 }))
  await rm(file)
}
