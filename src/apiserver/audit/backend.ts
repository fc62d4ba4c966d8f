/** What happens to audit events: who takes them, in which modes, and how many of them are held. */
import { withTaskGroup } from '#base/task-group.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { AuditMetrics } from './audit-metrics.ts'
import { renderEvent, type AuditEvent } from './event.ts'

export interface AuditBackend {
  /** False: the events could not be stored. Never rejects. */
  process(events: readonly AuditEvent[]): boolean | Promise<boolean>
  /** What goes on beside requests, until aborted; then what is held is sent, within a limit. */
  run?(signal: AbortSignal): Promise<void>
}

/** Blocking, but a failure does not harm the request (`blocking`; without this it is `blocking-strict`). */
export function ignoreFailures(backend: AuditBackend): AuditBackend {
  return {
    run: (signal) => runOf(backend, signal),
    process(events) {
      const stored = backend.process(events)
      return stored instanceof Promise ? stored.then(() => true) : true
    },
  }
}

/** Every event goes to all. */
export function uniteBackends(backends: readonly AuditBackend[]): AuditBackend {
  if (backends.length === 1) return backends[0]!
  return {
    async process(events) {
      const stored = await Promise.all(backends.map((backend) => backend.process(events)))
      return stored.every(Boolean)
    },
    run: (signal) => withTaskGroup(signal, async (group) => {
      for (const backend of backends) group.start((inner) => runOf(backend, inner))
      await group.settled()
    }),
  }
}

function runOf(backend: AuditBackend, signal: AbortSignal): Promise<void> {
  return backend.run?.(signal) ?? Promise.resolve()
}

export interface TruncateLimits {
  /** Bytes of one event; larger ones lose their objects, and are dropped when that is not enough. */
  readonly maxEventBytes: number
  readonly maxBatchBytes: number
}

const truncatedKey = 'audit.k8s.io/truncated'

/** Hands events on in batches of limited size; too large ones lose their objects, or are dropped. */
export function truncateEvents(
  backend: AuditBackend, { maxEventBytes, maxBatchBytes }: TruncateLimits, log: Log, metrics: AuditMetrics,
): AuditBackend {
  return {
    run: (signal) => runOf(backend, signal),
    process(events) {
      const batches: AuditEvent[][] = []
      let batchBytes = Infinity
      for (const given of events) {
        let event = given
        let bytes = sizeOf(event)
        if (bytes > maxEventBytes && (event.requestObject || event.responseObject)) {
          event = truncate(event)
          bytes = sizeOf(event)
        }
        if (bytes > maxEventBytes) {
          metrics.failed('truncate', 1)
          log.error('lost an audit event: it is too large even after truncating', { auditId: event.auditId })
          continue
        }
        if (batchBytes + bytes > maxBatchBytes) {
          batches.push([])
          batchBytes = 0
        }
        batches.at(-1)!.push(event)
        batchBytes += bytes
      }
      if (batches.length <= 1) return batches[0] ? backend.process(batches[0]) : true
      return Promise.all(batches.map((batch) => backend.process(batch))).then((stored) => stored.every(Boolean))
    },
  }
}

function truncate(event: AuditEvent): AuditEvent {
  return {
    ...event, requestObject: undefined, responseObject: undefined,
    annotations: { ...event.annotations, [truncatedKey]: 'true' },
  }
}

const encoder = new TextEncoder()

function sizeOf(event: AuditEvent): number {
  return encoder.encode(renderEvent(event)).length
}

export interface BatchLimits {
  /** So many events are held; further ones are dropped and counted. */
  readonly bufferSize: number
  readonly maxBatchSize: number
  /** An event waits so long for others. */
  readonly maxWaitMs: number
  /** Batches a second, and how many may go at once when there were none for a while. */
  readonly throttle: { readonly qps: number; readonly burst: number } | undefined
  /** Batches that are under way at the same time. */
  readonly maxInFlight: number
}

/** How long the end of the server waits for events that are held. */
const flushMs = 10_000

