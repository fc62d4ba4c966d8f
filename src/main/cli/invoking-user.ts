/** Whose kubeconfig it is: the person who typed the command, also behind sudo. */
import { spawnSync } from 'node:child_process'
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

export interface InvokingUser {
  readonly name: string
  readonly home: string
  /** Undefined: files belong to the process's own user. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined
}

export function invokingUser(): InvokingUser {
  const name = process.env['SUDO_USER']
  if (process.getuid?.() !== 0 || !name || name === 'root') {
    return { name: process.env['USER'] ?? 'root', home: homedir(), owner: undefined }
  }
  const fields = accountFields(name)
  const owner = { uid: Number(process.env['SUDO_UID'] ?? fields[2]), gid: Number(process.env['SUDO_GID'] ?? fields[3]) }
  // An account that nobody knows cannot own anything.
  if (!Number.isInteger(owner.uid) || !Number.isInteger(owner.gid) || !fields[5]) {
    return { name: 'root', home: homedir(), owner: undefined }
  }
  return { name, home: fields[5], owner }
}

/** The fields of passwd(5), also of accounts that a directory service knows. Empty for an unknown one. */
function accountFields(name: string): string[] {
  const line = readFileSync('/etc/passwd', 'utf8').split('\n').find((entry) => entry.startsWith(`${name}:`))
  return (line ?? spawnSync('getent', ['passwd', '--', name], { encoding: 'utf8' }).stdout ?? '').trim().split(':')
}

/** KUBECONFIG's first file, or ~/.kube/config. */
export function kubeconfigFile(user: InvokingUser): string {
  const named = process.env['KUBECONFIG']?.split(':').find((file) => file !== '')
  return named ?? join(user.home, '.kube/config')
}

/**
 * Replaces a file atomically with mode 0600. It keeps its owner; a new one, and folders that had to be made,
 * are the user's.
 */
export function writeUserFile(user: InvokingUser, file: string, text: string): void {
  const firstMade = mkdirSync(dirname(file), { recursive: true, mode: 0o750 })
  if (firstMade !== undefined && user.owner) {
    for (let folder = dirname(file); folder.startsWith(firstMade); folder = dirname(folder)) {
      chownSync(folder, user.owner.uid, user.owner.gid)
    }
  }
  const owner = statSync(file, { throwIfNoEntry: false }) ?? user.owner
  const fresh = `${file}.skiff-new`
  try {
    writeFileSync(fresh, text, { mode: 0o600 })
    if (owner && process.getuid?.() === 0) chownSync(fresh, owner.uid, owner.gid)
    renameSync(fresh, file)
  } catch (error) {
    rmSync(fresh, { force: true })
    throw error
  }
}

/**
 * Keeps the file as it was before Skiff first changed it. Gives the copy's name, or undefined when there
 * was one already.
 */
export function backUpOnce(file: string): string | undefined {
  const copy = `${file}.before-skiff`
  if (existsSync(copy)) return undefined
  copyFileSync(file, copy)
  const owner = statSync(file)
  if (process.getuid?.() === 0) chownSync(copy, owner.uid, owner.gid)
  return copy
}
