/** What priority and fairness counts of each flow, with upstream's names. */
import { formatLabels, HistogramFamily, NumberFamily, type HistogramSeries } from '../metric-families.ts'

/** Which flow it is, as far as figures tell. */
export interface MeasuredFlow {
  readonly flowSchema: string
  readonly priorityLevel: string
}

const waitBuckets = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]

export type Rejection = 'queue-full' | 'concurrency-limit' | 'time-out' | 'cancelled'

const prefix = 'apiserver_flowcontrol'

export class FlowMetrics {
  readonly #executingSeats = new NumberFamily(`${prefix}_current_executing_seats`, 'gauge',
    '[BETA] Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage '
      + 'otherwise) requests in the API Priority and Fairness subsystem')
  readonly #executingRequests = new NumberFamily(`${prefix}_current_executing_requests`, 'gauge',
    '[BETA] Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage in the API Priority and '
      + 'Fairness subsystem')
  readonly #waitingRequests = new NumberFamily(`${prefix}_current_inqueue_requests`, 'gauge',
    '[BETA] Number of requests currently pending in queues of the API Priority and Fairness subsystem')
  readonly #waitingSeats = new NumberFamily(`${prefix}_current_inqueue_seats`, 'gauge',
    '[ALPHA] Number of seats currently pending in queues of the API Priority and Fairness subsystem')
  readonly #dispatched = new NumberFamily(`${prefix}_dispatched_requests_total`, 'counter',
    '[BETA] Number of requests executed by API Priority and Fairness subsystem')
  readonly #rejected = new NumberFamily(`${prefix}_rejected_requests_total`, 'counter',
    '[BETA] Number of requests rejected by API Priority and Fairness subsystem')
  readonly #waits = new HistogramFamily(`${prefix}_request_wait_duration_seconds`,
    '[BETA] Length of time a request spent waiting in its queue', waitBuckets)
  readonly #executions = new HistogramFamily(`${prefix}_request_execution_seconds`,
    '[ALPHA] Duration of initial stage (for a WATCH) or any (for a non-WATCH) stage of request execution in the API '
      + 'Priority and Fairness subsystem', waitBuckets)
  readonly #labels = new Map<string, string>()
  readonly #series = new Map<string, HistogramSeries>()

  waits(flow: MeasuredFlow, seats: number, delta: 1 | -1): void {
    const labels = this.#labelsOf(flow)
    this.#waitingRequests.add(labels, delta)
    this.#waitingSeats.add(labels, seats * delta)
  }

  /** The wait is over: it runs, or is refused. */
  waited(flow: MeasuredFlow, execute: boolean, durationMs: number): void {
    this.#observe(this.#waits, flow, `execute="${execute}",`, '', durationMs)
  }

  began(flow: MeasuredFlow, seats: number): void {
    const labels = this.#labelsOf(flow)
    this.#dispatched.add(labels)
    this.#executingRequests.add(labels)
    this.#executingSeats.add(labels, seats)
  }

  ended(flow: MeasuredFlow, seats: number, type: 'regular' | 'watch', durationMs: number): void {
    const labels = this.#labelsOf(flow)
    this.#executingRequests.add(labels, -1)
    this.#executingSeats.add(labels, -seats)
    this.#observe(this.#executions, flow, '', `,type="${type}"`, durationMs)
  }

  refused(flow: MeasuredFlow, reason: Rejection): void {
    this.#rejected.add(`${this.#labelsOf(flow)},reason="${reason}"`)
  }

  render(): string {
    const lines: string[] = []
    const families = [
      this.#executingSeats, this.#executingRequests, this.#waitingRequests, this.#waitingSeats, this.#dispatched,
      this.#rejected, this.#waits, this.#executions,
    ]
    for (const family of families) family.render(lines)
    return lines.map((line) => `${line}\n`).join('')
  }

  #observe(family: HistogramFamily, flow: MeasuredFlow, before: string, after: string, durationMs: number): void {
    const key = `${before}${this.#labelsOf(flow)}${after}`
    let series = this.#series.get(key)
    if (!series) this.#series.set(key, series = family.series(key))
    family.observe(series, durationMs / 1000)
  }

  #labelsOf({ flowSchema, priorityLevel }: MeasuredFlow): string {
    const key = `${flowSchema}\n${priorityLevel}`
    let labels = this.#labels.get(key)
    if (labels === undefined) {
      labels = formatLabels({ flow_schema: flowSchema, priority_level: priorityLevel })
      this.#labels.set(key, labels)
    }
    return labels
  }
}
