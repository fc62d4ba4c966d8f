/** What the store has acknowledged, in order: the truth that checkers compare everything else with. */
import { kinds } from '#api/kinds.ts'
import { kindPrefix } from '#apiserver/rest/keys.ts'
import { decodeStored } from '#apiserver/rest/stored-form.ts'
import { crc32 } from '#base/crc32.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { Entry, Revision, Store } from '#storage/store.ts'

export interface Change {
  readonly revision: Revision
  readonly type: 'created' | 'updated' | 'deleted'
  /** Plural and group: `pods`, `deployments.apps`. */
  readonly resource: string
  /** `namespace/name`, or `name`. */
  readonly name: string
  /** For a deletion the last state. */
  readonly object: Stored<KubeObject>
  readonly previous: Stored<KubeObject> | undefined
  /** Monotonic milliseconds of the simulation. */
  readonly at: number
}

/** A way in which the store broke its promise. */
export interface LostWrite {
  readonly key: string
  readonly what: string
}

interface Kept {
  readonly revision: Revision
  readonly object: Stored<KubeObject>
  readonly checksum: number
}

const resourceOf = new Map(kinds.filter((kind) => !kind.storedAs)
  .map((kind) => [kindPrefix(kind), kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`]))
const prefixes = [...resourceOf.keys()].toSorted((a, b) => b.length - a.length)
const everything = { start: '/', end: '0' }

export class History {
  readonly #now: () => number
  readonly #onChange: (change: Change, checksum: number) => void
  readonly #kept = new Map<string, Kept>()
  readonly #objects = new Map<string, Map<string, Stored<KubeObject>>>()
  #newest: Revision = 0
  #changes = 0

  /** `onChange` is called once for each change, in the order of revisions. */
  constructor(now: () => number, onChange: (change: Change, checksum: number) => void) {
    this.#now = now
    this.#onChange = onChange
  }

  get revision(): Revision { return this.#newest }
  get changes(): number { return this.#changes }

  /** Objects of `pods`, `deployments.apps`, by name. In the order of their creation. */
  of<T extends KubeObject>(resource: string): ReadonlyMap<string, Stored<T>> {
    return (this.#objects.get(resource) ?? new Map()) as ReadonlyMap<string, Stored<T>>
  }

  /** Every object of every resource. */
  *all(): Iterable<Stored<KubeObject>> {
    for (const objects of this.#objects.values()) yield* objects.values()
  }

  get resources(): Iterable<readonly [string, ReadonlyMap<string, Stored<KubeObject>>]> {
    return this.#objects
  }

  /** The store, with everything that it acknowledges recorded. */
  recording(store: Store): Store {
    return {
      get revision() { return store.revision },
      get compactedRevision() { return store.compactedRevision },
      read: (at) => store.read(at),
      current: () => store.current(),
      swap: async (key, ifRevision, then) => {
        const result = await store.swap(key, ifRevision, then)
        if (result.type === 'swapped') this.#record(result.entry, then.type === 'delete')
        return result
      },
      watch: (range, from, options) => store.watch(range, from, options),
      waitFor: (at, signal) => store.waitFor(at, signal),
      compact: (before) => store.compact(before),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    }
  }

  /**
   * Compares what came back after a crash with what had been acknowledged, and takes in what was written but
   * not acknowledged.
   */
  recover(store: Store): readonly LostWrite[] {
    const view = store.current()
    const acknowledged = this.#newest
    const lost: LostWrite[] = []
    if (view.revision < acknowledged) {
      lost.push({ key: '', what: `revision ${view.revision} after the crash, ${acknowledged} was acknowledged` })
    }
    const entries = view.list(everything)
    const present = new Set(entries.map(({ key }) => key))
    for (const entry of entries) {
      if (entry.modRevision > acknowledged) continue
      const kept = this.#kept.get(entry.key)
      if (!kept) {
        lost.push({
          key: entry.key,
          what: `is back at revision ${entry.modRevision}, although its deletion was acknowledged`,
        })
      } else if (kept.revision !== entry.modRevision || kept.checksum !== crc32(entry.value, 0)) {
        lost.push({ key: entry.key, what: `is at revision ${entry.modRevision}, ${kept.revision} was acknowledged` })
      }
    }
    for (const [key, kept] of this.#kept) {
      if (present.has(key)) continue
      // A deletion that reached the disk and was never acknowledged needs a revision of its own.
      if (view.revision === acknowledged) lost.push({ key, what: `is gone, ${kept.revision} was acknowledged` })
      else {
        this.#record(
          { key, value: new Uint8Array(0), createRevision: 0, modRevision: view.revision, memo: undefined },
          true,
          kept.object,
        )
      }
    }
    const newer = entries
      .filter(({ modRevision }) => modRevision > acknowledged)
      .toSorted((a, b) => a.modRevision - b.modRevision)
    for (const entry of newer) this.#record(entry, false)
    this.#newest = Math.max(this.#newest, view.revision)
    return lost
  }

  #record(entry: Entry, isDeletion: boolean, known?: Stored<KubeObject>): void {
    const prefix = prefixes.find((candidate) => entry.key.startsWith(candidate))
    const resource = (prefix && resourceOf.get(prefix)) ?? 'others'
    const name = prefix ? entry.key.slice(prefix.length) : entry.key
    const object = known ?? (prefix ? decodeStored(entry) : withoutObject(entry))
    const kept = this.#kept.get(entry.key)
    const checksum = crc32(entry.value, 0)
    const objects = this.#objects.get(resource) ?? new Map<string, Stored<KubeObject>>()
    this.#objects.set(resource, objects)
    if (isDeletion) {
      this.#kept.delete(entry.key)
      objects.delete(name)
    } else {
      this.#kept.set(entry.key, { revision: entry.modRevision, object, checksum })
      objects.set(name, object)
    }
    this.#newest = Math.max(this.#newest, entry.modRevision)
    this.#changes++
    const type = isDeletion ? 'deleted' : kept ? 'updated' : 'created'
    this.#onChange(
      { revision: entry.modRevision, type, resource, name, object, previous: kept?.object, at: this.#now() },
      checksum,
    )
  }
}

/** Stands for what is of no kind, such as the bitmap of node ports: bytes that must not be lost, and nothing more. */
function withoutObject({ key, createRevision, modRevision }: Entry): Stored<KubeObject> {
  return {
    kind: '', apiVersion: '',
    metadata: {
      name: key, uid: `${key}@${createRevision}`, creationTimestamp: '', resourceVersion: String(modRevision),
    },
  }
}
