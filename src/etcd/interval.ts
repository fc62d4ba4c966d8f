/** etcd's way to name keys: one of them, a half-open interval, or everything from a key on. */
import type { KeyspaceEntry } from '#storage/keyspace.ts'
import type { Entry, KeyRange } from '#storage/store.ts'

/** Greater than every key: no character of one is beyond U+00FF. */
const afterAllKeys = '\u0100'

/** The keys that `key` and `rangeEnd` mean, or undefined when only `key` itself is meant. */
export function intervalOf(key: string, rangeEnd: string): KeyRange | undefined {
  if (rangeEnd === '') return undefined
  return { start: key, end: rangeEnd === '\0' ? afterAllKeys : rangeEnd }
}

/** The same for those who need an interval in any case. */
export function rangeOf(key: string, rangeEnd: string): KeyRange {
  return intervalOf(key, rangeEnd) ?? { start: key, end: `${key}\0` }
}

/** What can be read of a keyspace at one moment. */
export interface Readable {
  get(key: string): KeyspaceEntry | undefined
  list(range: KeyRange, limit?: number): readonly KeyspaceEntry[]
  count(range: KeyRange): number
}

/** A keyspace gives nothing but its own entries, to watches as well, where the types are a store's. */
export function keyspaceEntry(entry: Entry): KeyspaceEntry
export function keyspaceEntry(entry: Entry | undefined): KeyspaceEntry | undefined
export function keyspaceEntry(entry: Entry | undefined): KeyspaceEntry | undefined {
  return entry as KeyspaceEntry | undefined
}
