/**
 * Whose data directory it is: a small file in it says so, so that nothing of others is ever used, changed or removed.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { homeDirectories } from '../cluster-registry.ts'
import { CommandFailure, exitCode } from './failure.ts'

const markName = 'skiff.json'
/** Counts incompatible layouts of the directory. Files within have formats of their own. */
const layoutFormat = 1

/** What stands in a directory. */
export interface DirectoryContents {
  /** Empty for a directory that is not there. */
  readonly names: readonly string[]
  /** The text of skiff.json. */
  readonly mark: string | undefined
}

export type DirectoryOwner =
  | { readonly type: 'nobody' }
  | { readonly type: 'cluster'; readonly name: string }
  | { readonly type: 'newer'; readonly format: number }
  | { readonly type: 'others'; readonly example: string }

/**
 * Made by mkfs, left by a crash, or put there for us: a further server of a cluster begins with the authorities of the
 * first.
 */
const ignoredNames = new Set(['lost+found', `${markName}.new`, 'pki'])

/** Pure: to whom a directory with these contents belongs. */
export function decideOwner({ names, mark }: DirectoryContents): DirectoryOwner {
  if (mark === undefined) {
    const example = names.find((name) => !ignoredNames.has(name))
    return example === undefined ? { type: 'nobody' } : { type: 'others', example }
  }
  const fields = parseMark(mark)
  if (!fields) return { type: 'others', example: markName }
  return fields.format > layoutFormat
    ? { type: 'newer', format: fields.format }
    : { type: 'cluster', name: fields.cluster }
}

function parseMark(text: string): { readonly format: number; readonly cluster: string } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('format' in value) || !('cluster' in value)) return undefined
    return typeof value.format === 'number' && typeof value.cluster === 'string'
      ? { format: value.format, cluster: value.cluster }
      : undefined
  } catch {
    // No JSON: not ours.
    return undefined
  }
}

/** Makes the directory if need be and takes it for the cluster. Throws CommandFailure when it is another's. */
export function claimDataDirectory(directory: string, cluster: string): void {
  requireDataDirectory(directory, cluster)
  makeDirectory(directory)
  const file = join(directory, markName)
  // Written also when it is there: whoever cannot write here learns it now, and not from some component later.
  writeFileSync(`${file}.new`, `${JSON.stringify({ format: layoutFormat, cluster })}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/** Parent by parent: Node's own recursion never ends where the system says that nothing can be made (as in /proc). */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return
  if (dirname(directory) !== directory) makeDirectory(dirname(directory))
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new CommandFailure(
      'E-PATH',
      `no directory can be made at ${directory}`,
      'choose another --data-dir',
      exitCode.usage,
      { cause: error },
    )
  }
}

/** Throws CommandFailure unless the directory is this cluster's, empty, or not there. Changes nothing. */
export function requireDataDirectory(directory: string, cluster: string): void {
  const owner = decideOwner(readContents(directory))
  switch (owner.type) {
    case 'nobody': return
    case 'cluster':
      if (owner.name === cluster) return
      throw new CommandFailure(
        'E-DATA-INUSE',
        `${directory} is the data directory of cluster "${owner.name}"`,
        `--name ${owner.name}, or choose another --data-dir`,
        exitCode.inUse,
      )
    case 'newer':
      throw new CommandFailure(
        'E-NEWER-FORMAT',
        `${directory} was written by a later release of Skiff (layout ${owner.format}; this one knows ${layoutFormat})`,
        'use that release, or choose another --data-dir',
        exitCode.failed,
      )
    case 'others':
      if (isOwnPlace(directory, cluster)) return
      throw new CommandFailure(
        'E-DATA-FOREIGN',
        `${directory} is not empty and not Skiff's (it holds ${JSON.stringify(owner.example)})`,
        'choose an empty --data-dir',
        exitCode.usage,
      )
  }
}

/** Whether the cluster has been started there. */
export function hasDataOf(directory: string, cluster: string): boolean {
  const owner = decideOwner(readContents(directory))
  return owner.type === 'cluster' && owner.name === cluster
}

/**
 * Removes the cluster's directory. Gives false, and leaves everything, when it does not say that it is this cluster's.
 */
export function removeDataDirectory(directory: string, cluster: string): boolean {
  const owner = decideOwner(readContents(directory))
  const isOurs =
    owner.type === 'nobody' || (owner.type === 'cluster' && owner.name === cluster) || isOwnPlace(directory, cluster)
  if (!isOurs) return false
  // The mark goes last: a removal that is interrupted can be repeated.
  const names = readContents(directory).names.filter((name) => name !== markName && name !== 'lost+found')
  for (const name of [...names, markName]) rmSync(join(directory, name), { recursive: true, force: true })
  try {
    rmdirSync(directory)
  } catch (error) {
    // A mount point, or a file system's own lost+found: it stays, empty.
    if (!['ENOENT', 'EBUSY', 'ENOTEMPTY', 'EPERM', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      throw error
    }
  }
  return true
}

/** The default place is nobody else's, whatever became of the mark. */
function isOwnPlace(directory: string, cluster: string): boolean {
  return directory === join(homeDirectories().data, cluster)
}

function readContents(directory: string): DirectoryContents {
  try {
    const names = readdirSync(directory)
    return { names, mark: names.includes(markName) ? readFileSync(join(directory, markName), 'utf8') : undefined }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { names: [], mark: undefined }
    throw error
  }
}
