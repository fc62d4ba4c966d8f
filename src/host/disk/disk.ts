/** The machine's file system, through the thread pool. */
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { DiskError, type Disk, type DiskFile } from '#world/disk.ts'
import { takeLock } from './lock.ts'

const { O_CREAT, O_DSYNC, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = fs.constants
/**
 * Small on purpose: Linux keeps what one call wrote as one folio, and counts (and for a while locks) all of it with
 * every later write into it, however short.
 */
const zeros = Buffer.alloc(64 * 1024)
/** One read call returns at most 2 GiB; smaller ones let others have the thread in between. */
const readBytesMax = 64 * 2 ** 20

/** Relative paths are relative to the working directory. */
export const systemDisk: Disk = {
  async open(path, mode, signal) {
    signal?.throwIfAborted()
    const flags = mode === 'read' ? O_RDONLY : mode === 'write' ? O_RDWR : O_RDWR | O_CREAT | O_TRUNC
    return fileOf(path, await attempt(path, fs.promises.open(path, flags, 0o600)))
  },
  async list(directory, signal) {
    signal?.throwIfAborted()
    try {
      return await fs.promises.readdir(directory)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw translate(directory, error)
    }
  },
  async makeDirectory(path) {
    const first = await attempt(path, fs.promises.mkdir(path, { recursive: true, mode: 0o700 }))
    if (first === undefined) return
    for (let made = path; made.length >= first.length; made = dirname(made)) await this.syncDirectory(dirname(made))
  },
  rename: (source, target) => attempt(source, fs.promises.rename(source, target)),
  remove: (path) => attempt(path, fs.promises.rm(path, { force: true })),
  async syncDirectory(path) {
    const directory = await attempt(path, fs.promises.open(path, O_RDONLY))
    try {
      await attempt(path, directory.sync())
    } finally {
      await directory.close()
    }
  },
  lock: takeLock,
  crc32: (bytes, previous) => crc32(bytes, previous),
}

function fileOf(path: string, handle: fs.promises.FileHandle): DiskFile {
  const { fd } = handle
  /** Writes through this descriptor return after the device has them: one trip to the thread pool instead of two. */
  let durable: number | undefined

  const writeAll = (to: number, offset: number, bytes: Uint8Array): Promise<void> => new Promise((resolve, reject) => {
    const next = (at: number): void => {
      fs.write(to, bytes, at, bytes.length - at, offset + at, (error, written) => {
        if (error) reject(translate(path, error))
        else if (at + written < bytes.length) next(at + written)
        else resolve()
      })
    }
    next(0)
  })

  return {
    path,
    async size() {
      return (await attempt(path, handle.stat())).size
    },
    async read(offset, length, signal) {
      const bytes = Buffer.allocUnsafeSlow(length)
      let at = 0
      while (at < length) {
        signal?.throwIfAborted()
        const part = Math.min(length - at, readBytesMax)
        const { bytesRead } = await attempt(path, handle.read(bytes, at, part, offset + at))
        if (bytesRead === 0) break
        at += bytesRead
      }
      return bytes.subarray(0, at)
    },
    write(offset, bytes, signal) {
      return signal?.aborted === true ? Promise.reject(signal.reason) : writeAll(fd, offset, bytes)
    },
    writeDurably(offset, bytes) {
      try {
        durable ??= fs.openSync(path, O_WRONLY | O_DSYNC)
      } catch (error) {
        return Promise.reject(translate(path, error))
      }
      return writeAll(durable, offset, bytes)
    },
    async preallocate(length, signal) {
      for (let at = (await handle.stat()).size; at < length; at += zeros.length) {
        signal?.throwIfAborted()
        await writeAll(fd, at, zeros.subarray(0, Math.min(zeros.length, length - at)))
      }
    },
    truncate: (length) => attempt(path, handle.truncate(length)),
    datasync: () => attempt(path, handle.datasync()),
    async [Symbol.asyncDispose]() {
      if (durable !== undefined) fs.closeSync(durable)
      durable = undefined
      await attempt(path, handle.close())
    },
  }
}

async function attempt<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw translate(path, error)
  }
}

function translate(path: string, error: unknown): DiskError {
  const code = codeOf(error)
  const reason = code === 'ENOSPC' || code === 'EDQUOT' ? 'full' : code === 'ENOENT' ? 'absent' : 'failed'
  return new DiskError(reason, `${join(path)}: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  })
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
