/** One version of one key as the store holds it; readers see it as an entry. */
import type { Revision } from '../store.ts'
import type { KeyspaceEntry, LeaseId } from '../keyspace.ts'

/** Memory that many values share. */
export interface Slab {
  readonly bytes: Uint8Array
  /** Bytes of it that are the values of kept versions. */
  live: number
}

export interface VersionParts {
  readonly key: string
  readonly createRevision: Revision
  readonly modRevision: Revision
  readonly version: number
  readonly lease: LeaseId
  readonly deleted: boolean
  readonly memo: unknown
  readonly older: Version | undefined
  readonly slab: Slab
  readonly offset: number
  readonly length: number
}

/**
 * A class for one reason: `value` is made when it is asked for. A window of its own for each of a million values would
 * take more memory than everything else that the store knows of them, and could not be moved.
 */
export class Version implements KeyspaceEntry {
  readonly key: string
  readonly createRevision: Revision
  readonly modRevision: Revision
  readonly version: number
  readonly lease: LeaseId
  /** True: the key was deleted at `modRevision`, and the value is the last one that it had. */
  readonly deleted: boolean
  memo: unknown
  /** The version before this one, until compaction cuts it off. */
  older: Version | undefined
  slab: Slab
  offset: number
  readonly length: number

  constructor(parts: VersionParts) {
    this.key = parts.key
    this.createRevision = parts.createRevision
    this.modRevision = parts.modRevision
    this.version = parts.version
    this.lease = parts.lease
    this.deleted = parts.deleted
    this.memo = parts.memo
    this.older = parts.older
    this.slab = parts.slab
    this.offset = parts.offset
    this.length = parts.length
  }

  get value(): Uint8Array {
    const { bytes } = this.slab
    return new Uint8Array(bytes.buffer, bytes.byteOffset + this.offset, this.length)
  }
}

export interface Placed {
  readonly slab: Slab
  readonly offset: number
  readonly length: number
}

/** What a put makes of a key, of which `older` is the newest version, perhaps a deletion. */
export function successorOf(
  key: string, older: Version | undefined, { slab, offset, length }: Placed,
  put: { readonly modRevision: Revision; readonly lease: LeaseId; readonly memo: unknown },
): Version {
  const { modRevision, lease, memo } = put
  const existing = older === undefined || older.deleted ? undefined : older
  return new Version({
    // All versions share one string.
    key: older?.key ?? key, createRevision: existing?.createRevision ?? modRevision, modRevision,
    version: (existing?.version ?? 0) + 1, lease, deleted: false, memo, older, slab, offset, length,
  })
}

/** What a deletion makes of a key. It begins without a memo: that may hold the revision of the version before. */
export function deletionOf(existing: Version, modRevision: Revision): Version {
  const { key, createRevision, version, lease, slab, offset, length } = existing
  return new Version({
    key, createRevision, modRevision, version, lease, deleted: true, memo: undefined, older: existing,
    slab, offset, length,
  })
}

/** What a reader at `revision` sees of a key: undefined before its creation and after its deletion. */
export function visibleAt(head: Version, revision: Revision): Version | undefined {
  let version: Version | undefined = head
  while (version !== undefined && version.modRevision > revision) version = version.older
  return version === undefined || version.deleted ? undefined : version
}

/** What a version counts towards quota and history limits. */
export function sizeOf(version: Version): number {
  return version.key.length + version.length
}
