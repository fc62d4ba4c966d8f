/** Reads of the newest objects straight from the store, by kind and name, for what works inside the server. */
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
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
      return store.current().list(collectionRange(resource.kind, namespace))
        .map((entry) => loadLean<T>(resource.kind, entry))
    },
  }
}
