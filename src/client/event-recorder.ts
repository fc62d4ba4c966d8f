/** Writes core/v1 Events without making anyone wait: what happened to an object, for people to read. */
import { AsyncQueue } from '#base/async-queue.ts'
import { ApiError, isReason } from '#machinery/errors/api-error.ts'
import { formatApiVersion } from '#machinery/meta/group-version.ts'
import type { DeepReadonly, KubeObject } from '#machinery/meta/object.ts'
import type { Kind } from '#machinery/schema/define-kind.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import { createClient, type KindClient } from './client.ts'
import {
  EventCorrelator,
  type CoreEvent,
  type EventType,
  type ObjectReference,
  type Occurrence,
} from './event-correlator.ts'
import type { Transport } from './transport.ts'

export interface EventRecorder {
  /** Never fails and never waits; events beyond the queue's limit are dropped and counted. */
  record(about: ObjectReference, type: EventType, reason: string, message: string): void
  /** Resolves when everything recorded so far was sent or given up. */
  flushed(): Promise<void>
  readonly statistics: { readonly sent: number; readonly dropped: number }
  /** Writes until the signal aborts. */
  run(signal: AbortSignal): Promise<void>
}

export interface EventRecorderOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** `deployment-controller`, `kubelet`, … */
  readonly component: string
  /** The node, for components that run on one. */
  readonly host?: string
}

const queueLimit = 1000
const triesMax = 12
const retryMs = 10_000
/** metav1 says 1024 bytes; longer ones are refused by the server. */
const messageLengthMax = 1024

const eventResource = { group: '', version: 'v1', resource: 'events' }

/** Names an object of a kind in an event. */
export function referenceTo<T extends KubeObject>(
  kind: Pick<Kind<T>, 'group' | 'kind' | 'preferredVersion'>, object: DeepReadonly<KubeObject>, fieldPath?: string,
): ObjectReference {
  const { name = '', namespace, uid, resourceVersion } = object.metadata ?? {}
  return {
    kind: kind.kind, namespace, name, uid,
    apiVersion: formatApiVersion({ group: kind.group, version: kind.preferredVersion.version }),
    resourceVersion, ...(fieldPath !== undefined && { fieldPath }),
  }
}

interface Pending extends Occurrence {
  readonly at: number
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { clock, component, host = '' } = options
  const client = createClient(options.transport)
  const log = options.log.named('events')
  const correlator = new EventCorrelator()
  const queue = new AsyncQueue<Pending>(queueLimit)
  const counts = { sent: 0, dropped: 0 }
  let unfinished = 0
  let idle: (() => void)[] = []

  const finish = (): void => {
    unfinished--
    if (unfinished > 0) return
    for (const resolve of idle) resolve()
    idle = []
  }

  async function send(pending: Pending, signal: AbortSignal): Promise<void> {
    const namespace = pending.about.namespace || 'default'
    const events = client.resource<CoreEvent>(eventResource, namespace)
    const correlated = correlator.correlate(pending, clock.monotonic())
    if (correlated.type === 'drop') {
      counts.dropped++
      return
    }
    const bumped = correlated.type === 'bump' ? correlated : undefined
    const event = draftEvent(pending, {
      namespace,
      message: correlated.message,
      component,
      host,
      suffix: nameSuffix(pending.at, options.random),
      count: bumped?.count ?? 1,
    })
    for (let attempt = 1; ; attempt++) {
      try {
        const saved = await write(events, event, bumped?.name, signal)
        correlator.recorded(correlated.key, saved.metadata.name, saved.count)
        counts.sent++
        return
      } catch (error) {
        if (signal.aborted || !isWorthRetrying(error) || attempt >= triesMax) {
          counts.dropped++
          const fields = { reason: event.reason, about: pending.about.name, error: String(error) }
          // Nothing can be said any more in a namespace that goes away, and the same event twice says nothing new.
          if (isExpected(error) || signal.aborted) log.debug('gave an event up', fields)
          else log.warn('gave an event up', fields)
          return
        }
      }
      await clock.sleep(attempt === 1 ? retryMs * options.random.next() : retryMs, signal).catch(() => undefined)
    }
  }

  return {
    record(about, type, reason, message) {
      const clipped = message.length > messageLengthMax ? message.slice(0, messageLengthMax) : message
      if (queue.tryPush({ about, type, reason, message: clipped, at: clock.now() })) unfinished++
      else counts.dropped++
    },
    flushed: () => (unfinished === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve))),
    statistics: counts,
    async run(signal) {
      const end = (): void => queue.end()
      if (signal.aborted) end()
      else signal.addEventListener('abort', end, { once: true })
      for await (const pending of queue) {
        if (!signal.aborted) await send(pending, signal)
        finish()
      }
    },
  }
}

/** Bumps the count of an event that exists, or creates it (again, if it has expired meanwhile). */
async function write(
  events: KindClient<CoreEvent>,
  event: CoreEvent,
  existing: string | undefined,
  signal: AbortSignal,
) {
  if (existing !== undefined) {
    try {
      const { count, lastTimestamp, message } = event
      return await events.patch(existing, 'strategic', { count, lastTimestamp, message }, { signal })
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error
    }
  }
  return await events.create(event, { signal })
}

/**
 * The server answered and will answer the same again, or it did not answer (then hold everything while we keep trying).
 */
function isWorthRetrying(error: unknown): boolean {
  return !(error instanceof ApiError) || error.code >= 500 || error.code === 429
}

function isExpected(error: unknown): boolean {
  return (
    isReason(error, 'AlreadyExists')
    || (error instanceof ApiError
      && (error.status.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating'))
  )
}

interface DraftOptions {
  readonly namespace: string
  readonly message: string
  readonly component: string
  readonly host: string
  readonly suffix: string
  readonly count: number
}

function draftEvent(
  { about, type, reason, at }: Pending,
  { namespace, message, component, host, suffix, count }: DraftOptions,
): CoreEvent {
  const timestamp = `${new Date(at).toISOString().slice(0, 19)}Z`
  return {
    apiVersion: 'v1', kind: 'Event',
    metadata: { name: `${about.name}.${suffix}`, namespace },
    involvedObject: about, type, reason, message,
    source: { component, ...(host && { host }) },
    reportingComponent: component, reportingInstance: host,
    firstTimestamp: timestamp, lastTimestamp: timestamp, count,
  }
}

/** Upstream's names end in the time in nanoseconds, in hex; chance stands in for what our clock cannot resolve. */
function nameSuffix(nowMs: number, random: Random): string {
  return (BigInt(Math.trunc(nowMs)) * 1_000_000n + BigInt(Math.trunc(random.next() * 1_000_000))).toString(16)
}
