/** The methods of an etcd that a store calls, each with what goes there and what comes back. */
import {
  compactionRequest,
  emptyRequest,
  headerResponse,
  putRequest,
  putResponse,
  rangeRequest,
  rangeResponse,
  txnRequest,
  txnResponse,
} from './messages/kv.ts'
import { statusResponse } from './messages/maintenance.ts'
import type { MessageType } from './messages/message-type.ts'
import { method } from './messages/method.ts'

export interface EtcdMethod<Request, Response> {
  readonly path: string
  readonly request: MessageType<Request>
  readonly response: MessageType<Response>
}

function define<Request, Response>(
  path: string, request: MessageType<Request>, response: MessageType<Response>,
): EtcdMethod<Request, Response> {
  return { path, request, response }
}

export const range = define(method.range, rangeRequest, rangeResponse)
export const put = define(method.put, putRequest, putResponse)
export const txn = define(method.txn, txnRequest, txnResponse)
export const compact = define(method.compact, compactionRequest, headerResponse)
export const status = define(method.status, emptyRequest, statusResponse)
