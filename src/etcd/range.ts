/** What a range request selects from the keys at one revision. */
import { compareBytes } from '#base/bytes.ts'
import { etcdError } from '#storage/etcd/messages/errors.ts'
import { sortOrder, sortTarget, type RangeRequest } from '#storage/etcd/messages/kv.ts'
import type { KeyspaceEntry } from '#storage/keyspace.ts'
import { intervalOf, type Readable } from './interval.ts'

export interface RangeResult {
  readonly entries: readonly KeyspaceEntry[]
  /** The limit has cut some off. */
  readonly more: boolean
  /** All keys of the range, whatever was left out. */
  readonly count: number
}

const nothing: readonly KeyspaceEntry[] = []

/** Throws RpcError for a way to sort that there is not. */
export function selectRange(from: Readable, request: RangeRequest): RangeResult {
  const interval = intervalOf(request.key, request.rangeEnd)
  if (!interval) {
    const entry = from.get(request.key)
    if (!entry) return { entries: nothing, more: false, count: 0 }
    if (request.countOnly) return { entries: nothing, more: false, count: 1 }
    return { entries: filtered([entry], request), more: false, count: 1 }
  }
  if (request.countOnly) return { entries: nothing, more: false, count: from.count(interval) }
  const { limit } = request
  const order = effectiveOrder(request)
  const isWhole = limit <= 0 || order !== sortOrder.none || hasFilter(request)
  const listed = from.list(interval, isWhole ? 0 : limit + 1)
  const entries = sorted(filtered(listed, request), request.sortTarget, order)
  if (limit > 0 && entries.length > limit) {
    return { entries: entries.slice(0, limit), more: true, count: from.count(interval) }
  }
  return { entries, more: false, count: isWhole ? listed.length : from.count(interval) }
}

/** Keys come in ascending order anyway; by anything else, ascending is what is meant when nothing is said. */
function effectiveOrder({ sortOrder: order, sortTarget: target }: RangeRequest): number {
  if (order > sortOrder.descend || order < 0 || target > sortTarget.value || target < 0) {
    throw etcdError('invalidSortOption')
  }
  if (target === sortTarget.key) return order === sortOrder.descend ? order : sortOrder.none
  return order === sortOrder.none ? sortOrder.ascend : order
}

function hasFilter(request: RangeRequest): boolean {
  return request.minModRevision !== 0 || request.maxModRevision !== 0
    || request.minCreateRevision !== 0 || request.maxCreateRevision !== 0
}

function filtered(entries: readonly KeyspaceEntry[], request: RangeRequest): readonly KeyspaceEntry[] {
  if (!hasFilter(request)) return entries
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request
  return entries.filter(({ modRevision, createRevision }) =>
    (maxModRevision === 0 || modRevision <= maxModRevision)
    && (minModRevision === 0 || modRevision >= minModRevision)
    && (maxCreateRevision === 0 || createRevision <= maxCreateRevision)
    && (minCreateRevision === 0 || createRevision >= minCreateRevision))
}

function sorted(entries: readonly KeyspaceEntry[], target: number, order: number): readonly KeyspaceEntry[] {
  if (order === sortOrder.none) return entries
  const compare = comparisons[target]!
  // Not `toReversed` of an ascending sort: among equals, keys stay in their order.
  return entries.toSorted(order === sortOrder.descend ? (a, b) => compare(b, a) : compare)
}

const comparisons: Readonly<Record<number, (a: KeyspaceEntry, b: KeyspaceEntry) => number>> = {
  [sortTarget.key]: (a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
  [sortTarget.version]: (a, b) => a.version - b.version,
  [sortTarget.create]: (a, b) => a.createRevision - b.createRevision,
  [sortTarget.mod]: (a, b) => a.modRevision - b.modRevision,
  [sortTarget.value]: (a, b) => compareBytes(a.value, b.value),
}
