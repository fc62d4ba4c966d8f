/** Audit events as lines of a file (upstream: plugin/pkg/audit/log). */
import { utf8Encode } from '#base/bytes.ts'
import type { Log } from '#world/log.ts'
import type { Output } from '#world/output.ts'
import type { AuditMetrics } from './audit-metrics.ts'
import type { AuditBackend } from './backend.ts'
import { renderEvent, renderLegacy } from './event.ts'

export function logBackend(output: Output, format: 'json' | 'legacy', log: Log, metrics: AuditMetrics): AuditBackend {
  const render = format === 'json' ? renderEvent : renderLegacy
  return {
    async process(events) {
      try {
        await output.write(utf8Encode(events.map((event) => `${render(event)}\n`).join('')))
        return true
      } catch (error) {
        metrics.failed('log', events.length)
        log.error('lost audit events: they could not be written', { events: events.length, error: String(error) })
        return false
      }
    },
  }
}
