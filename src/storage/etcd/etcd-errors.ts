/** What an error of an etcd means for the request that got it. */
import { rpcCode, RpcError } from '#world/rpc.ts'
import { Compacted, FutureRevision, StoreFull, StoreRefused, StoreUnavailable, type Revision } from '../store.ts'
import { etcdErrorText } from './messages/errors.ts'

/**
 * - `refused`: it was not carried out, and never will be as it is.
 * - `later`: it was not carried out; the same member may do so in a moment.
 * - `elsewhere`: nobody knows whether it was, or will be, carried out; another member may know more. A lost connection,
 *   a member without a leader, a leader that changed, a time that ran out.
 */
export type Failure = 'refused' | 'later' | 'elsewhere'

/** Other errors than RpcError are bugs, and thrown again. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof RpcError)) throw error
  switch (error.code) {
    case rpcCode.resourceExhausted:
      return error.message === etcdErrorText('tooManyRequests') ? 'later' : 'refused'
    case rpcCode.unavailable:
    case rpcCode.deadlineExceeded:
    case rpcCode.cancelled:
    case rpcCode.aborted:
    case rpcCode.internal:
    case rpcCode.unknown:
      return 'elsewhere'
    default:
      return 'refused'
  }
}

/** The error as users of a store know it. `revisions` are for those that name one. */
export function storeErrorOf(
  error: unknown, revisions: { readonly newest: Revision; readonly compacted: Revision },
): Error {
  if (!(error instanceof RpcError)) return error instanceof Error ? error : new Error(String(error))
  const options = { cause: error }
  switch (error.message) {
    case etcdErrorText('noSpace'): return new StoreFull(error.message, options)
    case etcdErrorText('compacted'): return new Compacted(revisions.compacted)
    case etcdErrorText('futureRevision'): return new FutureRevision(revisions.newest)
  }
  if (error.code === rpcCode.permissionDenied || error.code === rpcCode.unauthenticated) {
    return new StoreRefused(`etcd does not let this server in: ${error.message}`, options)
  }
  return failureOf(error) === 'refused'
    ? new StoreRefused(error.message, options)
    : new StoreUnavailable(error.message, options)
}
