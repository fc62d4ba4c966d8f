/** Puts, deletions and whole transactions, decided on the newest state of the keyspace. */
import { etcdError } from '#storage/etcd/messages/errors.ts'
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  KeyValue,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from '#storage/etcd/messages/kv.ts'
import type { Partially } from '#storage/etcd/messages/message-type.ts'
import type { DecidedView, Decision, KeyspaceEntry, Operation } from '#storage/keyspace.ts'
import { comparesHold } from './compare.ts'
import { intervalOf, type Readable } from './interval.ts'
import { selectRange } from './range.ts'
import { WorkingState } from './working-state.ts'

/** Answers without the parts of their headers that are the same everywhere; a revision is filled in already. */
export type PutAnswer = Partially<PutResponse>
export type DeleteAnswer = Partially<DeleteRangeResponse>
export type TxnAnswer = Partially<TxnResponse>

/** Throws RpcError when the lease or, for a request to keep part of it, the key is not there. */
export function decidePut(state: DecidedView, request: PutRequest): Decision<PutAnswer> {
  const { operation, previous } = planPut(state, request)
  return { operations: [operation], result: request.prevKv && previous ? { prevKv: previous } : noAnswer }
}

const noAnswer: PutAnswer = {}

export function decideDelete(state: DecidedView, request: DeleteRangeRequest): Decision<DeleteAnswer> {
  const entries = deletedEntries(state, request)
  return {
    operations: entries.map(({ key }) => ({ type: 'delete', key })),
    result: { deleted: entries.length, ...(request.prevKv && { prevKvs: entries }) },
  }
}

/** Revisions before the newest, for ranges that ask for one. Throws RpcError when it cannot be read any more. */
export type ReadAt = (revision: number) => Readable

/** All comparisons, also those of transactions within, see the state before; operations see those before them. */
export function decideTxn(state: DecidedView, request: TxnRequest, readAt: ReadAt): Decision<TxnAnswer> {
  const working = new WorkingState(state)
  const steps = chooseWay(state, request)
  const answer = execute(steps, { working, readAt })
  return { operations: working.operations(), result: answer }
}

/** A transaction with its way chosen. */
interface Way {
  readonly succeeded: boolean
  readonly steps: readonly { readonly operation: RequestOp; readonly within: Way | undefined }[]
}

function chooseWay(state: Readable, request: TxnRequest): Way {
  const succeeded = comparesHold(state, request)
  const operations = succeeded ? request.success : request.failure
  return {
    succeeded,
    steps: operations.map((operation) => ({
      operation, within: operation.requestTxn && chooseWay(state, operation.requestTxn),
    })),
  }
}

interface Execution {
  readonly working: WorkingState
  readonly readAt: ReadAt
}

function execute(way: Way, execution: Execution): TxnAnswer {
  const responses: Partially<ResponseOp>[] = []
  for (const { operation, within } of way.steps) {
    if (operation.requestRange) responses.push({ responseRange: executeRange(operation.requestRange, execution) })
    else if (operation.requestPut) responses.push({ responsePut: executePut(operation.requestPut, execution) })
    else if (operation.requestDeleteRange) {
      responses.push({ responseDeleteRange: executeDelete(operation.requestDeleteRange, execution) })
    } else if (within) responses.push({ responseTxn: { header: {}, ...execute(within, execution) } })
  }
  return { succeeded: way.succeeded, responses }
}

function executeRange(request: RangeRequest, { working, readAt }: Execution): Partially<RangeResponse> {
  const { revision } = request
  if (revision > working.revisionBefore) throw etcdError('futureRevision')
  const source = revision <= 0 ? working : revision === working.revisionBefore ? working.before : readAt(revision)
  const { entries, more, count } = selectRange(source, request)
  return {
    header: { revision: working.revision },
    kvs: request.keysOnly ? entries.map(withoutValue) : entries,
    more,
    count,
  }
}

function executePut(request: PutRequest, { working }: Execution): PutAnswer {
  const { operation, previous } = planPut(working, request)
  working.put(operation.key, operation.value, operation.lease)
  return { header: { revision: working.revision }, ...(request.prevKv && previous && { prevKv: previous }) }
}

function executeDelete(request: DeleteRangeRequest, { working }: Execution): DeleteAnswer {
  const entries = deletedEntries(working, request)
  for (const { key } of entries) working.delete(key)
  return {
    header: { revision: working.revision },
    deleted: entries.length,
    ...(request.prevKv && { prevKvs: entries }),
  }
}

type Put = Extract<Operation, { readonly type: 'put' }>

function planPut(
  state: Pick<DecidedView, 'get' | 'hasLease'>, request: PutRequest,
): { readonly operation: Put; readonly previous: KeyspaceEntry | undefined } {
  const keepsPart = request.ignoreValue || request.ignoreLease
  if (request.lease !== 0n && !state.hasLease(request.lease)) throw etcdError('leaseNotFound')
  const previous = keepsPart || request.prevKv ? state.get(request.key) : undefined
  if (keepsPart && !previous) throw etcdError('keyNotFound')
  return {
    operation: {
      type: 'put',
      key: request.key,
      value: request.ignoreValue ? previous!.value : request.value,
      lease: request.ignoreLease ? previous!.lease : request.lease,
    },
    previous,
  }
}

function deletedEntries(state: Readable, request: DeleteRangeRequest): readonly KeyspaceEntry[] {
  const interval = intervalOf(request.key, request.rangeEnd)
  if (interval) return state.list(interval)
  const entry = state.get(request.key)
  return entry ? [entry] : []
}

export function withoutValue(entry: KeyValue): Partially<KeyValue> {
  const { key, createRevision, modRevision, version, lease } = entry
  return { key, createRevision, modRevision, version, lease }
}
