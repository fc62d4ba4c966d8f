/** etcd's Watch service. */
import { keyValue, responseHeader, type KeyValue, type ResponseHeader } from './kv.ts'
import { messageType } from './message-type.ts'

/** One of three. */
export interface WatchRequest {
  readonly createRequest: WatchCreateRequest | undefined
  readonly cancelRequest: WatchCancelRequest | undefined
  readonly progressRequest: object | undefined
}

export const filterType = { noPut: 0, noDelete: 1 } as const

export interface WatchCreateRequest {
  readonly key: string
  readonly rangeEnd: string
  /** The first revision that is told; 0: what comes from now on. */
  readonly startRevision: number
  readonly progressNotify: boolean
  readonly filters: readonly number[]
  readonly prevKv: boolean
  /** 0: the server chooses. */
  readonly watchId: number
  readonly fragment: boolean
}

const watchCreateRequest = messageType<WatchCreateRequest>({
  key: [1, 'key'],
  rangeEnd: [2, 'key'],
  startRevision: [3, 'int'],
  progressNotify: [4, 'bool'],
  filters: [5, 'int', 'repeated'],
  prevKv: [6, 'bool'],
  watchId: [7, 'int'],
  fragment: [8, 'bool'],
})

export interface WatchCancelRequest {
  readonly watchId: number
}

const watchCancelRequest = messageType<WatchCancelRequest>({ watchId: [1, 'int'] })
const watchProgressRequest = messageType<object>({})

export const watchRequest = messageType<WatchRequest>({
  createRequest: [1, () => watchCreateRequest],
  cancelRequest: [2, () => watchCancelRequest],
  progressRequest: [3, () => watchProgressRequest],
})

export const eventType = { put: 0, delete: 1 } as const

/** `mvccpb.Event`. Of a deletion, `kv` has only the key and, as modRevision, the revision of the deletion. */
export interface WatchEvent {
  readonly type: number
  readonly kv: KeyValue | undefined
  readonly prevKv: KeyValue | undefined
}

export const watchEvent = messageType<WatchEvent>({
  type: [1, 'int'], kv: [2, () => keyValue], prevKv: [3, () => keyValue],
})

export interface WatchResponse {
  readonly header: ResponseHeader | undefined
  /** -1: the answer is about no watch that is open, or about all of them. */
  readonly watchId: number
  readonly created: boolean
  readonly canceled: boolean
  readonly compactRevision: number
  readonly cancelReason: string
  /** More responses follow for the same revision. */
  readonly fragment: boolean
  readonly events: readonly WatchEvent[]
}

export const watchResponse = messageType<WatchResponse>({
  header: [1, () => responseHeader],
  watchId: [2, 'int'],
  created: [3, 'bool'],
  canceled: [4, 'bool'],
  compactRevision: [5, 'int'],
  cancelReason: [6, 'text'],
  fragment: [7, 'bool'],
  events: [11, () => watchEvent, 'repeated'],
})
