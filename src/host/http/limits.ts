/** Every bound of the HTTP server in one place, with the attack or the client that sets it. */

export interface Limits {
  /** A connection must finish its TLS handshake within this. */
  readonly handshakeMs: number
  /** HTTP/1: all headers must have come within this (slowloris). */
  readonly headersMs: number
  /** A whole request body must have come within this. */
  readonly bodyMs: number
  /** An idle connection is closed after this. client-go keeps idle connections for 90 s, so ours must live longer. */
  readonly idleMs: number
  /** A reader that takes no byte of a pending answer for so long is cut off. */
  readonly stalledReaderMs: number
  /** On close: how long requests in flight may go on. */
  readonly drainMs: number
  /** Go's default; client-go multiplexes everything over one connection. */
  readonly streamsPerConnection: number
  /** Bytes of all request headers together. */
  readonly headerBytes: number
  readonly connections: number
  /** Open connections from one address that is not loopback. */
  readonly connectionsPerAddress: number
  /**
   * Frames that cost us and not the sender (settings, pings, empty data, priorities, resets): so many a second, and as
   * many at once again.
   */
  readonly idleFramesPerSecond: number
  /** HTTP/2 rapid reset: so many resets at once, and so many per second for ever; beyond: GOAWAY. */
  readonly resetBurst: number
  readonly resetRate: number
}

export const defaultLimits: Limits = {
  handshakeMs: 10_000,
  headersMs: 32_000,
  bodyMs: 60_000,
  idleMs: 180_000,
  stalledReaderMs: 60_000,
  drainMs: 5_000,
  streamsPerConnection: 250,
  headerBytes: 64 * 1024,
  connections: 60_000,
  connectionsPerAddress: 8_192,
  idleFramesPerSecond: 2_000,
  resetBurst: 2_000,
  resetRate: 200,
}
