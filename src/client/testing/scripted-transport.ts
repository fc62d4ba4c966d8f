/** A transport whose answers a test writes by hand: for faults that a healthy API server does not show. */
import { AsyncQueue } from '#base/async-queue.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { ApiCall, ObjectList, Transport, WatchEvent, WatchOptions } from '../transport.ts'

export interface ScriptedWatch {
  readonly options: WatchOptions
  readonly signal: AbortSignal
  send(...events: WatchEvent<KubeObject>[]): void
  end(): void
  fail(error: unknown): void
}

export interface ScriptedTransport extends Transport {
  /** Every call so far, in order. */
  readonly calls: ApiCall[]
  /** Every watch that was opened, in order. */
  readonly watches: ScriptedWatch[]
}

/** `answer` gives the result of a call, or throws. */
export function createScriptedTransport(
  answer: (call: ApiCall) => KubeObject | ObjectList<KubeObject>,
): ScriptedTransport {
  const calls: ApiCall[] = []
  const watches: ScriptedWatch[] = []
  return {
    calls,
    watches,
    async call(call) {
      calls.push(call)
      return answer(call)
    },
    watch(_path, options, signal) {
      const queue = new AsyncQueue<readonly WatchEvent<KubeObject>[]>(1000)
      signal.addEventListener('abort', () => queue.end(), { once: true })
      watches.push({
        options, signal,
        send: (...events) => queue.push(events),
        end: () => queue.end(),
        fail: (error) => queue.fail(error),
      })
      return queue
    },
    document: (path) => Promise.reject(new Error(`nothing is scripted for ${path}`)),
  }
}
