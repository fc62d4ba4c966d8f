/** What the services of an etcd share, and the shape of each. */
import { Compacted, FutureRevision, StoreFailed, StoreFull } from '#storage/store.ts'
import { ProtobufError } from '#base/protobuf-reader.ts'
import { etcdError } from '#storage/etcd/messages/errors.ts'
import { decode, type MessageType } from '#storage/etcd/messages/message-type.ts'
import type { Keyspace } from '#storage/keyspace.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import { rpcCode, RpcError, type RpcAnswer, type RpcCall } from '#world/rpc.ts'
import type { Headers } from './header.ts'
import type { EtcdMember } from './member.ts'

export interface EtcdContext {
  readonly keyspace: Keyspace
  readonly member: EtcdMember
  readonly headers: Headers
  readonly clock: Clock
  readonly log: Log
  readonly limits: EtcdLimits
}

export interface EtcdLimits {
  /** Operations of one transaction. etcd's `--max-txn-ops`, 128. */
  readonly txnOperations: number
  /** Bytes of a request that writes. etcd's `--max-request-bytes`, 1.5 MiB. */
  readonly requestBytes: number
  /** Watches on one stream; etcd has no such limit. */
  readonly watchesPerStream: number
  /** How often a watch that asked for it is told how far it is when nothing happens. */
  readonly progressMs: number
}

export const defaultEtcdLimits: EtcdLimits = {
  txnOperations: 128,
  requestBytes: 1.5 * 1024 * 1024,
  watchesPerStream: 100_000,
  progressMs: 10 * 60_000,
}

export type UnaryMethod = (request: Uint8Array) => Promise<RpcAnswer>
export type StreamingMethod = (call: RpcCall) => Promise<void>

/** One service's methods by path. */
export interface EtcdService {
  readonly unary?: Readonly<Record<string, UnaryMethod>>
  readonly streaming?: Readonly<Record<string, StreamingMethod>>
}

/** Throws RpcError in grpc-go's words for bytes that are no such message. */
export function decodeRequest<Message>(type: MessageType<Message>, bytes: Uint8Array): Message {
  try {
    return decode(type, bytes)
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error
    throw new RpcError(
      rpcCode.internal, `grpc: error unmarshalling request: ${error.message}`, { cause: error },
    )
  }
}

/** What a request counts for beyond its own bytes in what etcd holds the limit against. */
const requestOverhead = 19

/** For requests that write. */
export function checkSize(request: Uint8Array, limits: EtcdLimits): void {
  if (request.length + requestOverhead > limits.requestBytes) throw etcdError('requestTooLarge')
}

/** In etcd's words, what the store says no with; anything else as it is. */
export function asEtcdError(error: unknown): unknown {
  if (error instanceof Compacted) return etcdError('compacted')
  if (error instanceof FutureRevision) return etcdError('futureRevision')
  if (error instanceof StoreFull) return etcdError('noSpace')
  if (error instanceof StoreFailed) return etcdError('stopped')
  return error
}
