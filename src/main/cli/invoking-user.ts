/** Whose kubeconfig it is: the person who typed the command, also behind sudo. */
import { chownSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
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
  if (process.getuid?.() !== 0 || !name || name === 'root') return { name: process.env['USER'] ?? 'root', home: homedir(), owner: undefined }
  const line = readFileSync('/etc/passwd', 'utf8').split('\n').find((entry) => entry.startsWith(`${name}:`))
  const fields = line?.split(':') ?? []
  const owner = { uid: Number(process.env['SUDO_UID'] ?? fields[2]), gid: Number(process.env['SUDO_GID'] ?? fields[3]) }
  return { name, home: fields[5] ?? join('/home', name), owner }
}

/** KUBECONFIG's first file, or ~/.kube/config. */
export function kubeconfigFile(user: InvokingUser): string {
  const named = process.env['KUBECONFIG']?.split(':').find((file) => file !== '')
  return named ?? join(user.home, '.kube/config')
}

/** Replaces a file atomically with mode 0600, and gives it (and folders that had to be made) to the user. */
export function writeUserFile(user: InvokingUser, file: string, text: string): void {
  const folder = dirname(file)
  if (!existsSync(folder)) {
    mkdirSync(folder, { recursive: true, mode: 0o750 })
    if (user.owner) chownSync(folder, user.owner.uid, user.owner.gid)
  }
  const fresh = `${file}.skiff-new`
  writeFileSync(fresh, text, { mode: 0o600 })
  if (user.owner) chownSync(fresh, user.owner.uid, user.owner.gid)
  renameSync(fresh, file)
}

/** Keeps the file as it was before Skiff first changed it. Gives the copy's name, or undefined when there was one already. */
export function backUpOnce(user: InvokingUser, file: string): string | undefined {
  const copy = `${file}.before-skiff`
  if (existsSync(copy)) return undefined
  copyFileSync(file, copy)
  if (user.owner) chownSync(copy, user.owner.uid, user.owner.gid)
  return copy
}
