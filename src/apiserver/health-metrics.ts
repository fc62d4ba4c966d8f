/** What health checks have found (`/metrics/slis`, KEP-3466), in Prometheus' text format. */
import { formatLabels, NumberFamily } from './metric-families.ts'

export class HealthMetrics {
  readonly #last = new NumberFamily(
    'kubernetes_healthcheck', 'gauge', '[STABLE] This metric records the result of a single healthcheck.')
  readonly #all = new NumberFamily(
    'kubernetes_healthchecks_total', 'counter', '[STABLE] This metric records the results of all healthcheck.')

  checked(name: string, type: string, isWell: boolean): void {
    this.#last.set(formatLabels({ name, type }), isWell ? 1 : 0)
    this.#all.add(formatLabels({ name, status: isWell ? 'success' : 'error', type }))
  }

  render(): string {
    const lines: string[] = []
    this.#last.render(lines)
    this.#all.render(lines)
    return lines.map((line) => `${line}\n`).join('')
  }
}
