/** Reads of the newest objects straight from the store, by kind and name, for what works inside the server. */
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { Entry } from '#storage/store.ts'
import type { RestContext } from './context.ts'
import { loadLean } from './forms.ts'
import { collectionRange, objectKeyInStore } from './keys.ts'

interface KindName {
  readonly group: string
  readonly plural: string
}

export interface NewestObjects {
  get<T extends KubeObject>(kind: KindName, namespace: string, name: string): Stored<T> | undefined
  list<T extends KubeObject>(kind: KindName, namespace: string): readonly Stored<T>[]
}

/** In the stored version, without managedFields. A kind that nobody serves has no objects. */
export function readerOf({ kinds, store }: Pick<RestContext, 'kinds' | 'store'>): NewestObjects {
  return {
    get<T extends KubeObject>({ group, plural }: KindName, namespace: string, name: string) {
      const resource = kinds.findStored(group, plural)
      const entry = resource && store.current().get(objectKeyInStore(resource.kind, namespace, name))
      return entry && loadLean<T>(resource.kind, entry)
    },
    list<T extends KubeObject>({ group, plural }: KindName, namespace: string) {
      const resource = kinds.findStored(group, plural)
      if (!resource) return []
      const entries = store.current().list(collectionRange(resource.kind, namespace))
      if (entries.length === 0) return none
      return decodedOf(resource.kind, entries) as readonly Stored<T>[]
    },
  }
}

const none: readonly never[] = []
/** By kind, as several kinds may be views of the same objects. A store gives the same list while nothing changes. */
const decoded = new WeakMap<AnyKind, WeakMap<readonly Entry[], readonly Stored<KubeObject>[]>>()

function decodedOf(kind: AnyKind, entries: readonly Entry[]): readonly Stored<KubeObject>[] {
  let known = decoded.get(kind)
  if (!known) decoded.set(kind, known = new WeakMap())
  let objects = known.get(entries)
  if (!objects) known.set(entries, objects = entries.map((entry) => loadLean(kind, entry)))
  return objects
}
