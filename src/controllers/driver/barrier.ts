/**
 * No key is reconciled from a cache that has not seen the key's own last writes.
 *
 * This replaces the "expectations" of Kubernetes' own controllers (KEP-5647 does the same per controller). It holds
 * within one process; after a start the driver first waits for a consistent list. Staleness about others' writes is
 * what preconditions are for.
 */
import type { Informer } from '#client/informer.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import { compareResourceVersions } from '#machinery/resource-version.ts'

export type Mark =
  /** The write got this version. */
  | { readonly type: 'reached'; readonly informer: Informer<KubeObject>; readonly resourceVersion: string }
  /** The object with this uid was removed; deletions answer without a version. */
  | { readonly type: 'gone'; readonly informer: Informer<KubeObject>; readonly key: string; readonly uid: string }
  /** The answer was lost: nobody knows whether the write happened, so list before going on. */
  | { readonly type: 'unknown'; readonly informer: Informer<KubeObject> }

const none: readonly never[] = []

export class Barrier {
  readonly #marks = new Map<string, Mark[]>()
  readonly #parked = new Set<string>()

  note(key: string, mark: Mark): void {
    const marks = this.#marks.get(key) ?? []
    this.#marks.set(key, marks)
    // Of one informer only the newest version matters.
    const older = marks.findIndex(
      (other) => other.type === 'reached' && mark.type === 'reached' && other.informer === mark.informer,
    )
    if (older < 0) {
      marks.push(mark)
      return
    }
    const other = marks[older]!
    if (other.type === 'reached' && mark.type === 'reached'
      && compareResourceVersions(mark.resourceVersion, other.resourceVersion) > 0) marks[older] = mark
  }

  /** Takes the informers whose state after a lost answer has to be asked for; the caller notes what it learns. */
  takeUnknown(key: string): readonly Informer<KubeObject>[] {
    const marks = this.#marks.get(key)
    if (!marks) return none
    const unknown = marks.filter((mark) => mark.type === 'unknown')
    if (unknown.length > 0) this.#marks.set(key, marks.filter((mark) => mark.type !== 'unknown'))
    return [...new Set(unknown.map((mark) => mark.informer))]
  }

  /** False while a write of the key is still unseen; the key then comes out of `release` in due time. */
  enter(key: string): boolean {
    if (this.#isClear(key)) return true
    this.#parked.add(key)
    return false
  }

  /** The parked keys that may go on, after an informer has advanced. */
  release(): readonly string[] {
    if (this.#parked.size === 0) return none
    const released = [...this.#parked].filter((key) => this.#isClear(key))
    for (const key of released) this.#parked.delete(key)
    return released
  }

  get parked(): number {
    return this.#parked.size
  }

  #isClear(key: string): boolean {
    const marks = this.#marks.get(key)
    if (!marks) return true
    const unseen = marks.filter((mark) => !hasSeen(mark))
    if (unseen.length > 0) {
      this.#marks.set(key, unseen)
      return false
    }
    this.#marks.delete(key)
    return true
  }
}

/** True once the cache shows what the mark stands for. */
export function hasSeen(mark: Mark): boolean {
  switch (mark.type) {
    case 'reached': return mark.informer.hasReached(mark.resourceVersion)
    case 'gone': return mark.informer.byKey(mark.key)?.metadata.uid !== mark.uid
    case 'unknown': return false
  }
}
