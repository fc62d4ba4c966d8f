/**
 * Keeps events from flooding: same ones are counted, similar ones combined, noisy sources cut off (client-go's
 * EventCorrelator).
 */
import type { KubeObject } from '#machinery/meta/object.ts'

/** What an event is about. */
export interface ObjectReference {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string | undefined
  readonly name: string
  readonly uid?: string | undefined
  readonly resourceVersion?: string | undefined
  /** For example `spec.containers{web}`. */
  readonly fieldPath?: string | undefined
}

export type EventType = 'Normal' | 'Warning'

/** core/v1 Event, as far as recorders fill it in. */
export interface CoreEvent extends KubeObject {
  involvedObject: ObjectReference
  type: EventType
  reason: string
  message: string
  source: { readonly component: string; readonly host?: string }
  reportingComponent: string
  reportingInstance: string
  firstTimestamp: string
  lastTimestamp: string
  count: number
}

/** What came in, before it has a name and a count. */
export interface Occurrence {
  readonly about: ObjectReference
  readonly type: EventType
  readonly reason: string
  readonly message: string
}

export type Correlated =
  | { readonly type: 'drop' }
  | { readonly type: 'create'; readonly key: string; readonly message: string }
  | {
      readonly type: 'bump'
      readonly key: string
      readonly name: string
      readonly count: number
      readonly message: string
    }

interface Aggregate {
  readonly messages: Set<string>
  lastMs: number
}
interface Bucket {
  tokens: number
  lastMs: number
}

const cacheEntriesMax = 4096
const similarMax = 10
const similarIntervalMs = 600_000
const spamBurst = 25
const spamRefillMs = 300_000

export class EventCorrelator {
  readonly #aggregates = new LimitedMap<Aggregate>(cacheEntriesMax)
  readonly #observed = new LimitedMap<{ readonly name: string; readonly count: number }>(cacheEntriesMax)
  readonly #buckets = new LimitedMap<Bucket>(cacheEntriesMax)

  /** `nowMs` may be any clock that does not go back. */
  correlate(occurrence: Occurrence, nowMs: number): Correlated {
    const { about, type, reason } = occurrence
    const object = [about.kind, about.namespace, about.name, about.uid, about.apiVersion].join('|')
    const similar = [object, type, reason].join('|')
    const combined = this.#combine(similar, occurrence.message, nowMs)
    const key = combined ? similar : [object, about.fieldPath, type, reason, occurrence.message].join('|')
    const message = combined ? `(combined from similar events): ${occurrence.message}` : occurrence.message
    const earlier = this.#observed.get(key)
    if (earlier) this.#observed.set(key, { ...earlier, count: earlier.count + 1 })
    if (!this.#takeToken(object, nowMs)) return { type: 'drop' }
    return earlier
      ? { type: 'bump', key, name: earlier.name, count: earlier.count + 1, message }
      : { type: 'create', key, message }
  }

  /** What the server has now; the next occurrence with that key bumps it. */
  recorded(key: string, name: string, count: number): void {
    this.#observed.set(key, { name, count })
  }

  #combine(key: string, message: string, nowMs: number): boolean {
    let aggregate = this.#aggregates.get(key)
    if (!aggregate || nowMs - aggregate.lastMs > similarIntervalMs) aggregate = { messages: new Set(), lastMs: nowMs }
    aggregate.messages.add(message)
    aggregate.lastMs = nowMs
    this.#aggregates.set(key, aggregate)
    if (aggregate.messages.size < similarMax) return false
    // Room for the next distinct message, so that the set never grows beyond the threshold.
    const first = aggregate.messages.values().next()
    if (!first.done) aggregate.messages.delete(first.value)
    return true
  }

  #takeToken(key: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(key) ?? { tokens: spamBurst, lastMs: nowMs }
    bucket.tokens = Math.min(spamBurst, bucket.tokens + (nowMs - bucket.lastMs) / spamRefillMs)
    bucket.lastMs = nowMs
    const allowed = bucket.tokens >= 1
    if (allowed) bucket.tokens -= 1
    this.#buckets.set(key, bucket)
    return allowed
  }
}

/** A map that forgets what was used longest ago. */
class LimitedMap<V> {
  readonly #limit: number
  readonly #entries = new Map<string, V>()
  constructor(limit: number) { this.#limit = limit }

  get(key: string): V | undefined {
    return this.#entries.get(key)
  }

  set(key: string, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#limit) return
    const oldest = this.#entries.keys().next()
    if (!oldest.done) this.#entries.delete(oldest.value)
  }
}
