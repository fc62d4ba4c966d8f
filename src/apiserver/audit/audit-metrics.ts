/** The figures of auditing, with upstream's names, in Prometheus' text format. */
import { metricLines, type Sample } from '../metric-text.ts'
import type { AuditLevel } from './policy.ts'

export class AuditMetrics {
  #events = 0
  #rejected = 0
  readonly #levels = new Map<AuditLevel, number>()
  readonly #failures = new Map<string, number>()

  decided(level: AuditLevel): void {
    this.#levels.set(level, (this.#levels.get(level) ?? 0) + 1)
  }

  made(): void {
    this.#events++
  }

  /** A request that was refused, as its event could not be stored. */
  rejected(): void {
    this.#rejected++
  }

  /** So many events did not get through `plugin`. */
  failed(plugin: string, events: number): void {
    this.#failures.set(plugin, (this.#failures.get(plugin) ?? 0) + events)
  }

  render(): string {
    const lines: string[] = []
    const counter = (name: string, help: string, samples: Iterable<Sample>): void => {
      lines.push(...metricLines(name, 'counter', help, samples))
    }
    counter('apiserver_audit_event_total', '[ALPHA] Counter of audit events generated and sent to the audit backend.',
      [['', this.#events]])
    counter('apiserver_audit_error_total', '[ALPHA] Counter of audit events that failed to be audited properly. '
      + 'Plugin identifies the plugin affected by the error.',
      [...this.#failures].map(([plugin, count]) => [`plugin="${plugin}"`, count]))
    counter('apiserver_audit_level_total', '[ALPHA] Counter of policy levels for audit events (1 per request).',
      [...this.#levels].map(([level, count]) => [`level="${level}"`, count]))
    counter('apiserver_audit_requests_rejected_total',
      '[ALPHA] Counter of apiserver requests rejected due to an error in audit logging backend.',
      [['', this.#rejected]])
    return `${lines.join('\n')}\n`
  }
}
