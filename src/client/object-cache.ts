/** What an informer knows: objects by key, and by whatever else they are looked up by. */
import { objectKey, type KubeObject, type Stored } from '#machinery/meta/object.ts'
import { controllerOf } from '#machinery/meta/owner-references.ts'

/** The values under which an object is found; none: it is not in this index. */
export type IndexFunction<T extends KubeObject> = (object: Stored<T>) => readonly string[]

/** Reads of a cache. Everything that comes back is shared: never change it. */
export interface Lister<T extends KubeObject> {
  get(name: string, namespace?: string): Stored<T> | undefined
  /** By `namespace/name`, or `name` for cluster-scoped kinds. */
  byKey(key: string): Stored<T> | undefined
  /** All objects, or those of one namespace, in no particular order. */
  list(namespace?: string): readonly Stored<T>[]
  /**
   * Through an index of `addIndex`, or one that is always there: `namespace`, `ownerUid`, `controllerUid`, `nodeName`,
   * `phase`, `controllerName` (`Kind/namespace/name`) and `orphans` (by namespace, those without a controller).
   */
  byIndex(index: string, value: string): readonly Stored<T>[]
  /** How many `byIndex` would give, without gathering them. */
  countByIndex(index: string, value: string): number
  /** Objects with a controller owner reference to that uid. */
  controlledBy(uid: string): readonly Stored<T>[]
  readonly size: number
}

interface Index<T extends KubeObject> {
  readonly valuesOf: IndexFunction<T>
  readonly objects: Map<string, Map<string, Stored<T>>>
}

const standardIndexes: Readonly<Record<string, IndexFunction<KubeObject>>> = {
  namespace: (object) => [object.metadata.namespace ?? ''],
  ownerUid: (object) => (object.metadata.ownerReferences ?? []).map((owner) => owner.uid),
  controllerUid: (object) => [controllerOf(object)?.uid].filter((uid) => uid !== undefined),
  orphans: (object) => (controllerOf(object) ? [] : [object.metadata.namespace ?? '']),
  controllerName: (object) => {
    const owner = controllerOf(object)
    return owner ? [`${owner.kind}/${object.metadata.namespace ?? ''}/${owner.name}`] : []
  },
  phase: (object) => [(object as { readonly status?: { readonly phase?: string } }).status?.phase ?? ''],
  nodeName: (object) => {
    const spec = (object as { readonly spec?: { readonly nodeName?: string } }).spec
    return spec?.nodeName ? [spec.nodeName] : []
  },
}

/** Indexes are made when first asked for, and kept up from then on: a cache pays only for what is used. */
export class ObjectCache<T extends KubeObject> implements Lister<T> {
  readonly #objects = new Map<string, Stored<T>>()
  readonly #indexes = new Map<string, Index<T>>()

  get size(): number {
    return this.#objects.size
  }

  get(name: string, namespace?: string): Stored<T> | undefined {
    return this.#objects.get(namespace ? `${namespace}/${name}` : name)
  }

  byKey(key: string): Stored<T> | undefined {
    return this.#objects.get(key)
  }

  list(namespace?: string): readonly Stored<T>[] {
    return namespace === undefined ? [...this.#objects.values()] : this.byIndex('namespace', namespace)
  }

  byIndex(name: string, value: string): readonly Stored<T>[] {
    const index = this.#indexes.get(name) ?? this.#standardIndex(name)
    const found = index.objects.get(value)
    return found ? [...found.values()] : []
  }

  countByIndex(name: string, value: string): number {
    const index = this.#indexes.get(name) ?? this.#standardIndex(name)
    return index.objects.get(value)?.size ?? 0
  }

  controlledBy(uid: string): readonly Stored<T>[] {
    return this.byIndex('controllerUid', uid)
  }

  /** Adding an index that exists is a mistake unless it is the same function. */
  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    const existing = this.#indexes.get(name)
    if (existing?.valuesOf === valuesOf) return
    if (existing) throw new Error(`index ${name} exists with another meaning`)
    const index: Index<T> = { valuesOf, objects: new Map() }
    for (const [key, object] of this.#objects) insert(index, key, object)
    this.#indexes.set(name, index)
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys()
  }

  set(object: Stored<T>): void {
    const key = objectKey(object)
    const old = this.#objects.get(key)
    this.#objects.set(key, object)
    for (const index of this.#indexes.values()) {
      if (old) remove(index, key, old)
      insert(index, key, object)
    }
  }

  delete(key: string): void {
    const old = this.#objects.get(key)
    if (!old) return
    this.#objects.delete(key)
    for (const index of this.#indexes.values()) remove(index, key, old)
  }

  #standardIndex(name: string): Index<T> {
    const valuesOf = Object.hasOwn(standardIndexes, name) ? standardIndexes[name] : undefined
    if (!valuesOf) throw new Error(`there is no index ${name}`)
    this.addIndex(name, valuesOf)
    return this.#indexes.get(name)!
  }
}

function insert<T extends KubeObject>(index: Index<T>, key: string, object: Stored<T>): void {
  for (const value of index.valuesOf(object)) {
    const objects = index.objects.get(value)
    if (objects) objects.set(key, object)
    else index.objects.set(value, new Map([[key, object]]))
  }
}

function remove<T extends KubeObject>(index: Index<T>, key: string, object: Stored<T>): void {
  for (const value of index.valuesOf(object)) {
    const objects = index.objects.get(value)
    objects?.delete(key)
    if (objects?.size === 0) index.objects.delete(value)
  }
}
