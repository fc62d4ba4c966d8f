/** A command that could not do what it was asked: what failed, the likely cause, the cure. */
import { DiskError } from '#world/disk.ts'

/** Exit codes by class, so that scripts can tell them apart. */
export const exitCode = {
  failed: 1,
  usage: 2,
  missing: 3,
  inUse: 4,
  unreachable: 5,
  diskFailed: 74,
  interrupted: 130,
} as const

export class CommandFailure extends Error {
  readonly id: string
  readonly cure: string
  readonly exitCode: number
  /** `id` is stable and searchable (`E-PORT-INUSE`); `cure` is a sentence or a command to type. */
  constructor(id: string, message: string, cure: string, code: number = exitCode.failed, options?: ErrorOptions) {
    super(message, options)
    this.id = id
    this.cure = cure
    this.exitCode = code
  }
}

/** One or two lines for a person: `E-…: what (cause)`, `cure: …`. */
export function formatFailure(failure: CommandFailure): string {
  return `${failure.id}: ${failure.message}${failure.cure ? `\n  cure: ${failure.cure}` : ''}`
}

/** The error with its causes, on one line. */
export function describeError(error: unknown): string {
  const words: string[] = []
  for (const cause of causesOf(error)) {
    const text = (cause instanceof Error ? cause.message : String(cause)).replaceAll('\n', ' ')
    // Many an error repeats its cause's words.
    if (text !== '' && !words.some((word) => word.includes(text))) words.push(text)
  }
  return words.join(': ')
}

/** What the system answers, in a person's words. */
const systemErrors: Readonly<
  Record<string, { readonly id: string; readonly what: string; readonly cure: string; readonly exitCode: number }>
> = {
  EACCES: {
    id: 'E-PERMISSION',
    what: 'permission denied',
    cure: 'use another user (sudo), or directories of this user (--data-dir, XDG_DATA_HOME)',
    exitCode: exitCode.missing,
  },
  EPERM: {
    id: 'E-PERMISSION',
    what: 'operation not permitted',
    cure: 'use another user (sudo), or a machine that permits it',
    exitCode: exitCode.missing,
  },
  EROFS: {
    id: 'E-READ-ONLY',
    what: 'the file system is read-only',
    cure: 'mount -o remount,rw it (dmesg tells why it became read-only), or choose another --data-dir',
    exitCode: exitCode.failed,
  },
  ENOSPC: {
    id: 'E-DISK-FULL',
    what: 'the disk is full',
    cure: 'make room (df -h, df -i), or choose another --data-dir; then run the command again',
    exitCode: exitCode.failed,
  },
  EDQUOT: {
    id: 'E-DISK-FULL',
    what: 'the disk quota is used up',
    cure: 'make room, or choose another --data-dir; then run the command again',
    exitCode: exitCode.failed,
  },
  EIO: {
    id: 'E-DISK',
    what: 'the disk fails',
    cure: 'look at dmesg; restore the data directory to another disk',
    exitCode: exitCode.failed,
  },
  ENOTDIR: {
    id: 'E-PATH',
    what: 'a part of the path is not a directory',
    cure: 'choose another path, or move the file away',
    exitCode: exitCode.usage,
  },
  EEXIST: {
    id: 'E-PATH',
    what: 'there is a file where a directory must be',
    cure: 'choose another path, or move the file away',
    exitCode: exitCode.usage,
  },
  EISDIR: {
    id: 'E-PATH',
    what: 'there is a directory where a file must be',
    cure: 'choose another path, or move the directory away',
    exitCode: exitCode.usage,
  },
  ENAMETOOLONG: { id: 'E-PATH', what: 'the path is too long', cure: 'choose a shorter path', exitCode: exitCode.usage },
  EADDRINUSE: {
    id: 'E-PORT-INUSE',
    what: 'the address is held by another process',
    cure: 'stop it, or choose another: --port N',
    exitCode: exitCode.inUse,
  },
  EMFILE: { id: 'E-LIMITS', what: 'too many open files', cure: 'ulimit -n 65536', exitCode: exitCode.failed },
  ENFILE: {
    id: 'E-LIMITS',
    what: 'too many open files on this machine',
    cure: 'sysctl -w fs.file-max=1000000',
    exitCode: exitCode.failed,
  },
  ENOMEM: {
    id: 'E-MEMORY',
    what: 'no memory is left',
    cure: 'stop something, or use a larger machine',
    exitCode: exitCode.failed,
  },
}

/** Any error as one that a person can act on: by its own class, by what the system said, else as one of Skiff's own. */
export function failureOf(error: unknown): CommandFailure {
  for (const cause of causesOf(error)) {
    if (cause instanceof CommandFailure) return cause
    if (cause instanceof DiskError && cause.reason === 'locked') {
      return new CommandFailure(
        'E-DATA-INUSE',
        cause.message,
        'stop that process, or choose another --data-dir',
        exitCode.inUse,
        { cause: error },
      )
    }
    if (cause instanceof DiskError && cause.reason === 'full') return fromSystem('ENOSPC', error)
    const code =
      cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
        ? cause.code
        : /^(E[A-Z]+): /.exec(String(cause instanceof Error ? cause.message : cause))?.[1]
    if (code !== undefined && Object.hasOwn(systemErrors, code)) return fromSystem(code, error)
  }
  return new CommandFailure(
    'E-INTERNAL',
    describeError(error),
    'skiff doctor; skiff logs tells more',
    exitCode.failed,
    { cause: error },
  )
}

function fromSystem(code: string, error: unknown): CommandFailure {
  const { id, what, cure, exitCode: status } = systemErrors[code]!
  return new CommandFailure(id, `${what} (${describeError(error)})`, cure, status, { cause: error })
}

const causesMax = 6

/** The error, its cause, the cause of that. */
export function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = []
  for (let at = error; at !== undefined && causes.length < causesMax; at = at instanceof Error ? at.cause : undefined) {
    causes.push(at)
  }
  return causes
}
