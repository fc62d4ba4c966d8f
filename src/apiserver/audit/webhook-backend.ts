/** Audit events sent to another server as lists (upstream: plugin/pkg/audit/webhook). */
import { utf8Encode } from '#base/bytes.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import { postToWebhook, retryWebhook, type WebhookTarget } from '../remote-webhook.ts'
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

const timeoutMs = 30_000

/** Whatever goes wrong is tried again: there is hardly a failure of an audit log that lasts. */
export function webhookBackend(options: WebhookBackendOptions): AuditBackend {
  const { target, clock, random, log, metrics, initialBackoffMs } = options
  return {
    async process(events) {
      const body = utf8Encode(renderEventList(events.map((event) => renderEvent(event, true))))
      try {
        await retryWebhook({ clock, random, firstWaitMs: initialBackoffMs, mayPass: () => true }, () =>
          postToWebhook(target, body, timeoutMs, new AbortController().signal))
        return true
      } catch (error) {
        metrics.failed('webhook', events.length)
        log.error('lost audit events: the webhook did not take them', {
          events: events.length, error: error instanceof Error ? error.message : String(error),
        })
        return false
      }
    },
  }
}
