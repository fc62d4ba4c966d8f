/** Which kinds this server serves, by the names that requests use. Custom resources come and go while it runs. */
import type { AnyKind, KindVersion } from '#machinery/schema/define-kind.ts'

/** A kind at one of its versions: what `/apis/<group>/<version>/<plural>` names. */
export interface ServedResource {
  readonly kind: AnyKind
  readonly version: KindVersion
  /** `apps/v1`, or `v1`. */
  readonly apiVersion: string
}

export class KindRegistry {
  readonly #resources = new Map<string, ServedResource>()
  readonly #byKind = new Map<string, ServedResource>()
  readonly #stored = new Map<string, ServedResource>()
  #kinds: readonly AnyKind[] = []
  #generation = 0
  readonly #listeners = new Set<() => void>()

  constructor(kinds: readonly AnyKind[]) {
    for (const kind of kinds) this.#insert(kind)
    this.#kinds = [...kinds]
  }

  /** Every kind, in the order of declaration. */
  get kinds(): readonly AnyKind[] {
    return this.#kinds
  }

  /** Grows with each change of the set of kinds: what discovery documents are cached by. */
  get generation(): number {
    return this.#generation
  }

  /** A served resource by the names in its path. */
  find(group: string, version: string, plural: string): ServedResource | undefined {
    return this.#resources.get(`${group}/${version}/${plural}`)
  }

  /** Whether anything is served under `/apis/<group>/<version>`. */
  serves(group: string, version: string): boolean {
    return this.#kinds.some(
      (kind) => kind.group === group && kind.versions.some((other) => other.served && other.version === version),
    )
  }

  /** A kind by the names in an object's apiVersion and kind. */
  findByKind(apiVersion: string, kind: string): ServedResource | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`)
  }

  /** A kind at its stored version, whatever versions it serves. */
  findStored(group: string, plural: string): ServedResource | undefined {
    return this.#stored.get(`${group}/${plural}`)
  }

  /**
   * Serves these in place of whatever had this group and plural. More than one: each is a version of its own, with its
   * own rules; the first is the one that objects are stored as.
   */
  set(group: string, plural: string, kinds: readonly AnyKind[]): void {
    this.#drop(group, plural)
    for (const kind of kinds) this.#insert(kind)
    this.#kinds = [...this.#kinds, ...kinds]
    this.#changed()
  }

  delete(group: string, plural: string): void {
    this.#drop(group, plural)
    this.#changed()
  }

  /** Calls back after every change, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  #insert(kind: AnyKind): void {
    for (const version of kind.versions) {
      const apiVersion = kind.group === '' ? version.version : `${kind.group}/${version.version}`
      const resource: ServedResource = { kind, version, apiVersion }
      if (version.served) {
        this.#resources.set(`${kind.group}/${version.version}/${kind.plural}`, resource)
        this.#byKind.set(`${apiVersion}/${kind.kind}`, resource)
      }
      const key = `${kind.group}/${kind.plural}`
      if (version === kind.storedVersion && !this.#stored.has(key)) this.#stored.set(key, resource)
    }
  }

  #drop(group: string, plural: string): void {
    const old = this.#kinds.filter((kind) => kind.group === group && kind.plural === plural)
    if (old.length === 0) return
    for (const kind of old) {
      for (const version of kind.versions) {
        const apiVersion = group === '' ? version.version : `${group}/${version.version}`
        this.#resources.delete(`${group}/${version.version}/${plural}`)
        this.#byKind.delete(`${apiVersion}/${kind.kind}`)
      }
    }
    this.#stored.delete(`${group}/${plural}`)
    this.#kinds = this.#kinds.filter((kind) => !old.includes(kind))
  }

  #changed(): void {
    this.#generation++
    for (const listener of this.#listeners) listener()
  }
}
