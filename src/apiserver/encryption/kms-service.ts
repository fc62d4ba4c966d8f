/** Calls to one KMS plugin, with a limit of time (upstream: kmsv2.gRPCService). */
import { decode, encode } from '#storage/etcd/messages/message-type.ts'
import type { Clock } from '#world/clock.ts'
import { rpcCode, RpcError, type RpcChannel } from '#world/rpc.ts'
import type { EncryptionMetrics } from './encryption-metrics.ts'
import {
  decryptRequest, decryptResponse, encryptRequest, encryptResponse, statusResponse,
  type EncryptResponse, type KeySource, type StatusResponse,
} from './kms-messages.ts'
import { TransformError } from './transformer.ts'

export interface KmsServiceOptions {
  readonly name: string
  readonly channel: RpcChannel
  readonly timeoutMs: number
  readonly clock: Clock
  readonly metrics: EncryptionMetrics
}

/** How soon a plugin that is not there yet is tried again. */
const reconnectMs = 100

/** Tries again while nobody listens, until aborted (gRPC's "wait for ready"): a plugin may start after its server. */
async function whenReady<T>(clock: Clock, signal: AbortSignal, call: (until: AbortSignal) => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call(signal)
    } catch (error) {
      if (!(error instanceof RpcError) || error.code !== rpcCode.unavailable || signal.aborted) throw error
      await clock.sleep(reconnectMs, signal)
    }
  }
}

/** By number. */
const codeNames = [
  'OK', 'Canceled', 'Unknown', 'InvalidArgument', 'DeadlineExceeded', 'NotFound', 'AlreadyExists', 'PermissionDenied',
  'ResourceExhausted', 'FailedPrecondition', 'Aborted', 'OutOfRange', 'Unimplemented', 'Internal', 'Unavailable',
  'DataLoss', 'Unauthenticated',
]
const empty = new Uint8Array(0)

/** Every method rejects with TransformError, in the words of gRPC's client for Go. */
export class KmsService {
  readonly #options: KmsServiceOptions

  constructor(options: KmsServiceOptions) {
    this.#options = options
  }

  async status(signal: AbortSignal): Promise<StatusResponse> {
    return decode(statusResponse, await this.#call('Status', empty, signal))
  }

  async encrypt(uid: string, plaintext: Uint8Array, signal: AbortSignal): Promise<EncryptResponse> {
    return decode(encryptResponse, await this.#call('Encrypt', encode(encryptRequest, { plaintext, uid }), signal))
  }

  /** The key or the seed that the source stands for. */
  async decrypt(uid: string, source: KeySource, signal: AbortSignal): Promise<Uint8Array> {
    const { encryptedSource: ciphertext, keyId, annotations } = source
    const request = encode(decryptRequest, { ciphertext, uid, keyId, annotations })
    return Uint8Array.from(decode(decryptResponse, await this.#call('Decrypt', request, signal)).plaintext)
  }

  async #call(name: string, request: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const { channel, clock, metrics, timeoutMs } = this.#options
    const method = `/v2.KeyManagementService/${name}`
    const begin = clock.monotonic()
    const timeout = new AbortController()
    const timer = clock.schedule(timeoutMs, () => timeout.abort())
    let code = 'OK'
    try {
      return await whenReady(clock, AbortSignal.any([signal, timeout.signal]), (until) =>
        channel.unary(method, request, until))
    } catch (error) {
      const failure = timeout.signal.aborted
        ? new RpcError(rpcCode.deadlineExceeded, 'context deadline exceeded')
        : error instanceof RpcError ? error : new RpcError(rpcCode.unknown, String(error))
      code = codeNames[failure.code] ?? 'Unknown'
      throw new TransformError(`rpc error: code = ${code} desc = ${failure.message}`, code)
    } finally {
      timer.cancel()
      metrics.kmsCall(this.#options.name, method, code, clock.monotonic() - begin)
    }
  }
}
