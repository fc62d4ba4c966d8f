/** Figures that are counted as they happen, each by its labels, in Prometheus' text format as Go's client writes it. */

/** Label sets beyond this are counted nowhere: paths are the client's choice, memory is ours. */
const maxSeries = 5_000

/** One histogram: counts are by bucket, not yet summed up. */
export interface HistogramSeries {
  count: number
  sum: number
  readonly counts: number[]
}

export class HistogramFamily {
  readonly #name: string
  readonly #help: string
  readonly #buckets: readonly number[]
  readonly #series = new Map<string, HistogramSeries>()

  /** `help`: with upstream's word for its stability. `buckets`: upper bounds, in order. */
  constructor(name: string, help: string, buckets: readonly number[]) {
    this.#name = name
    this.#help = help
    this.#buckets = buckets
  }

  /** The series with these labels, as they stand between braces; who counts often keeps it. */
  series(labels: string): HistogramSeries {
    let series = this.#series.get(labels)
    if (!series) {
      series = { count: 0, sum: 0, counts: this.#buckets.map(() => 0) }
      if (this.#series.size < maxSeries) this.#series.set(labels, series)
    }
    return series
  }

  /** Shows another family's series under these labels as well: one thing that has two names. */
  share(labels: string, series: HistogramSeries): void {
    if (this.#series.size < maxSeries) this.#series.set(labels, series)
  }

  observe(series: HistogramSeries, value: number, times = 1): void {
    series.count += times
    series.sum += value * times
    const bucket = this.#buckets.findIndex((limit) => value <= limit)
    if (bucket >= 0) series.counts[bucket]! += times
  }

  reset(): void {
    this.#series.clear()
  }

  /** Nothing where nothing was counted. */
  render(lines: string[]): void {
    if (this.#series.size === 0) return
    const name = this.#name
    lines.push(`# HELP ${name} ${this.#help}`, `# TYPE ${name} histogram`)
    for (const [labels, { count, sum, counts }] of this.#series) {
      const comma = labels === '' ? '' : ','
      const own = labels === '' ? '' : `{${labels}}`
      let below = 0
      for (const [index, limit] of this.#buckets.entries()) {
        below += counts[index]!
        lines.push(`${name}_bucket{${labels}${comma}le="${formatFloat(limit)}"} ${below}`)
      }
      lines.push(
        `${name}_bucket{${labels}${comma}le="+Inf"} ${count}`, `${name}_sum${own} ${sum}`, `${name}_count${own} ${count}`,
      )
    }
  }
}

export class NumberFamily {
  readonly #name: string
  readonly #help: string
  readonly #type: 'counter' | 'gauge'
  readonly #values = new Map<string, number>()

  constructor(name: string, type: 'counter' | 'gauge', help: string) {
    this.#name = name
    this.#type = type
    this.#help = help
  }

  add(labels: string, value = 1): void {
    const before = this.#values.get(labels)
    if (before === undefined && this.#values.size >= maxSeries) return
    this.#values.set(labels, (before ?? 0) + value)
  }

  set(labels: string, value: number): void {
    if (this.#values.has(labels) || this.#values.size < maxSeries) this.#values.set(labels, value)
  }

  reset(): void {
    if (this.#type === 'counter') this.#values.clear()
  }

  render(lines: string[]): void {
    if (this.#values.size === 0) return
    lines.push(`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} ${this.#type}`)
    for (const [labels, value] of this.#values) lines.push(`${this.#name}${labels === '' ? '' : `{${labels}}`} ${value}`)
  }
}

export function formatLabels(values: Readonly<Record<string, string>>): string {
  return Object.entries(values).map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, '')}"`).join(',')
}

/** As Go writes the bounds of buckets: with an exponent from a million on, and below a ten-thousandth. */
export function formatFloat(value: number): string {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (value === 0 || (power >= -4 && power < 6)) return String(value)
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}
