/** etcd's KV service: ranges, puts, deletions, transactions, compaction. */
import { messageType, type MessageType } from './message-type.ts'

export interface ResponseHeader {
  readonly clusterId: bigint
  readonly memberId: bigint
  readonly revision: number
  readonly raftTerm: number
}

export const responseHeader = messageType<ResponseHeader>({
  clusterId: [1, 'ulong'], memberId: [2, 'ulong'], revision: [3, 'int'], raftTerm: [4, 'int'],
})

/** `mvccpb.KeyValue`; an entry of a keyspace can be encoded as one. */
export interface KeyValue {
  readonly key: string
  readonly createRevision: number
  readonly modRevision: number
  readonly value: Uint8Array
  readonly version: number
  readonly lease: bigint
}

export const keyValue = messageType<KeyValue>({
  key: [1, 'key'],
  createRevision: [2, 'int'],
  modRevision: [3, 'int'],
  version: [4, 'int'],
  value: [5, 'bytes'],
  lease: [6, 'long'],
})

export const sortOrder = { none: 0, ascend: 1, descend: 2 } as const
export const sortTarget = { key: 0, version: 1, create: 2, mod: 3, value: 4 } as const

export interface RangeRequest {
  readonly key: string
  /** Empty: only `key`. `\0`: everything from `key` on. */
  readonly rangeEnd: string
  /** 0: all. */
  readonly limit: number
  /** 0 or less: the newest. */
  readonly revision: number
  readonly sortOrder: number
  readonly sortTarget: number
  readonly serializable: boolean
  readonly keysOnly: boolean
  readonly countOnly: boolean
  readonly minModRevision: number
  readonly maxModRevision: number
  readonly minCreateRevision: number
  readonly maxCreateRevision: number
}

export const rangeRequest = messageType<RangeRequest>({
  key: [1, 'key'],
  rangeEnd: [2, 'key'],
  limit: [3, 'int'],
  revision: [4, 'int'],
  sortOrder: [5, 'int'],
  sortTarget: [6, 'int'],
  serializable: [7, 'bool'],
  keysOnly: [8, 'bool'],
  countOnly: [9, 'bool'],
  minModRevision: [10, 'int'],
  maxModRevision: [11, 'int'],
  minCreateRevision: [12, 'int'],
  maxCreateRevision: [13, 'int'],
})

export interface RangeResponse {
  readonly header: ResponseHeader | undefined
  readonly kvs: readonly KeyValue[]
  readonly more: boolean
  readonly count: number
}

export const rangeResponse = messageType<RangeResponse>({
  header: [1, () => responseHeader], kvs: [2, () => keyValue, 'repeated'], more: [3, 'bool'], count: [4, 'int'],
})

export interface PutRequest {
  readonly key: string
  readonly value: Uint8Array
  readonly lease: bigint
  readonly prevKv: boolean
  readonly ignoreValue: boolean
  readonly ignoreLease: boolean
}

export const putRequest = messageType<PutRequest>({
  key: [1, 'key'],
  value: [2, 'bytes'],
  lease: [3, 'long'],
  prevKv: [4, 'bool'],
  ignoreValue: [5, 'bool'],
  ignoreLease: [6, 'bool'],
})

export interface PutResponse {
  readonly header: ResponseHeader | undefined
  readonly prevKv: KeyValue | undefined
}

export const putResponse = messageType<PutResponse>({
  header: [1, () => responseHeader], prevKv: [2, () => keyValue],
})

export interface DeleteRangeRequest {
  readonly key: string
  readonly rangeEnd: string
  readonly prevKv: boolean
}

export const deleteRangeRequest = messageType<DeleteRangeRequest>({
  key: [1, 'key'], rangeEnd: [2, 'key'], prevKv: [3, 'bool'],
})

export interface DeleteRangeResponse {
  readonly header: ResponseHeader | undefined
  readonly deleted: number
  readonly prevKvs: readonly KeyValue[]
}

export const deleteRangeResponse = messageType<DeleteRangeResponse>({
  header: [1, () => responseHeader], deleted: [2, 'int'], prevKvs: [3, () => keyValue, 'repeated'],
})

/** One of four. */
export interface RequestOp {
  readonly requestRange: RangeRequest | undefined
  readonly requestPut: PutRequest | undefined
  readonly requestDeleteRange: DeleteRangeRequest | undefined
  readonly requestTxn: TxnRequest | undefined
}

const requestOp: MessageType<RequestOp> = messageType<RequestOp>({
  requestRange: [1, () => rangeRequest],
  requestPut: [2, () => putRequest],
  requestDeleteRange: [3, () => deleteRangeRequest],
  requestTxn: [4, () => txnRequest],
})

/** One of four. */
export interface ResponseOp {
  readonly responseRange: RangeResponse | undefined
  readonly responsePut: PutResponse | undefined
  readonly responseDeleteRange: DeleteRangeResponse | undefined
  readonly responseTxn: TxnResponse | undefined
}

const responseOp: MessageType<ResponseOp> = messageType<ResponseOp>({
  responseRange: [1, () => rangeResponse],
  responsePut: [2, () => putResponse],
  responseDeleteRange: [3, () => deleteRangeResponse],
  responseTxn: [4, () => txnResponse],
})

export const compareResult = { equal: 0, greater: 1, less: 2, notEqual: 3 } as const
export const compareTarget = { version: 0, create: 1, mod: 2, value: 3, lease: 4 } as const

export interface Compare {
  readonly result: number
  readonly target: number
  readonly key: string
  /** Of these five, the one that `target` names. */
  readonly version: number
  readonly createRevision: number
  readonly modRevision: number
  readonly value: Uint8Array
  readonly lease: bigint
  readonly rangeEnd: string
}

export const compare = messageType<Compare>({
  result: [1, 'int'],
  target: [2, 'int'],
  key: [3, 'key'],
  version: [4, 'int'],
  createRevision: [5, 'int'],
  modRevision: [6, 'int'],
  value: [7, 'bytes'],
  lease: [8, 'long'],
  rangeEnd: [64, 'key'],
})

export interface TxnRequest {
  readonly compare: readonly Compare[]
  readonly success: readonly RequestOp[]
  readonly failure: readonly RequestOp[]
}

export const txnRequest: MessageType<TxnRequest> = messageType<TxnRequest>({
  compare: [1, () => compare, 'repeated'],
  success: [2, () => requestOp, 'repeated'],
  failure: [3, () => requestOp, 'repeated'],
})

export interface TxnResponse {
  readonly header: ResponseHeader | undefined
  readonly succeeded: boolean
  readonly responses: readonly ResponseOp[]
}

export const txnResponse: MessageType<TxnResponse> = messageType<TxnResponse>({
  header: [1, () => responseHeader], succeeded: [2, 'bool'], responses: [3, () => responseOp, 'repeated'],
})

export interface CompactionRequest {
  readonly revision: number
  readonly physical: boolean
}

export const compactionRequest = messageType<CompactionRequest>({ revision: [1, 'int'], physical: [2, 'bool'] })

/** The answer to calls that tell nothing else: compaction, revocation, defragmentation and others. */
export interface HeaderResponse {
  readonly header: ResponseHeader | undefined
}

export const headerResponse = messageType<HeaderResponse>({ header: [1, () => responseHeader] })

/** A request that asks for nothing in particular. */
export interface EmptyRequest {}

export const emptyRequest = messageType<EmptyRequest>({})
