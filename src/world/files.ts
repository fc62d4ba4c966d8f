/** The node's files, as the kubelet uses them: volumes, logs, hosts files. Paths are absolute. */
export interface Files {
  /** The whole file; undefined when there is none. Rejects beyond `limitBytes`. */
  read(path: string, limitBytes: number): Promise<Uint8Array | undefined>
  /** Up to `length` bytes from `offset`; shorter at the end of the file, undefined when there is none. */
  readRange(path: string, offset: number, length: number): Promise<Uint8Array | undefined>
  /** Creates or replaces the content; a new file is made with exactly `mode`. */
  write(path: string, bytes: Uint8Array, mode: number): Promise<void>
  /** With its parents. An existing directory is left as it is. */
  makeDirectory(path: string, mode: number): Promise<void>
  /** Atomic: an existing file or link at `to` is replaced. */
  rename(from: string, to: string): Promise<void>
  /** `target` is stored as given. Fails when `path` exists. */
  symlink(target: string, path: string): Promise<void>
  /** Where a link points, as stored; undefined for anything else. */
  readLink(path: string): Promise<string | undefined>
  /** The path with every link resolved; undefined when a part is missing. */
  resolve(path: string): Promise<string | undefined>
  /** Names in a directory, sorted; undefined when there is none. */
  list(path: string): Promise<readonly string[] | undefined>
  /** Follows links; undefined when there is nothing. */
  stat(path: string): Promise<FileStat | undefined>
  /** The file, or the directory with all in it. Never crosses into another file system; what is absent is success. */
  remove(path: string): Promise<void>
  /** Owner and permission bits, of everything below too when `recursive`. undefined leaves that part as it is. */
  setOwner(
    path: string,
    owner: { readonly uid?: number | undefined; readonly gid?: number | undefined },
    recursive: boolean,
  ): Promise<void>
  setMode(path: string, mode: number): Promise<void>
  /**
   * Yields once at the start and after every change of the file or of the directory's entries, until aborted. Changes
   * may be merged.
   */
  watch(path: string, signal: AbortSignal): AsyncIterable<void>
  /** Of the file system that holds the path. */
  filesystem(path: string): Promise<FilesystemCapacity>
  /** What everything below takes, without crossing into other file systems. */
  diskUsage(path: string): Promise<{ readonly bytes: number; readonly inodes: number }>
}

export interface FileStat {
  readonly type: 'file' | 'directory' | 'socket' | 'characterDevice' | 'blockDevice' | 'other'
  readonly size: number
  readonly mode: number
  /** Changes when another file takes the name. */
  readonly inode: number
  readonly modifiedAt: number
}

export interface FilesystemCapacity {
  readonly capacityBytes: number
  readonly availableBytes: number
  readonly inodes: number
  readonly inodesFree: number
}
