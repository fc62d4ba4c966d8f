/** Services and their endpoints as the store has them now, for whoever must reach one outside of a write. */
import { endpointSlice } from '#api/discovery/endpointslice/endpointslice.ts'
import { service } from '#api/core/service/service.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { Store } from '#storage/store.ts'
import { collectionRange, objectKeyInStore } from '../rest/keys.ts'
import { decodeLean } from '../rest/stored-form.ts'
import type { ServiceReader } from './service-endpoint.ts'

interface KindName {
  readonly group: string
  readonly plural: string
}

const kinds: readonly AnyKind[] = [service, endpointSlice]

/** `random` chooses among endpoints. */
export function storedServices(store: Store, random: { next(): number }): ServiceReader {
  const kindOf = ({ group, plural }: KindName): AnyKind => {
    const kind = kinds.find((candidate) => candidate.group === group && candidate.plural === plural)
    if (!kind) throw new Error(`${plural}.${group} are not read here`)
    return kind
  }
  return {
    random,
    get<T extends KubeObject>(kind: KindName, namespace: string, name: string) {
      const entry = store.current().get(objectKeyInStore(kindOf(kind), namespace, name))
      return entry && decodeLean<T>(entry)
    },
    list<T extends KubeObject>(kind: KindName, namespace: string) {
      return [...store.current().list(collectionRange(kindOf(kind), namespace))].map(
        (entry): Stored<T> => decodeLean<T>(entry),
      )
    },
  }
}
