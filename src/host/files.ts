/** world/files on Linux. */
import { watch as watchPath } from 'node:fs'
import * as fs from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Files, FileStat } from '#world/files.ts'

export function createFiles(): Files {
  return {
    read,
    readRange,
    write,
    makeDirectory,
    rename: fs.rename,
    symlink: fs.symlink,
    readLink,
    resolve,
    list,
    stat,
    remove,
    setOwner,
    setMode: fs.chmod,
    watch,
    filesystem,
    diskUsage,
  }
}

function isAbsent(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR'
}

async function orAbsent<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

async function read(path: string, limitBytes: number): Promise<Uint8Array | undefined> {
  const handle = await orAbsent(fs.open(path, 'r'))
  if (!handle) return undefined
  try {
    const buffer = Buffer.allocUnsafe(Math.min(limitBytes + 1, Math.max((await handle.stat()).size, 4096) + 1))
    let length = 0
    let whole: Buffer = buffer
    for (;;) {
      const { bytesRead } = await handle.read(whole, length, whole.length - length, null)
      length += bytesRead
      if (length > limitBytes) throw new Error(`${path} is larger than ${limitBytes} bytes`)
      if (bytesRead === 0) return whole.subarray(0, length)
      // Files of the kernel say that they are empty, and are not.
      if (length === whole.length) whole = Buffer.concat([whole, Buffer.allocUnsafe(whole.length)])
    }
  } finally {
    await handle.close()
  }
}

async function readRange(path: string, offset: number, length: number): Promise<Uint8Array | undefined> {
  const handle = await orAbsent(fs.open(path, 'r'))
  if (!handle) return undefined
  try {
    const buffer = Buffer.allocUnsafe(length)
    const { bytesRead } = await handle.read(buffer, 0, length, offset)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

async function write(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  await fs.writeFile(path, bytes, { mode })
}

async function makeDirectory(path: string, mode: number): Promise<void> {
  await fs.mkdir(path, { recursive: true, mode })
}

async function readLink(path: string): Promise<string | undefined> {
  try {
    return await fs.readlink(path)
  } catch (error) {
    if (isAbsent(error) || (error as NodeJS.ErrnoException).code === 'EINVAL') return undefined
    throw error
  }
}

async function resolve(path: string): Promise<string | undefined> {
  return await orAbsent(fs.realpath(path))
}

async function list(path: string): Promise<readonly string[] | undefined> {
  return (await orAbsent(fs.readdir(path)))?.toSorted()
}

async function stat(path: string): Promise<FileStat | undefined> {
  const found = await orAbsent(fs.stat(path))
  if (!found) return undefined
  const type = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : found.isSocket() ? 'socket'
    : found.isCharacterDevice() ? 'characterDevice' : found.isBlockDevice() ? 'blockDevice' : 'other'
  return { type, size: found.size, mode: found.mode & 0o7777, inode: found.ino, modifiedAt: found.mtimeMs }
}

async function remove(path: string): Promise<void> {
  const root = await orAbsent(fs.lstat(path))
  if (root) await removeWithin(path, root.dev)
}

async function removeWithin(path: string, device: number): Promise<void> {
  const found = await orAbsent(fs.lstat(path))
  if (!found) return
  if (!found.isDirectory()) {
    await orAbsent(fs.unlink(path))
    return
  }
  if (found.dev !== device) throw new Error(`${path} is on another file system, and is not removed`)
  for (const name of await orAbsent(fs.readdir(path)) ?? []) await removeWithin(join(path, name), device)
  await orAbsent(fs.rmdir(path))
}

async function setOwner(
  path: string, owner: { readonly uid?: number | undefined; readonly gid?: number | undefined }, recursive: boolean,
): Promise<void> {
  await fs.lchown(path, owner.uid ?? (await fs.lstat(path)).uid, owner.gid ?? (await fs.lstat(path)).gid)
  if (!recursive || !(await fs.lstat(path)).isDirectory()) return
  for (const name of await fs.readdir(path)) await setOwner(join(path, name), owner, true)
}

/** inotify on the directory, which also sees the file being replaced by another of its name. */
async function* watch(path: string, signal: AbortSignal): AsyncGenerator<void> {
  let isDirty = true
  let wake: (() => void) | undefined
  const poke = (): void => {
    isDirty = true
    wake?.()
  }
  const isDirectory = (await stat(path))?.type === 'directory'
  const directory = isDirectory ? path : dirname(path)
  const name = isDirectory ? undefined : path.slice(directory.length + 1)
  const watcher = watchPath(directory, { persistent: false }, (_event, changed) => {
    if (name === undefined || changed === name) poke()
  })
  watcher.on('error', poke)
  signal.addEventListener('abort', poke, { once: true })
  try {
    while (!signal.aborted) {
      if (!isDirty) await new Promise<void>((done) => { wake = done })
      isDirty = false
      if (!signal.aborted) yield
    }
  } finally {
    signal.removeEventListener('abort', poke)
    watcher.close()
  }
}

async function filesystem(path: string) {
  const { bsize, blocks, bavail, files, ffree } = await fs.statfs(path)
  return { capacityBytes: bsize * blocks, availableBytes: bsize * bavail, inodes: files, inodesFree: ffree }
}

async function diskUsage(path: string): Promise<{ bytes: number; inodes: number }> {
  const root = await orAbsent(fs.lstat(path))
  if (!root) return { bytes: 0, inodes: 0 }
  const seen = new Set<number>()
  let bytes = 0
  const visit = async (current: string): Promise<void> => {
    const found = await orAbsent(fs.lstat(current))
    if (!found || found.dev !== root.dev || seen.has(found.ino)) return
    seen.add(found.ino)
    bytes += found.blocks * 512
    if (!found.isDirectory()) return
    for (const name of await orAbsent(fs.readdir(current)) ?? []) await visit(join(current, name))
  }
  await visit(path)
  return { bytes, inodes: seen.size }
}
