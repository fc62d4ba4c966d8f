/** The newest state that has been decided: what is visible, and over it the changes that are not durable yet. */
import type { Alarm, DecidedView, KeyspaceEntry, LeaseId } from '../keyspace.ts'
import type { KeyRange, Revision } from '../store.ts'
import type { Control, Group } from './control.ts'
import type { Leases } from './leases.ts'
import { sizeOf, type Version } from './version.ts'
import type { Versions } from './versions.ts'
import { isIn } from './watchers.ts'

/** What readers see. */
interface Visible {
  readonly versions: Versions
  readonly leases: Leases
  readonly alarms: Set<Alarm>
}

export class DecidedState implements DecidedView {
  readonly #visible: Visible
  /** The newest version of each key that has been decided but is not durable yet. */
  readonly #versions = new Map<string, Version>()
  /** The newest word on a lease or an alarm that has been decided but is not durable yet. */
  readonly #leases = new Map<LeaseId, Control>()
  readonly #alarms = new Map<Alarm, Control>()
  #nextRevision: Revision
  #growth = 0
  /** The last key that was looked up, and what was found: one write asks for its key several times. */
  #asked: string | undefined
  #answered: Version | undefined

  constructor(visible: Visible) {
    this.#visible = visible
    this.#nextRevision = visible.versions.revision + 1
  }

  get nextRevision(): Revision {
    return this.#nextRevision
  }

  /** Bytes of the newest keys and values. */
  get liveBytes(): number {
    return this.#visible.versions.liveBytes + this.#growth
  }

  /** The newest version of a key, a deletion included. */
  latest(key: string): Version | undefined {
    if (key === this.#asked) return this.#answered
    this.#asked = key
    return this.#answered = this.#versions.get(key) ?? this.#visible.versions.latest(key)
  }

  /** The newest version of a key that is there. */
  get(key: string): Version | undefined {
    const latest = this.latest(key)
    return latest === undefined || latest.deleted ? undefined : latest
  }

  list(range: KeyRange, limit = 0): readonly KeyspaceEntry[] {
    const changed = this.#changedIn(range)
    const visible = this.#visible.versions.current()
    if (changed.length === 0) return visible.list(range, limit)
    // Each change hides at most one visible entry.
    const entries = visible.list(range, limit === 0 ? 0 : limit + changed.length)
      .filter(({ key }) => !this.#versions.has(key))
    for (const version of changed) if (!version.deleted) entries.push(version)
    entries.sort((a, b) => a.key < b.key ? -1 : 1)
    return limit === 0 ? entries : entries.slice(0, limit)
  }

  count(range: KeyRange): number {
    const { versions } = this.#visible
    let count = versions.current().count(range)
    for (const version of this.#changedIn(range)) {
      const before = versions.latest(version.key)
      count += Number(!version.deleted) - Number(before !== undefined && !before.deleted)
    }
    return count
  }

  hasLease(id: LeaseId): boolean {
    const underWay = this.#leases.get(id)
    return underWay === undefined ? this.#visible.leases.has(id) : underWay.type === 'grant'
  }

  /** True once a revocation has been decided, though readers may still see the lease. */
  isBeingRevoked(id: LeaseId): boolean {
    return this.#leases.get(id)?.type === 'revoke'
  }

  hasAlarm(alarm: Alarm): boolean {
    const underWay = this.#alarms.get(alarm)
    return underWay === undefined ? this.#visible.alarms.has(alarm) : underWay.type === 'raise'
  }

  /** The keys, in order, that the lease holds. */
  keysOf(lease: LeaseId): Version[] {
    const held: Version[] = []
    for (const key of this.#visible.versions.keysOf(lease)) {
      if (this.#versions.has(key)) continue
      held.push(this.#visible.versions.latest(key)!)
    }
    for (const version of this.#versions.values()) if (!version.deleted && version.lease === lease) held.push(version)
    return held.toSorted((a, b) => a.key < b.key ? -1 : 1)
  }

  /** Takes in what has been decided. All changes have `nextRevision`. */
  decide({ changes, controls }: Group): void {
    if (changes.length > 0) this.#nextRevision++
    for (const version of changes) {
      this.#growth += growthOf(version)
      this.#versions.set(version.key, version)
    }
    this.#asked = undefined
    for (const control of controls) {
      if (control.type === 'grant' || control.type === 'revoke') this.#leases.set(control.id, control)
      else if (control.type !== 'compact') this.#alarms.set(control.alarm, control)
    }
  }

  /**
   * What was decided is durable: readers see it from now on, and watchers hear of it next. Groups land in the order in
   * which they were decided.
   */
  land({ changes, controls }: Group): void {
    const { versions } = this.#visible
    this.#asked = undefined
    for (const version of changes) {
      this.#growth -= growthOf(version)
      if (this.#versions.get(version.key) === version) this.#versions.delete(version.key)
    }
    versions.show(changes)
    for (const control of controls) this.#landControl(control)
  }

  /** Everything that has not landed has never been. */
  abandon(): void {
    this.#asked = undefined
    this.#versions.clear()
    this.#leases.clear()
    this.#alarms.clear()
    this.#growth = 0
    this.#nextRevision = this.#visible.versions.revision + 1
  }

  #landControl(control: Control): void {
    const { leases, alarms } = this.#visible
    if (control.type === 'grant' || control.type === 'revoke') {
      if (control.type === 'grant') leases.grant(control.id, control.ttlSeconds)
      else leases.revoke(control.id)
      if (this.#leases.get(control.id) === control) this.#leases.delete(control.id)
    } else if (control.type !== 'compact') {
      if (this.#alarms.get(control.alarm) === control) this.#alarms.delete(control.alarm)
      if (control.type === 'raise') alarms.add(control.alarm)
      else alarms.delete(control.alarm)
    }
  }

  #changedIn(range: KeyRange): Version[] {
    const changed: Version[] = []
    for (const version of this.#versions.values()) if (isIn(range, version.key)) changed.push(version)
    return changed
  }
}

function growthOf(version: Version): number {
  const { older, deleted } = version
  return (deleted ? 0 : sizeOf(version)) - (older === undefined || older.deleted ? 0 : sizeOf(older))
}
