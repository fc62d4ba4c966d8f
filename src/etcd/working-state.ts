/** The keyspace as the operations of one transaction see it, each with what those before it have done. */
import type { DecidedView, KeyspaceEntry, LeaseId, Operation } from '#storage/keyspace.ts'
import type { KeyRange } from '#storage/store.ts'
import type { Readable } from './interval.ts'

export class WorkingState implements Readable {
  readonly before: DecidedView
  /** What was written so far; undefined: deleted. In the order of the writes. */
  readonly #written = new Map<string, KeyspaceEntry | undefined>()

  constructor(before: DecidedView) {
    this.before = before
  }

  get revisionBefore(): number {
    return this.before.nextRevision - 1
  }

  /** What the header of an operation's answer tells. */
  get revision(): number {
    return this.#written.size > 0 ? this.before.nextRevision : this.revisionBefore
  }

  get(key: string): KeyspaceEntry | undefined {
    return this.#written.has(key) ? this.#written.get(key) : this.before.get(key)
  }

  list(range: KeyRange, limit = 0): readonly KeyspaceEntry[] {
    if (this.#written.size === 0) return this.before.list(range, limit)
    const merged = this.before.list(range).filter(({ key }) => !this.#written.has(key))
    for (const [key, entry] of this.#written) {
      if (entry && key >= range.start && key < range.end) merged.push(entry)
    }
    merged.sort((a, b) => (a.key < b.key ? -1 : 1))
    return limit > 0 ? merged.slice(0, limit) : merged
  }

  count(range: KeyRange): number {
    return this.#written.size === 0 ? this.before.count(range) : this.list(range).length
  }

  hasLease(id: LeaseId): boolean {
    return this.before.hasLease(id)
  }

  put(key: string, value: Uint8Array, lease: LeaseId): void {
    const { nextRevision } = this.before
    const previous = this.get(key)
    this.#written.delete(key)
    this.#written.set(key, {
      key,
      value,
      lease,
      createRevision: previous?.createRevision ?? nextRevision,
      modRevision: nextRevision,
      version: (previous?.version ?? 0) + 1,
      memo: undefined,
    })
  }

  delete(key: string): void {
    this.#written.delete(key)
    this.#written.set(key, undefined)
  }

  /**
   * Each key once. A key that was put and deleted again by two transactions within this one (etcd allows that) is
   * gone, and was never there for anybody else.
   */
  operations(): readonly Operation[] {
    const operations: Operation[] = []
    for (const [key, entry] of this.#written) {
      if (entry) operations.push({ type: 'put', key, value: entry.value, lease: entry.lease })
      else if (this.before.get(key)) operations.push({ type: 'delete', key })
    }
    return operations
  }
}
