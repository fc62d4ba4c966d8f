/** Datagrams and streams: what the cluster's DNS listens on and asks others through. */
import type { RawConnection } from './http.ts'

export interface Sockets {
  /** Rejects with a sentence that names address and port when they are taken. `receive` must not throw. */
  listenDatagrams(at: Endpoint, receive: (message: Uint8Array, from: Endpoint) => void): Promise<DatagramSocket>
  /** Each connection is handed over once; whoever takes it ends it. */
  listenStreams(at: Endpoint, accept: (connection: RawConnection) => void): Promise<StreamListener>
  /**
   * Sends one datagram from a fresh random port and resolves with the first answer for which `isAnswer` holds.
   * Rejects after `timeoutMs`.
   */
  exchangeDatagram(
    to: Endpoint,
    message: Uint8Array,
    isAnswer: (message: Uint8Array) => boolean,
    timeoutMs: number,
  ): Promise<Uint8Array>
  connect(to: Endpoint, timeoutMs: number): Promise<RawConnection>
}

export interface Endpoint {
  readonly address: string
  readonly port: number
}

export interface DatagramSocket extends AsyncDisposable {
  readonly port: number
  send(message: Uint8Array, to: Endpoint): void
}

export interface StreamListener extends AsyncDisposable {
  readonly port: number
}
