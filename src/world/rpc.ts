/** gRPC as its users see it: methods by path, messages as bytes; who encodes them knows their shape. */

/** The numbers are gRPC's. */
export const rpcCode = {
  ok: 0, cancelled: 1, unknown: 2, invalidArgument: 3, deadlineExceeded: 4, notFound: 5, alreadyExists: 6,
  permissionDenied: 7, resourceExhausted: 8, failedPrecondition: 9, aborted: 10, outOfRange: 11, unimplemented: 12,
  internal: 13, unavailable: 14, dataLoss: 15, unauthenticated: 16,
} as const
export type RpcCode = (typeof rpcCode)[keyof typeof rpcCode]

/** What a call ended with when it is not `ok`; thrown by clients, and by handlers to answer so. */
export class RpcError extends Error {
  readonly code: RpcCode
  constructor(code: RpcCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** One gRPC server as seen by a client. Connects when first used and again after a loss. */
export interface RpcChannel extends AsyncDisposable {
  /** `method` is `/package.Service/Method`. Rejects with RpcError; `unavailable` when there is no connection. */
  unary(method: string, request: Uint8Array, signal: AbortSignal): Promise<Uint8Array>
  /** A call with a stream in both directions. The iteration ends when the server ends the call with `ok`. */
  stream(method: string, signal: AbortSignal): RpcStream
}

export interface RpcStream {
  /** Resolves when there is room for more. Rejects with RpcError once the call has ended. */
  send(message: Uint8Array): Promise<void>
  /** No more will be sent. */
  end(): void
  readonly received: AsyncIterable<Uint8Array>
}

/** Where a channel leads: `unix:///path`, `http://host:port` or `https://host:port`. */
export interface RpcTarget {
  readonly url: string
  /** PEM. */
  readonly tls?: {
    readonly ca?: string
    readonly certificate?: string
    readonly key?: string
    readonly serverName?: string
  }
  /** A larger message from the server is refused with `resourceExhausted`. */
  readonly messageBytesMax: number
}

export interface RpcClient {
  open(target: RpcTarget): RpcChannel
}

/** One call as its server sees it. */
export interface RpcCall {
  readonly method: string
  /** Names in lower case. */
  readonly metadata: Readonly<Record<string, string | undefined>>
  /** Aborted when the client goes away, cancels, or its deadline passes. */
  readonly signal: AbortSignal
  /** A unary call has exactly one. */
  readonly received: AsyncIterable<Uint8Array>
  /** Resolves when there is room for more. */
  send(message: Uint8Array): Promise<void>
}

/** A whole message, or the pieces of a long one, which are asked for as the client takes them. */
export type RpcAnswer = Uint8Array | { readonly length: number; readonly chunks: Iterable<Uint8Array> }

/** Returning ends the call with `ok`, throwing an RpcError with its code; anything else thrown is `unknown`. */
export interface RpcHandler {
  /** Called with the only request of a unary call; undefined when the method is not a unary one. */
  unary(
    method: string,
  ): ((request: Uint8Array, call: Omit<RpcCall, 'received' | 'send'>) => Promise<RpcAnswer>) | undefined
  streaming(method: string): ((call: RpcCall) => Promise<void>) | undefined
}
