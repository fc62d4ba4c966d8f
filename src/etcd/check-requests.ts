/** What is wrong with a request whatever the store holds. All of these throw RpcError with etcd's words. */
import { etcdError } from '#storage/etcd/messages/errors.ts'
import type {
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '#storage/etcd/messages/kv.ts'
import { rangeOf } from './interval.ts'
import { IntervalSet } from './interval-set.ts'

export function checkRange(request: RangeRequest): void {
  if (request.key === '') throw etcdError('emptyKey')
}

export function checkPut(request: PutRequest): void {
  if (request.key === '') throw etcdError('emptyKey')
  if (request.ignoreValue && request.value.length > 0) throw etcdError('valueProvided')
  if (request.ignoreLease && request.lease !== 0n) throw etcdError('leaseProvided')
}

export function checkDeleteRange(request: DeleteRangeRequest): void {
  if (request.key === '') throw etcdError('emptyKey')
}

/** `operationsMax` bounds each of the three lists, and those of transactions within take from what is left. */
export function checkTxn(request: TxnRequest, operationsMax: number): void {
  checkLists(request, operationsMax)
  checkOverlaps(request.success)
  checkOverlaps(request.failure)
}

function checkLists({ compare, success, failure }: TxnRequest, operationsMax: number): void {
  const most = Math.max(compare.length, success.length, failure.length)
  if (most > operationsMax) throw etcdError('tooManyOperations')
  for (const { key } of compare) if (key === '') throw etcdError('emptyKey')
  for (const operation of success) checkOperation(operation, operationsMax - most)
  for (const operation of failure) checkOperation(operation, operationsMax - most)
}

function checkOperation(operation: RequestOp, operationsMax: number): void {
  if (operation.requestRange) checkRange(operation.requestRange)
  else if (operation.requestPut) checkPut(operation.requestPut)
  else if (operation.requestDeleteRange) checkDeleteRange(operation.requestDeleteRange)
  else if (operation.requestTxn) checkLists(operation.requestTxn, operationsMax)
  else throw etcdError('keyNotFound')
}

/** What a list of operations writes. */
interface Writes {
  readonly puts: Set<string>
  readonly deletes: IntervalSet
}

/**
 * No key may be put twice, or put and deleted, by operations that may run together; the two ways of a transaction
 * within never do.
 */
function checkOverlaps(operations: readonly RequestOp[]): Writes {
  const deletes = new IntervalSet()
  for (const { requestDeleteRange } of operations) {
    if (requestDeleteRange) deletes.add(rangeOf(requestDeleteRange.key, requestDeleteRange.rangeEnd))
  }
  const puts = new Set<string>()
  const put = (key: string): void => {
    if (puts.has(key) || deletes.has(key)) throw etcdError('duplicateKey')
    puts.add(key)
  }
  for (const { requestTxn } of operations) {
    if (!requestTxn) continue
    const success = checkOverlaps(requestTxn.success)
    const failure = checkOverlaps(requestTxn.failure)
    for (const key of success.puts) put(key)
    for (const key of failure.puts) if (!success.puts.has(key)) put(key)
    deletes.addAll(success.deletes)
    deletes.addAll(failure.deletes)
  }
  for (const { requestPut } of operations) if (requestPut) put(requestPut.key)
  return { puts, deletes }
}
