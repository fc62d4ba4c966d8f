/** The cluster's entries in the user's own kubeconfig: checked before anything is made, added, and taken out again. */
import { accessSync, constants, existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  currentContext,
  hasContext,
  KubeconfigProblem,
  mergeKubeconfig,
  removeFromKubeconfig,
} from '#bootstrap/kubeconfig.ts'
import { CommandFailure, describeError, exitCode } from './failure.ts'
import { backUpOnce, invokingUser, kubeconfigFile, writeUserFile, type InvokingUser } from './invoking-user.ts'

interface UserKubeconfig {
  readonly user: InvokingUser
  /** Behind symbolic links, so that these stay. */
  readonly file: string
  readonly text: string | undefined
}

/** Throws CommandFailure for a file that cannot be added to: better before the start than after it. */
export function requireUsableKubeconfig(): void {
  const { file, text } = readUserKubeconfig()
  if (text !== undefined) explained(file, () => currentContext(text))
}

/** Whether the user's kubeconfig has the cluster already. */
export function knowsContext(name: string): boolean {
  const { file, text } = readUserKubeconfig()
  return text !== undefined && explained(file, () => hasContext(text, name))
}

export interface ContextOutcome {
  readonly file: string
  readonly backup: string | undefined
  /** What was current before, if that was another cluster's context. */
  readonly previousContext: string | undefined
}

/** Adds the cluster and makes it current; what else stands there stays. */
export function addContext(name: string, kubeconfig: string): ContextOutcome {
  const { user, file, text } = readUserKubeconfig()
  return explained(file, () => {
    const merged = mergeKubeconfig(text, kubeconfig, name)
    const before = text === undefined ? undefined : currentContext(text)
    const backup = text !== undefined && merged.needsBackup ? backUpOnce(file) : undefined
    if (merged.text !== text) writeUserFile(user, file, merged.text)
    return { file, backup, previousContext: before === name || before === '' ? undefined : before }
  })
}

/**
 * Gives what was done, in words; a file that cannot be changed is named and left, for everything else of the
 * cluster is gone.
 */
export function removeContext(name: string, previousContext: string | undefined): string {
  let file = ''
  try {
    const read = readUserKubeconfig()
    file = read.file
    const without = read.text === undefined ? undefined : removeFromKubeconfig(read.text, name, previousContext)
    if (without === undefined) return `no context "${name}" in ${file}`
    writeUserFile(read.user, file, without)
    return `context "${name}" removed from ${file}`
  } catch (error) {
    return `left as it is, remove context "${name}" yourself: ${describeError(error)}`
  }
}

function readUserKubeconfig(): UserKubeconfig {
  const user = invokingUser()
  const named = kubeconfigFile(user)
  return explained(named, () => {
    const file = existsSync(named) ? realpathSync(named) : named
    const isThere = existsSync(file)
    if (isThere && statSync(file).isDirectory()) throw new KubeconfigProblem('it is a directory')
    accessSync(nearestDirectory(file), constants.W_OK)
    return { user, file, text: isThere ? readFileSync(file, 'utf8') : undefined }
  })
}

function nearestDirectory(file: string): string {
  let directory = dirname(file)
  while (!existsSync(directory) && directory !== dirname(directory)) directory = dirname(directory)
  return directory
}

function explained<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof CommandFailure) throw error
    throw new CommandFailure('E-KUBECONFIG', `${file} cannot be used: ${describeError(error)}`,
      'repair or move the file, or name another one: KUBECONFIG=FILE', exitCode.usage, { cause: error })
  }
}
