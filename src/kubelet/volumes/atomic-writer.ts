/**
 * Writes a volume's files so that readers see all of the old ones or all of the new ones: upstream's `..data` links.
 */
import { compareBytes } from '#base/bytes.ts'
import type { Files } from '#world/files.ts'
import { VolumeError, type VolumePayload } from './payload.ts'

const dataLink = '..data'
const newDataLink = '..data_tmp'
const fileLimitBytes = 16 * 1024 * 1024

export interface Owner {
  readonly uid?: number | undefined
  readonly gid?: number | undefined
}

/**
 * Makes `directory` show exactly the payload. True when something was written; what is already there stays untouched.
 * Layout: `..<time>/` holds the files, `..data` points to it, and every first path segment is a link through `..data`.
 */
export async function writeAtomically(
  files: Files, directory: string, payload: VolumePayload, owner: Owner, now: number,
): Promise<boolean> {
  for (const path of payload.keys()) checkPath(path)
  const current = await files.readLink(`${directory}/${dataLink}`)
  if (current !== undefined && await holds(files, `${directory}/${current}`, payload)) return false
  const versionName = await freeName(files, directory, now)
  const version = `${directory}/${versionName}`
  await files.makeDirectory(version, 0o755)
  for (const [path, file] of payload) {
    const target = `${version}/${path}`
    if (path.includes('/')) await files.makeDirectory(target.slice(0, target.lastIndexOf('/')), 0o755)
    await files.write(target, file.bytes, file.mode)
    await files.setMode(target, file.mode)
  }
  if (owner.uid !== undefined || owner.gid !== undefined) await files.setOwner(version, owner, true)
  await files.remove(`${directory}/${newDataLink}`)
  await files.symlink(versionName, `${directory}/${newDataLink}`)
  await files.rename(`${directory}/${newDataLink}`, `${directory}/${dataLink}`)
  await linkVisibleNames(files, directory, payload)
  if (current !== undefined) await files.remove(`${directory}/${current}`)
  return true
}

function checkPath(path: string): void {
  if (path === '' || path.startsWith('/') || path.split('/').includes('..') || path.startsWith('..')) {
    throw new VolumeError(`invalid path: must be relative and must not contain '..': ${path}`)
  }
}

async function holds(files: Files, version: string, payload: VolumePayload): Promise<boolean> {
  const found = await listFiles(files, version, '')
  if (found.length !== payload.size) return false
  for (const path of found) {
    const wanted = payload.get(path)
    const bytes = wanted && await files.read(`${version}/${path}`, fileLimitBytes)
    if (!wanted || !bytes || compareBytes(bytes, wanted.bytes) !== 0) return false
    const stat = await files.stat(`${version}/${path}`)
    if (stat && (stat.mode & 0o777) !== (wanted.mode & 0o777)) return false
  }
  return true
}

async function listFiles(files: Files, root: string, below: string): Promise<string[]> {
  const result: string[] = []
  for (const name of await files.list(below === '' ? root : `${root}/${below}`) ?? []) {
    const path = below === '' ? name : `${below}/${name}`
    const stat = await files.stat(`${root}/${path}`)
    if (stat?.type === 'directory') result.push(...(await listFiles(files, root, path)))
    else result.push(path)
  }
  return result
}

async function freeName(files: Files, directory: string, now: number): Promise<string> {
  const stamp = new Date(now).toISOString().replace(/[-:]/g, '_').replace('T', '_').replace(/\..*/, '')
  for (let sequence = Math.floor(now % 1000) * 1000; ; sequence++) {
    const name = `..${stamp}.${sequence}`
    if (!await files.stat(`${directory}/${name}`)) return name
  }
}

async function linkVisibleNames(files: Files, directory: string, payload: VolumePayload): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => path.split('/')[0]!))
  const present = await files.list(directory) ?? []
  for (const name of wanted) {
    if (!present.includes(name)) await files.symlink(`${dataLink}/${name}`, `${directory}/${name}`)
  }
  for (const name of present) {
    if (!name.startsWith('..') && !wanted.has(name)) await files.remove(`${directory}/${name}`)
  }
}
