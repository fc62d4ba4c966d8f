/** etcd's KV service over a keyspace. */
import { etcdError } from '#storage/etcd/messages/errors.ts'
import {
  compactionRequest,
  deleteRangeRequest,
  deleteRangeResponse,
  putRequest,
  putResponse,
  rangeRequest,
  txnRequest,
  txnResponse,
  type TxnRequest,
} from '#storage/etcd/messages/kv.ts'
import { method } from '#storage/etcd/messages/method.ts'
import type { RpcAnswer } from '#world/rpc.ts'
import { checkDeleteRange, checkPut, checkRange, checkTxn } from './check-requests.ts'
import type { Readable } from './interval.ts'
import { rangeAnswer } from './range-answer.ts'
import { selectRange } from './range.ts'
import { asEtcdError, checkSize, decodeRequest, type EtcdContext, type EtcdService } from './service.ts'
import { decideDelete, decidePut, decideTxn, type ReadAt } from './transaction.ts'

export function kvService(context: EtcdContext): EtcdService {
  const { keyspace, headers, limits } = context

  async function range(bytes: Uint8Array): Promise<RpcAnswer> {
    const request = decodeRequest(rangeRequest, bytes)
    checkRange(request)
    const { revision } = request
    const view = revision <= 0 ? keyspace.current() : await keyspace.read(revision)
    const result = selectRange(view, request)
    // Of the newest revision, also when an older one was asked for.
    return rangeAnswer(headers.bytes(keyspace.revision), result, request.keysOnly)
  }

  async function put(bytes: Uint8Array): Promise<Uint8Array> {
    checkSize(bytes, limits)
    const request = decodeRequest(putRequest, bytes)
    checkPut(request)
    const { result, revision } = await keyspace.transact((state) => decidePut(state, request))
    return result.prevKv ? headers.answer(revision, putResponse, result) : headers.bytes(revision)
  }

  async function deleteRange(bytes: Uint8Array): Promise<Uint8Array> {
    checkSize(bytes, limits)
    const request = decodeRequest(deleteRangeRequest, bytes)
    checkDeleteRange(request)
    const { result, revision } = await keyspace.transact((state) => decideDelete(state, request))
    return headers.answer(revision, deleteRangeResponse, result)
  }

  async function txn(bytes: Uint8Array): Promise<Uint8Array> {
    const request = decodeRequest(txnRequest, bytes)
    checkTxn(request, limits.txnOperations)
    if (!isReadOnly(request)) checkSize(bytes, limits)
    const readAt = await readersOf(request)
    const { result, revision } = await keyspace.transact((state) => decideTxn(state, request, readAt))
    return headers.answer(revision, txnResponse, result)
  }

  /** A decision waits for nothing, so what it may have to read of the past is fetched before. */
  async function readersOf(request: TxnRequest): Promise<ReadAt> {
    const views = new Map<number, Readable | { readonly error: unknown }>()
    for (const revision of pastRevisions(request)) {
      try {
        views.set(revision, await keyspace.read(revision))
      } catch (error) {
        views.set(revision, { error: asEtcdError(error) })
      }
    }
    return (revision) => {
      const view = views.get(revision)
      if (!view) throw etcdError('futureRevision')
      if ('error' in view) throw view.error
      return view
    }
  }

  async function compact(bytes: Uint8Array): Promise<Uint8Array> {
    const { revision } = decodeRequest(compactionRequest, bytes)
    if (revision > keyspace.revision) throw etcdError('futureRevision')
    if (revision <= compactedBy(keyspace.compactedRevision)) throw etcdError('compacted')
    await keyspace.compact(revision)
    return headers.bytes(keyspace.revision)
  }

  return {
    unary: {
      [method.range]: range,
      [method.put]: put,
      [method.deleteRange]: deleteRange,
      [method.txn]: txn,
      [method.compact]: compact,
    },
  }
}

/** The first revision is where a store begins; there is nothing before it, but etcd lets it be compacted once. */
function compactedBy(compactedRevision: number): number {
  return compactedRevision <= 1 ? 0 : compactedRevision
}

function isReadOnly({ success, failure }: TxnRequest): boolean {
  return [...success, ...failure].every(({ requestRange, requestTxn }) =>
    requestRange !== undefined || (requestTxn !== undefined && isReadOnly(requestTxn)))
}

function pastRevisions({ success, failure }: TxnRequest): Set<number> {
  const revisions = new Set<number>()
  for (const { requestRange, requestTxn } of [...success, ...failure]) {
    if (requestRange && requestRange.revision > 0) revisions.add(requestRange.revision)
    if (requestTxn) for (const revision of pastRevisions(requestTxn)) revisions.add(revision)
  }
  return revisions
}
