/** One published number: what was measured, what it is held to, and whether it holds. */

export interface Figure {
  readonly bench: string
  readonly figure: string
  readonly value: number
  readonly unit: string
  /** What it is held to, in the same unit; absent for figures that only give the scale. */
  readonly goal?: number
  readonly better: 'higher' | 'lower'
  /** Absent without a goal. */
  readonly holds?: boolean
}

export type Report = (figure: Figure) => void

/** A reporter for one bench: rounds to four digits and compares with the goal. */
export function figuresOf(bench: string, report: Report) {
  return (figure: string, value: number, unit: string, better: Figure['better'], goal?: number): void => {
    const holds = goal === undefined ? {} : { goal, holds: better === 'higher' ? value >= goal : value <= goal }
    report({ bench, figure, value: Number(value.toPrecision(4)), unit, better, ...holds })
  }
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
