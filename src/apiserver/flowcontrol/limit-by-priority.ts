/** The filter of priority and fairness: every request waits for its turn, or is asked to come again. */
import type { Clock } from '#world/clock.ts'
import type { HttpResponse } from '#world/http.ts'
import { isLongRunning, type Exchange, type Filter } from '../exchange.ts'
import { textResponse } from '../paths.ts'
import type { Classification, FlowController, Turn } from './flow-controller.ts'
import type { FlowMetrics, Rejection } from './flow-metrics.ts'

/** How many objects a list would hold; undefined where that is not known. */
export type CountObjects = (exchange: Exchange) => number | undefined

const retryAfterSeconds = 1

/** Upstream's page for those who are refused. */
function refusal(): HttpResponse {
  const page = textResponse(429, 'Too many requests, please try again later.\n')
  return { ...page, headers: { ...page.headers, 'retry-after': String(retryAfterSeconds) } }
}

/**
 * A watch has its turn until it has begun. Everything else that is long-running, upgraded connections among it, waits
 * for the world and not for us, and has no turn at all. `onChange` is told of requests that begin and end.
 */
export function limitByPriority(
  controller: FlowController, clock: Clock, countObjects: CountObjects,
  onChange: (isRead: boolean, delta: 1 | -1) => void,
): Filter {
  return async (exchange, next) => {
    const { info, request } = exchange
    if ((isLongRunning(info) || request.upgrade) && info.verb !== 'watch') return await next(exchange)
    const flow = exchange.flow = controller.classify(exchange.user, info)
    const { metrics } = controller
    const seats = seatsOf(exchange, countObjects)
    const taken = controller.take(flow, seats, () => exchange.signal)
    const turn = taken instanceof Promise ? await waitFor(exchange, { clock, metrics, flow, seats }, taken) : taken
    if (turn.type === 'refused') {
      metrics.refused(flow, reasonOf(taken, exchange))
      return refusal()
    }
    const begun = clock.monotonic()
    metrics.began(flow, seats)
    const isRead = readVerbs.has(info.verb)
    onChange(isRead, 1)
    try {
      return await next(exchange)
    } finally {
      onChange(isRead, -1)
      metrics.ended(flow, seats, info.verb === 'watch' ? 'watch' : 'regular', clock.monotonic() - begun)
      turn.release()
    }
  }
}

interface Place {
  readonly clock: Clock
  readonly metrics: FlowMetrics
  readonly flow: Classification
  readonly seats: number
}

async function waitFor(exchange: Exchange, { clock, metrics, flow, seats }: Place, turn: Promise<Turn>): Promise<Turn> {
  const begun = clock.monotonic()
  metrics.waits(flow, seats, 1)
  const result = await (exchange.audit?.timed('apf-queue-wait', turn) ?? turn)
  metrics.waits(flow, seats, -1)
  const waitedMs = clock.monotonic() - begun
  metrics.waited(flow, result.type === 'run', waitedMs)
  exchange.waitedMs += waitedMs
  return result
}

/** Who never waited found no place in the queues, or there are none. */
function reasonOf(taken: Turn | Promise<Turn>, { flow, signal }: Exchange): Rejection {
  if (taken instanceof Promise) return signal.aborted ? 'cancelled' : 'time-out'
  return flow?.level.queues ? 'queue-full' : 'concurrency-limit'
}

const readVerbs: ReadonlySet<string> = new Set(['get', 'list', 'watch', 'head', 'options'])

const objectsPerSeat = 100
const maxListSeats = 10

/** A list is worth as many requests as it holds hundreds of objects, up to ten. */
function seatsOf(exchange: Exchange, countObjects: CountObjects): number {
  const { info, request } = exchange
  if (info.verb !== 'list' || (info.type === 'resource' && info.name !== '')) return 1
  const limit = request.query.includes('limit=') ? Number(new URLSearchParams(request.query).get('limit')) || 0 : 0
  const count = countObjects(exchange) ?? 0
  const objects = limit > 0 ? Math.min(limit, count) : count
  return Math.min(maxListSeats, Math.max(1, Math.ceil(objects / objectsPerSeat)))
}
