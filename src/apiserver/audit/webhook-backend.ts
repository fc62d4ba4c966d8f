/** Audit events sent to another server as lists (upstream: plugin/pkg/audit/webhook). */
import { utf8Encode } from '#base/bytes.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import { postToWebhook, type WebhookTarget } from '../remote-webhook.ts'
import type { AuditMetrics } from './audit-metrics.ts'
import type { AuditBackend } from './backend.ts'
import { renderEvent, renderEventList } from './event.ts'

export interface WebhookBackendOptions {
  readonly target: WebhookTarget
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: AuditMetrics
  readonly initialBackoffMs: number
}

/** Upstream's: so many tries, each wait longer by this factor, and by up to a fifth of itself by chance. */
const tries = 5
const factor = 1.5
const jitter = 0.2
const timeoutMs = 30_000

/** Whatever goes wrong is tried again: there is hardly a failure of an audit log that lasts. */
export function webhookBackend(options: WebhookBackendOptions): AuditBackend {
  const { target, clock, random, log, metrics, initialBackoffMs } = options
  return {
    async process(events) {
      const body = utf8Encode(renderEventList(events.map((event) => renderEvent(event, true))))
      let failure: unknown
      let waitMs = initialBackoffMs
      for (let attempt = 1; attempt <= tries; attempt++) {
        try {
          await postToWebhook(target, body, timeoutMs, new AbortController().signal)
          return true
        } catch (error) {
          failure = error
        }
        if (attempt < tries) await clock.sleep(waitMs * (1 + random.next() * jitter))
        waitMs *= factor
      }
      metrics.failed('webhook', events.length)
      log.error('lost audit events: the webhook did not take them', {
        events: events.length, error: failure instanceof Error ? failure.message : String(failure),
      })
      return false
    },
  }
}
