/** What a store must hold after each thing that it was asked for: the plainest thing that could be right. */

export interface ModelVersion {
  readonly key: string
  /** Undefined: deleted at `modRevision`. */
  readonly value: Uint8Array | undefined
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
  readonly lease: bigint
}

export interface ModelEvent {
  readonly now: ModelVersion
  /** What the change replaced or deleted. */
  readonly previous: ModelVersion | undefined
}

export type ModelChange =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array; readonly lease: bigint }
  | { readonly type: 'delete'; readonly key: string }

/** What the store was after one of the things that changed it. A crash brings the store back to one of these. */
export interface Moment {
  readonly revision: number
  readonly leases: ReadonlySet<bigint>
}

export interface Model {
  readonly revision: number
  /** Oldest first, beginning with the empty store. */
  readonly moments: readonly Moment[]
  readonly leases: ReadonlySet<bigint>
  get(key: string): ModelVersion | undefined
  /** What readers at `revision` see, in key order. */
  entriesAt(revision: number): readonly ModelVersion[]
  /** Changes of revisions in (after, until], in order. */
  events(after: number, until: number): readonly ModelEvent[]
  /** Applies the changes under one revision; deletions of what is not there are left out. True if anything changed. */
  commit(changes: readonly ModelChange[]): boolean
  /** False if the lease is there already. */
  grant(lease: bigint): boolean
  /** Deletes the lease's keys under one revision. False if there is no such lease. */
  revoke(lease: bigint): boolean
}

/** The revision of an empty store. */
const emptyRevision = 1

export function createModel(): Model {
  /** Oldest first. */
  const versions = new Map<string, ModelVersion[]>()
  const events: ModelEvent[] = []
  let revision = emptyRevision
  let leases: ReadonlySet<bigint> = new Set()
  const moments: Moment[] = [{ revision, leases }]

  const get = (key: string): ModelVersion | undefined => {
    const newest = versions.get(key)?.at(-1)
    return newest?.value === undefined ? undefined : newest
  }
  const add = (change: ModelChange): void => {
    const previous = get(change.key)
    const now: ModelVersion = {
      key: change.key,
      value: change.type === 'put' ? change.value : undefined,
      createRevision: previous?.createRevision ?? revision,
      modRevision: revision,
      version: change.type === 'put' ? (previous?.version ?? 0) + 1 : 0,
      lease: change.type === 'put' ? change.lease : 0n,
    }
    const all = versions.get(change.key)
    if (all === undefined) versions.set(change.key, [now])
    else all.push(now)
    events.push({ now, previous })
  }
  const commit = (changes: readonly ModelChange[]): boolean => {
    const effective = changes.filter(({ type, key }) => type === 'put' || get(key) !== undefined)
    if (effective.length === 0) return false
    revision++
    for (const change of effective) add(change)
    moments.push({ revision, leases })
    return true
  }
  return {
    get revision() { return revision },
    get leases() { return leases },
    moments,
    get,
    commit,
    entriesAt(at) {
      const entries: ModelVersion[] = []
      for (const all of versions.values()) {
        const visible = all.findLast(({ modRevision }) => modRevision <= at)
        if (visible?.value !== undefined) entries.push(visible)
      }
      return entries.toSorted((a, b) => a.key < b.key ? -1 : 1)
    },
    events: (after, until) => events.slice(firstAfter(events, after), firstAfter(events, until)),
    grant(lease) {
      if (leases.has(lease)) return false
      leases = new Set(leases).add(lease)
      moments.push({ revision, leases })
      return true
    },
    revoke(lease) {
      if (!leases.has(lease)) return false
      leases = new Set([...leases].filter((other) => other !== lease))
      const keys = [...versions.keys()].filter((key) => get(key)?.lease === lease).toSorted()
      // The keys and the lease go at one moment.
      if (!commit(keys.map((key) => ({ type: 'delete', key })))) moments.push({ revision, leases })
      return true
    },
  }
}

/** Where the events of revisions beyond `revision` begin. */
function firstAfter(events: readonly ModelEvent[], revision: number): number {
  let [low, high] = [0, events.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (events[middle]!.now.modRevision <= revision) low = middle + 1
    else high = middle
  }
  return low
}
