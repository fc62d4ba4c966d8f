/** The comparisons that decide which way a transaction goes. */
import { compareBytes } from '#base/bytes.ts'
import { compareResult, compareTarget, type Compare, type TxnRequest } from '#storage/etcd/messages/kv.ts'
import type { KeyspaceEntry } from '#storage/keyspace.ts'
import { intervalOf, type Readable } from './interval.ts'

/** True when all hold; of a range, for each of its keys. */
export function comparesHold(state: Readable, { compare }: TxnRequest): boolean {
  return compare.every((each) => holds(state, each))
}

/** What is compared with where there is no key: zeros. A value of it cannot be told, so comparing that never holds. */
const absent = { version: 0, createRevision: 0, modRevision: 0, lease: 0n }

function holds(state: Readable, compare: Compare): boolean {
  const interval = intervalOf(compare.key, compare.rangeEnd)
  if (interval) {
    const entries = state.list(interval)
    if (entries.length > 0) return entries.every((entry) => isMet(compare, difference(compare, entry)))
  } else {
    const entry = state.get(compare.key)
    if (entry) return isMet(compare, difference(compare, entry))
  }
  return compare.target !== compareTarget.value && isMet(compare, numberDifference(compare, absent))
}

/** Less than, equal to or greater than 0 as the key's is to the given one. */
function difference(compare: Compare, entry: KeyspaceEntry): number {
  if (compare.target === compareTarget.value) return compareBytes(entry.value, compare.value)
  return numberDifference(compare, entry)
}

function numberDifference(
  compare: Compare, entry: Pick<KeyspaceEntry, 'version' | 'createRevision' | 'modRevision' | 'lease'>,
): number {
  switch (compare.target) {
    case compareTarget.version: return entry.version - compare.version
    case compareTarget.create: return entry.createRevision - compare.createRevision
    case compareTarget.mod: return entry.modRevision - compare.modRevision
    case compareTarget.lease: return entry.lease < compare.lease ? -1 : entry.lease > compare.lease ? 1 : 0
    default: return 0
  }
}

/** A way to compare that there is not always holds, as in etcd. */
function isMet({ result }: Compare, found: number): boolean {
  switch (result) {
    case compareResult.equal: return found === 0
    case compareResult.notEqual: return found !== 0
    case compareResult.greater: return found > 0
    case compareResult.less: return found < 0
    default: return true
  }
}