/** Takes events at once, and sends them in batches beside the requests (`batch`). */
export class BatchingBackend implements AuditBackend {
  readonly #delegate: AuditBackend
  readonly #limits: BatchLimits
  readonly #clock: Clock
  readonly #log: Log
  readonly #metrics: AuditMetrics
  readonly #held: AuditEvent[] = []
  #inFlight = 0
  #dropped = 0
  #wake: () => void = () => {}

  constructor(delegate: AuditBackend, limits: BatchLimits, clock: Clock, log: Log, metrics: AuditMetrics) {
    this.#delegate = delegate
    this.#limits = limits
    this.#clock = clock
    this.#log = log
    this.#metrics = metrics
  }

  process(events: readonly AuditEvent[]): boolean {
    for (const event of events) {
      if (this.#held.length >= this.#limits.bufferSize) {
        this.#metrics.failed('buffered', 1)
        this.#noteDropped()
      } else this.#held.push(event)
    }
    this.#wake()
    return true
  }

  async run(signal: AbortSignal): Promise<void> {
    const { maxBatchSize, maxWaitMs, maxInFlight, throttle } = this.#limits
    const bucket = throttle && new TokenBucket(this.#clock, throttle.qps, throttle.burst)
    while (!signal.aborted) {
      if (this.#held.length === 0 || this.#inFlight >= maxInFlight) {
        await this.#changed(signal)
        continue
      }
      if (this.#held.length < maxBatchSize) await this.#filled(maxWaitMs, signal)
      if (signal.aborted) break
      const waitMs = bucket?.take() ?? 0
      if (waitMs > 0) await this.#clock.sleep(waitMs, signal).catch(() => undefined)
      this.#send()
    }
    await this.#flush()
  }

  #send(): void {
    const batch = this.#held.splice(0, this.#limits.maxBatchSize)
    if (batch.length === 0) return
    this.#inFlight++
    void Promise.resolve(this.#delegate.process(batch)).finally(() => {
      this.#inFlight--
      this.#wake()
    })
  }

  /** Resolves when something is held, or a batch is done. */
  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done)
        this.#wake = () => {}
        resolve()
      }
      this.#wake = done
      signal.addEventListener('abort', done)
      if (signal.aborted) done()
    })
  }

  /** Resolves when a batch is full, or its time is over. */
  async #filled(ms: number, signal: AbortSignal): Promise<void> {
    const over = Promise.withResolvers<void>()
    let isOver = false
    const timer = this.#clock.schedule(ms, () => {
      isOver = true
      over.resolve()
    })
    try {
      while (!isOver && !signal.aborted && this.#held.length < this.#limits.maxBatchSize) {
        await Promise.race([this.#changed(signal), over.promise])
      }
    } finally {
      timer.cancel()
      this.#wake()
    }
  }

  async #flush(): Promise<void> {
    const over = Promise.withResolvers<void>()
    const timer = this.#clock.schedule(flushMs, () => over.resolve())
    while (this.#held.length > 0) this.#send()
    const stop = new AbortController()
    const sent = (async () => { while (this.#inFlight > 0) await this.#changed(stop.signal) })()
    await Promise.race([sent, over.promise])
    stop.abort()
    timer.cancel()
  }

  /** Told for the first, and then ever more rarely. */
  #noteDropped(): void {
    this.#dropped++
    if ((this.#dropped & (this.#dropped - 1)) === 0) {
      this.#log.error('lost audit events: the buffer was full', { lost: this.#dropped })
    }
  }
}

/** So many a second, and a few at once after a pause. */
class TokenBucket {
  readonly #clock: Clock
  readonly #perMs: number
  readonly #burst: number
  #tokens: number
  #at: number

  constructor(clock: Clock, qps: number, burst: number) {
    this.#clock = clock
    this.#perMs = qps / 1000
    this.#burst = burst
    this.#tokens = burst
    this.#at = clock.monotonic()
  }

  /** Takes one; gives how many milliseconds to wait first. */
  take(): number {
    const now = this.#clock.monotonic()
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs) - 1
    this.#at = now
    return this.#tokens >= 0 ? 0 : -this.#tokens / this.#perMs
  }
}
