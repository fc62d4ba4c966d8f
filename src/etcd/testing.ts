/** An etcd without a network, for tests: calls are function calls, and time passes when it is told to. */
import { AsyncQueue } from '#base/async-queue.ts'
import { decode, encode, type MessageType, type Partially } from '#storage/etcd/messages/message-type.ts'
import { openVolatileStore } from '#storage/embedded/volatile-store.ts'
import type { Keyspace } from '#storage/keyspace.ts'
import type { Clock } from '#world/clock.ts'
import { silentLog } from '#world/log.ts'
import type { RpcHandler } from '#world/rpc.ts'
import { etcdHandler } from './etcd-handler.ts'
import { deriveMember } from './member.ts'
import type { EtcdLimits } from './service.ts'

export interface TestEtcd {
  readonly keyspace: Keyspace
  readonly handler: RpcHandler
  /** Calls what was to be called within so long, in its order. */
  pass(ms: number): void
  call<Request, Response>(
    path: string, requestType: MessageType<Request>, request: Partially<Request>, responseType: MessageType<Response>,
  ): Promise<Response>
  stream(path: string): TestStream
}

/** One call with streams, from the client's side. */
export interface TestStream {
  send<Request>(type: MessageType<Request>, request: Partially<Request>): void
  end(): void
  /** The next answer. Rejects once the call has ended. */
  next<Response>(type: MessageType<Response>): Promise<Response>
  /** From now on nothing is taken, until `take`. */
  hold(): void
  take(): void
  cancel(): void
  readonly ended: Promise<void>
}

const streamLimit = 1_000_000

/** Over an empty keyspace, or over one that is there. */
export function testEtcd(limits: Partial<EtcdLimits> = {}, original?: Keyspace): TestEtcd {
  const { clock, pass } = testClock()
  const keyspace = original ?? openVolatileStore({ clock })
  const member = deriveMember({
    name: 'default', clientUrls: [], peerUrls: ['http://localhost:2380'], clusterToken: 'etcd-cluster',
  })
  const handler = etcdHandler({ keyspace, member, clock, log: silentLog, limits })
  return {
    keyspace,
    handler,
    pass,
    async call(path, requestType, request, responseType) {
      const { signal } = new AbortController()
      const answer = await handler.unary(path)!(encode(requestType, request), { method: path, metadata: {}, signal })
      if (answer instanceof Uint8Array) return decode(responseType, answer)
      const whole = new Uint8Array(answer.length)
      let at = 0
      for (const chunk of answer.chunks) {
        whole.set(chunk, at)
        at += chunk.length
      }
      return decode(responseType, whole)
    },
    stream: (path) => openStream(handler, path),
  }
}

function openStream(handler: RpcHandler, path: string): TestStream {
  const requests = new AsyncQueue<Uint8Array>(streamLimit)
  const answers = new AsyncQueue<Uint8Array>(streamLimit)
  const taken = answers[Symbol.asyncIterator]()
  const leaving = new AbortController()
  let held: PromiseWithResolvers<void> | undefined
  const ended = handler.streaming(path)!({
    method: path,
    metadata: {},
    signal: leaving.signal,
    received: requests,
    async send(message) {
      answers.push(message)
      await held?.promise
    },
  }).finally(() => answers.end())
  ended.catch(() => undefined)
  return {
    ended,
    send: (type, request) => requests.push(encode(type, request)),
    end: () => requests.end(),
    async next(type) {
      const { value, done } = await taken.next()
      if (done === true) throw new Error('the call has ended')
      return decode(type, value)
    },
    hold() { held = Promise.withResolvers() },
    take() {
      held?.resolve()
      held = undefined
    },
    cancel() {
      leaving.abort()
      requests.end()
    },
  }
}

function testClock(): { readonly clock: Clock; pass(ms: number): void } {
  let now = 0
  let scheduled: { readonly at: number; readonly callback: () => void }[] = []
  const schedule: Clock['schedule'] = (ms, callback) => {
    const timer = { at: now + ms, callback }
    scheduled.push(timer)
    return { cancel() { scheduled = scheduled.filter((each) => each !== timer) } }
  }
  return {
    clock: {
      now: () => now,
      monotonic: () => now,
      schedule,
      sleep: (ms) => new Promise((resolve) => { schedule(ms, resolve) }),
    },
    pass(ms) {
      const until = now + ms
      for (;;) {
        const next = scheduled.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0]
        if (!next) break
        scheduled = scheduled.filter((each) => each !== next)
        now = Math.max(now, next.at)
        next.callback()
      }
      now = until
    },
  }
}
