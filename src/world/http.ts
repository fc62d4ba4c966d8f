/** HTTP as the API server sees it: a function from request to response, no sockets. */

export interface HttpRequest {
  readonly method: string
  /** Percent-encoded, without the query. */
  readonly path: string
  /** Without the question mark; empty when there is none. */
  readonly query: string
  /** Names in lower case; repeated headers joined with ", ". */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Reads the whole body. Rejects with an ApiError 413 beyond `limitBytes`, before more than that is held. */
  readBody(limitBytes: number): Promise<Uint8Array>
  /**
   * The body as it comes, instead of `readBody`: the client is asked to wait while nobody takes the next chunk. Throws
   * an ApiError 408 when the client sends nothing for long, 400 when it goes away.
   */
  streamBody(): AsyncIterable<Uint8Array>
  readonly peer: Peer
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal
  /** Present when the client asked for `Connection: Upgrade`. */
  readonly upgrade: UpgradeRequest | undefined
}

export interface Peer {
  readonly address: string
  /** A client certificate that the TLS layer has verified against the client CA. */
  readonly certificate: PeerCertificate | undefined
  /** A client certificate that was verified against the front-proxy ("requestheader") CA. Never both. */
  readonly frontProxyCertificate?: PeerCertificate | undefined
  /** Why the certificate that the client sent was not accepted; such a client is refused, never anonymous. */
  readonly certificateError?: string | undefined
}

export interface PeerCertificate {
  readonly commonName: string
  readonly organizations: readonly string[]
  /** SHA-256 of the whole certificate, in lower case hexadecimal. */
  readonly fingerprint: string
  /**
   * Milliseconds since the epoch. A connection may outlive its certificate, so whoever authenticates checks it again.
   */
  readonly notAfter: number
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: HttpBody
}

export type HttpBody =
  | { readonly type: 'none' }
  /** Written in one go, with a Content-Length. */
  | { readonly type: 'bytes'; readonly chunks: readonly Uint8Array[] }
  /** Written as they come, each flushed; the writer waits for a slow reader before it takes the next. */
  | {
      readonly type: 'stream'
      readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
      /** The same bytes for a writer that has memory of its own: it reads these, and leaves `chunks` alone. */
      readonly source?: ByteSource
    }
  /** The response was made on the raw connection (websocket, SPDY); nothing more to write. */
  | { readonly type: 'upgraded' }

/** Bytes that are made in the place from which they are sent. */
export interface ByteSource {
  /**
   * Writes what comes next to the beginning of `target`, which is not empty. Gives its length; 0: that was all;
   * undefined: there is nothing for now, and `wake` will tell when that changes.
   */
  read(target: Uint8Array): number | undefined
  /** Comes first, where it is there. Without it there is always something, or an end. */
  begin?(wake: () => void): void
  /** Nobody reads any more. */
  end?(): void
}

/** A client that wants another protocol on this connection. */
export interface UpgradeRequest {
  /** `websocket` or `SPDY/3.1`, as the client spelled it. */
  readonly protocol: string
  /** Takes the raw connection over; from then on the server writes the status line itself. */
  accept(): RawConnection
}

/** A two-way stream of bytes. */
export interface RawConnection {
  readonly received: AsyncIterable<Uint8Array>
  write(bytes: Uint8Array): Promise<void>
  /** No more will be written. */
  end(): void
  /** Both directions, at once. */
  destroy(): void
}

/** Outgoing requests: kubelet probes, the API server's way to a kubelet, webhooks, a remote API server. */
export interface HttpClient {
  request(request: OutgoingRequest, signal: AbortSignal): Promise<IncomingResponse>
  /** Sends an upgrade request; gives the raw connection after a 101, or the plain response otherwise. */
  upgrade(request: OutgoingRequest, signal: AbortSignal): Promise<
    { readonly type: 'upgraded'; readonly head: IncomingHead; readonly connection: RawConnection }
    | { readonly type: 'refused'; readonly response: IncomingResponse }>
}

export interface OutgoingRequest {
  readonly method: string
  readonly url: string
  /** A list: the header is repeated. Characters stand for bytes. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** Chunks are asked for as the server takes them. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>
  /** How long the connection and then the headers of the answer may take together. Default: the client's own limit. */
  readonly answerMs?: number
  /** PEM; absent: the system's roots. `insecure` skips verification, as kubelet's HTTPS probes do. */
  readonly tls?: {
    readonly ca?: string
    readonly certificate?: string
    readonly key?: string
    readonly insecure?: boolean
    readonly serverName?: string
  }
}

export interface IncomingHead {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
}

export interface IncomingResponse extends IncomingHead {
  readonly chunks: AsyncIterable<Uint8Array>
  /** The whole body; rejects beyond `limitBytes`. */
  readBody(limitBytes: number): Promise<Uint8Array>
}
