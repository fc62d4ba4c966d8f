/** Changes of the keyspace as events of a watch, encoded once for all who watch. */
import { eventType, filterType, watchEvent, type WatchCreateRequest } from '#storage/etcd/messages/watch.ts'
import { encode } from '#storage/etcd/messages/message-type.ts'
import type { StoreEvent } from '#storage/store.ts'
import { keyspaceEntry } from './interval.ts'

/** What a watch wants to be told. */
export interface EventChoice {
  readonly puts: boolean
  readonly deletes: boolean
  readonly previous: boolean
  /** Nothing before this revision. */
  readonly from: number
}

export function eventChoice(request: WatchCreateRequest): EventChoice {
  return {
    puts: !request.filters.includes(filterType.noPut),
    deletes: !request.filters.includes(filterType.noDelete),
    previous: request.prevKv,
    from: request.startRevision,
  }
}

export function isChosen(choice: EventChoice, { type, entry }: StoreEvent): boolean {
  return (type === 'put' ? choice.puts : choice.deletes) && entry.modRevision >= choice.from
}

/** Encodes an event; the same one again (it goes to the next of a thousand watches) costs nothing. */
export class EventEncoder {
  #event: StoreEvent | undefined
  #hasPrevious = false
  #bytes: Uint8Array = new Uint8Array(0)

  encode(event: StoreEvent, withPrevious: boolean): Uint8Array {
    if (this.#event === event && this.#hasPrevious === withPrevious) return this.#bytes
    const previous = withPrevious ? keyspaceEntry(event.previous) : undefined
    const { key, modRevision } = event.entry
    this.#bytes = encode(watchEvent, event.type === 'put'
      ? { type: eventType.put, kv: keyspaceEntry(event.entry), prevKv: previous }
      : { type: eventType.delete, kv: { key, modRevision }, prevKv: previous })
    this.#event = event
    this.#hasPrevious = withPrevious
    return this.#bytes
  }
}
