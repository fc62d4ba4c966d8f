/** A gRPC connection in the simulation: slow, cut off, hanging, and carrying out requests after they were given up. */
import { AsyncQueue } from '#base/async-queue.ts'
import type { Clock } from '#world/clock.ts'
import { rpcCode, RpcError, type RpcAnswer, type RpcChannel, type RpcHandler, type RpcStream } from '#world/rpc.ts'

/**
 * What becomes of a call:
 * - `answered`: what should;
 * - `lost`: it never arrives, and the caller is told that the connection was lost;
 * - `unanswered`: it is carried out, and the caller is told the same;
 * - `hanging`: it never arrives, and nobody is told anything;
 * - `late`: nobody is told anything, and long after the caller has given up it is carried out.
 */
export type CallFate = 'answered' | 'lost' | 'unanswered' | 'hanging' | 'late'

export interface SimChannelOptions {
  readonly handler: RpcHandler
  readonly clock: Clock
  /** Asked for each call. */
  readonly fate: (method: string) => CallFate
  /** Asked for each message. */
  readonly delayMs: () => number
  /** How late a late call is. */
  readonly lateMs: () => number
}

export interface SimChannel extends RpcChannel {
  /** Ends all streams as a lost connection does. */
  cut(): void
  /** While true, streams bring nothing. */
  isStalled: boolean
}

const queuedMax = 100_000
const stallLookMs = 50

export function createSimChannel(options: SimChannelOptions): SimChannel {
  const { handler, clock, fate, delayMs, lateMs } = options
  const cuts = new Set<() => void>()
  const lost = (): RpcError => new RpcError(rpcCode.unavailable, 'the connection was lost')
  const carryOut = async (method: string, request: Uint8Array): Promise<Uint8Array> => {
    const serve = handler.unary(method)
    if (!serve) throw new RpcError(rpcCode.unimplemented, `unknown method ${method}`)
    return joined(await serve(request, { method, metadata: {}, signal: new AbortController().signal }))
  }
  const channel: SimChannel = {
    isStalled: false,
    cut: () => { for (const cut of cuts) cut() },
    async unary(method, request, signal) {
      // What happens to a call is not for its caller to hurry or to stop.
      const course = async (): Promise<Uint8Array> => {
        await pause(clock, delayMs())
        switch (fate(method)) {
          case 'lost': throw lost()
          case 'hanging': return await new Promise<never>(() => {})
          case 'unanswered':
            await carryOut(method, request)
            throw lost()
          case 'late':
            await clock.sleep(lateMs())
            await carryOut(method, request)
            return await new Promise<never>(() => {})
          case 'answered': {
            const answer = await carryOut(method, request)
            await pause(clock, delayMs())
            return answer
          }
        }
      }
      return await untilAborted(course(), signal)
    },
    stream(method, signal) {
      const serve = handler.streaming(method)
      if (!serve) throw new RpcError(rpcCode.unimplemented, `unknown method ${method}`)
      const life = new AbortController()
      const toServer = new AsyncQueue<Uint8Array>(queuedMax)
      const toClient = new AsyncQueue<Uint8Array>(queuedMax)
      const end = (error: RpcError | undefined): void => {
        cuts.delete(cut)
        life.abort(error)
        toServer.end()
        if (error) toClient.fail(error)
        else toClient.end()
      }
      const cut = (): void => end(lost())
      cuts.add(cut)
      const abort = (): void => end(new RpcError(rpcCode.cancelled, 'context canceled'))
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true })
      serve({
        method, metadata: {}, signal: life.signal, received: toServer,
        send: async (message) => { await toClient.put(message, life.signal) },
      }).then(() => end(undefined), (error: unknown) => end(error instanceof RpcError ? error : lost()))
      return clientSide(toServer, toClient, channel, { clock, delayMs, end, life: life.signal })
    },
    async [Symbol.asyncDispose]() {
      channel.cut()
    },
  }
  return channel
}

function clientSide(
  toServer: AsyncQueue<Uint8Array>, toClient: AsyncQueue<Uint8Array>, channel: SimChannel,
  { clock, delayMs, end, life }: {
    readonly clock: Clock
    readonly delayMs: () => number
    readonly end: (error: RpcError | undefined) => void
    readonly life: AbortSignal
  },
): RpcStream {
  return {
    async send(message) {
      if (!await toServer.put(message)) throw new RpcError(rpcCode.unavailable, 'the connection was lost')
    },
    end: () => toServer.end(),
    received: {
      async *[Symbol.asyncIterator]() {
        try {
          for await (const message of toClient) {
            await pause(clock, delayMs())
            while (channel.isStalled && !life.aborted) await clock.sleep(stallLookMs)
            if (life.aborted) throw life.reason
            yield message
          }
        } finally {
          end(undefined)
        }
      },
    },
  }
}

/** A pause of nothing is none: the real clock would make a millisecond of it. */
async function pause(clock: Clock, ms: number): Promise<void> {
  if (ms > 0) await clock.sleep(ms)
}

function joined(answer: RpcAnswer): Uint8Array {
  if (answer instanceof Uint8Array) return answer
  const bytes = new Uint8Array(answer.length)
  let at = 0
  for (const chunk of answer.chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const given = (): RpcError => signal.reason instanceof RpcError
    ? signal.reason
    : new RpcError(rpcCode.cancelled, 'context canceled')
  if (signal.aborted) return Promise.reject(given())
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(given())
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
