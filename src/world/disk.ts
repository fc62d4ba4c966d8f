/** Files for those who must know what is durable. Verbs are coarse, so that crossing over is cheap. */

/** Paths use `/`; those that do not begin with it are relative to wherever the implementation says. */
export interface Disk {
  /**
   * `create` makes the file or empties it, and lets it be written; `write` needs it to exist.
   * A new name is durable only after `syncDirectory`.
   */
  open(path: string, mode: 'read' | 'write' | 'create', signal?: AbortSignal): Promise<DiskFile>
  /** The names in a directory, in no order. Empty for a directory that is not there. */
  list(directory: string, signal?: AbortSignal): Promise<readonly string[]>
  /** With its parents, all of them durable when this resolves. Fine if it is there already. */
  makeDirectory(path: string): Promise<void>
  /** Atomic, replaces the target; durable only after `syncDirectory`. */
  rename(source: string, target: string): Promise<void>
  /** Removing what is not there is success. */
  remove(path: string): Promise<void>
  /** Makes creations, renames and removals in the directory durable. */
  syncDirectory(path: string): Promise<void>
  /**
   * Takes the lock file at `path` for this process, or rejects with DiskError `locked` and a message that names the
   * owner.
   * A lock whose owner is dead is taken over, and `note` says so.
   */
  lock(path: string): Promise<DiskLock>
  /** CRC-32 (that of gzip) continued from `previous`; here because machines have instructions for it. */
  crc32(bytes: Uint8Array, previous: number): number
}

export interface DiskFile extends AsyncDisposable {
  readonly path: string
  size(): Promise<number>
  /** Shorter than asked at the end of the file. */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>
  /** All bytes or a rejection, after which any part of them may be in the file. Not durable before `datasync`. */
  write(offset: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void>
  /** `write` and `datasync` of these bytes in one go. After a rejection the file must not be trusted any more. */
  writeDurably(offset: number, bytes: Uint8Array): Promise<void>
  /**
   * Grows the file to `length` with zeros that really occupy the disk, so that writing there cannot run out of space.
   */
  preallocate(length: number, signal?: AbortSignal): Promise<void>
  truncate(length: number): Promise<void>
  /**
   * Bytes and length become durable. After a rejection nothing about the unsynced bytes is known; trying again proves
   * nothing.
   */
  datasync(): Promise<void>
}

export interface DiskLock extends AsyncDisposable {
  /** What to tell the administrator, if the lock was taken over from a dead process. */
  readonly note: string | undefined
}

/**
 * `full`: no space or quota; `absent`: no such file; `locked`: another live process owns the lock; `failed`: all else.
 */
export class DiskError extends Error {
  readonly reason: 'full' | 'absent' | 'locked' | 'failed'
  constructor(reason: DiskError['reason'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
