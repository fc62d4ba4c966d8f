/**
 * The way between a client and the API server, as unreliable as a network: delays, losses before and after the deed,
 * refusals, broken watches.
 */
import { expired, internalError, modified, serviceUnavailable, tooManyRequests } from '#machinery/errors/api-error.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { ApiCall, ObjectList, Transport, WatchEvent } from '#client/transport.ts'
import type { Clock } from '#world/clock.ts'
import type { SeededRandom } from '../random.ts'
import { ConnectionLost } from '../process.ts'

/** Probabilities, each for one call or one batch of a watch. All zero: a perfect network. */
export interface NetworkFaults {
  /** Milliseconds, at most, of a usual delay; one call in a hundred takes a hundred times as long. */
  readonly latencyMs: number
  readonly lossBefore: number
  readonly lossAfter: number
  /** 429, 500, 503, and 409 for writes. */
  readonly refusal: number
  readonly watchClosed: number
  readonly watchLost: number
  readonly watchExpired: number
}

export const perfectNetwork: NetworkFaults = {
  latencyMs: 0, lossBefore: 0, lossAfter: 0, refusal: 0, watchClosed: 0, watchLost: 0, watchExpired: 0,
}

export interface FaultyTransportOptions {
  readonly clock: Clock
  readonly random: SeededRandom
  /** Asked before each call: faults come and go. */
  readonly faults: () => NetworkFaults
  readonly onFault: (what: string) => void
  /** How the client waits for the other side, which may go away. */
  readonly guard: <T>(promise: Promise<T>) => Promise<T>
}

type Answer = KubeObject | ObjectList<KubeObject>

export function faultyTransport(transport: Transport, options: FaultyTransportOptions): Transport {
  const { random, faults, onFault, guard } = options
  const strike = (probability: number): boolean => probability > 0 && random.chance(probability)

  return {
    async call(call, callOptions): Promise<Answer> {
      const { lossBefore, lossAfter, refusal } = faults()
      await delay(options, callOptions?.signal)
      if (strike(lossBefore)) {
        onFault(`lost the request ${describe(call)}`)
        throw new ConnectionLost('read ECONNRESET')
      }
      if (strike(refusal)) {
        const error = refuse(call, random)
        onFault(`refused ${describe(call)} with ${error.code}`)
        throw error
      }
      const answer = await guard(transport.call(call, callOptions))
      await delay(options, callOptions?.signal)
      if (strike(lossAfter)) {
        onFault(`lost the answer to ${describe(call)}`)
        throw new ConnectionLost('read ECONNRESET')
      }
      return answer
    },
    async document(path, documentOptions) {
      await delay(options, documentOptions?.signal)
      if (strike(faults().lossBefore)) {
        onFault(`lost the request for ${path}`)
        throw new ConnectionLost('read ECONNRESET')
      }
      return await guard(transport.document(path, documentOptions))
    },
    async *watch(path, watchOptions, signal): AsyncGenerator<readonly WatchEvent<KubeObject>[]> {
      await delay(options, signal)
      const end = new AbortController()
      const what = `the watch of ${path.resource}`
      try {
        const either = AbortSignal.any([signal, end.signal])
        const stream = transport.watch(path, watchOptions, either)[Symbol.asyncIterator]()
        for (;;) {
          const step = await guard(stream.next())
          if (step.done) return
          await delay(options, signal)
          const { watchClosed, watchLost, watchExpired } = faults()
          if (strike(watchClosed)) {
            onFault(`closed ${what}`)
            return
          }
          if (strike(watchLost)) {
            onFault(`lost ${what}`)
            throw new ConnectionLost('read ECONNRESET')
          }
          if (strike(watchExpired)) {
            onFault(`expired ${what}`)
            throw expired('The resourceVersion for the provided watch is too old.')
          }
          yield step.value
        }
      } finally {
        end.abort()
      }
    },
  }
}

async function delay(
  { clock, random, faults }: FaultyTransportOptions, signal: AbortSignal | undefined,
): Promise<void> {
  const { latencyMs } = faults()
  if (latencyMs === 0) return
  const factor = random.chance(0.01) ? 100 : 1
  await clock.sleep(random.next() * latencyMs * factor, signal)
}

function refuse(call: ApiCall, random: SeededRandom): ReturnType<typeof modified> {
  const isWrite = call.verb === 'update' || call.verb === 'patch'
  const { group, resource, name = '' } = call.path
  switch (random.below(isWrite ? 4 : 3)) {
    case 0: return tooManyRequests('the server has received too many requests and has asked us to try again later', 1)
    case 1: return internalError('etcdserver: request timed out')
    case 2: return serviceUnavailable('the server is currently unable to handle the request')
    default: return modified({ group, resource }, name)
  }
}

function describe({ verb, path }: ApiCall): string {
  const name = [path.namespace, path.name].filter((part) => part).join('/')
  return `${verb} ${path.resource}${path.subresource ? `/${path.subresource}` : ''}${name === '' ? '' : ` ${name}`}`
}
