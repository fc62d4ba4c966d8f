/** Lock files that name their owner, so that a dead owner's can be told from a live one's. */
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { DiskError, type DiskLock } from '#world/disk.ts'

interface Owner {
  readonly pid: number
  /** The kernel's start time of the process, since process numbers are used again; empty where it cannot be known. */
  readonly started: string
}

/** Attempts before giving up on a lock that others keep taking and leaving. */
const attempts = 10

let counter = 0

/**
 * See Disk.lock. Two takers of a dead process's lock cannot both win: replacing it needs a second file that is named
 * after the dead owner, of which there can be only one.
 */
export async function takeLock(path: string): Promise<DiskLock> {
  const mine: Owner = { pid: process.pid, started: (await statOf(process.pid))?.started ?? '' }
  const draft = `${path}.${process.pid}.${counter++}`
  await writeFile(draft, `${JSON.stringify(mine)}\n`, { mode: 0o600 })
  try {
    let note: string | undefined
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (await linked(draft, path)) return lockAt(path, note)
      const text = await readOrEmpty(path)
      if (text === undefined) continue
      const owner = parseOwner(text)
      if (owner !== undefined && await isAlive(owner)) {
        throw new DiskError('locked', `${path} is held by the running process ${owner.pid}`)
      }
      const from = owner === undefined ? 'an unreadable owner' : `process ${owner.pid}, which is gone`
      note = `took over ${path} from ${from}`
      if (await replaced(path, draft, text, owner)) return lockAt(path, note)
    }
    throw new DiskError('locked', `${path} could not be taken in ${attempts} attempts`)
  } finally {
    await rm(draft, { force: true })
  }
}

function lockAt(path: string, note: string | undefined): DiskLock {
  return { note, [Symbol.asyncDispose]: () => rm(path, { force: true }) }
}

/**
 * Gives `draft` a second name, which fails if that name is taken: the only atomic test-and-set that all file systems
 * have.
 */
async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw new DiskError('failed', `${path}: ${String(error)}`, { cause: error })
  }
}

/** True if the lock was still the dead owner's and is now ours. */
async function replaced(path: string, draft: string, expected: string, owner: Owner | undefined): Promise<boolean> {
  const claim = `${path}.after-${owner?.pid ?? 'unknown'}-${owner?.started ?? ''}`
  if (!await linked(draft, claim)) {
    const claimant = parseOwner(await readOrEmpty(claim) ?? '')
    if (claimant === undefined || await isAlive(claimant)) return false
    const story = `${path} was being taken over by process ${claimant.pid} when that died`
    throw new DiskError('locked', `${story}; remove ${claim} if nobody uses the directory`)
  }
  try {
    // Whoever has the claim is the only one who may replace the dead owner's lock; it may have been replaced before,
    // though.
    if (await readOrEmpty(path) !== expected) return false
    const copy = `${draft}.copy`
    await link(draft, copy)
    await rename(copy, path)
    return true
  } catch (error) {
    throw new DiskError('failed', `${path}: ${String(error)}`, { cause: error })
  } finally {
    await rm(claim, { force: true })
  }
}

async function readOrEmpty(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new DiskError('failed', `${path}: ${String(error)}`, { cause: error })
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('started' in value)) return undefined
    return typeof value.pid === 'number' && typeof value.started === 'string' ? {
      pid: value.pid, started: value.started,
    } : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    // EPERM means that it runs as somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
  const stat = await statOf(owner.pid)
  // A zombie is dead, and has let go of everything but its number.
  if (stat?.state === 'Z' || stat?.state === 'X') return false
  return owner.started === '' || stat === undefined || stat.started === owner.started
}

/**
 * Fields 3 and 22 of /proc/PID/stat; the name in field 2 may hold anything, so fields are counted from its closing
 * parenthesis.
 */
async function statOf(pid: number): Promise<{ readonly state: string; readonly started: string } | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', started: fields[19] ?? '' }
  } catch (error) {
    // No such process, or no such file system.
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}
