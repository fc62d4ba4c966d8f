/** A campaign is much work of one kind in independent units: a few run with every test, all of them on demand. */

export interface Findings {
  /** How much was looked at and what came of it, under names for people. Added up over all units. */
  readonly counts: Readonly<Record<string, number>>
  /** One sentence for each broken promise; empty when all is well. */
  readonly failures: readonly string[]
  /** What is worth telling of a unit in which all is well. */
  readonly notes: readonly string[]
}

export interface Campaign {
  readonly name: string
  /** One line: what is looked at. */
  readonly purpose: string
  /** How many units there are; `Infinity` where each unit is a seed. */
  units(): number | Promise<number>
  /** The same unit always does the same. Rejects only if the campaign itself is broken. */
  run(unit: number): Promise<Findings>
}

/** Collects findings; of one unit's failures only the first few are worth reading. */
export interface Collector extends Findings {
  readonly counts: Record<string, number>
  readonly failures: string[]
  readonly notes: string[]
  count(name: string, by?: number): void
  fail(sentence: string): void
  note(sentence: string): void
}

const failuresMax = 5

export function createCollector(): Collector {
  const counts: Record<string, number> = {}
  const failures: string[] = []
  const notes: string[] = []
  const count = (name: string, by = 1): void => { counts[name] = (counts[name] ?? 0) + by }
  return {
    counts,
    failures,
    notes,
    count,
    note: (sentence) => { notes.push(sentence) },
    fail(sentence) {
      count('failures')
      if (failures.length < failuresMax) failures.push(sentence)
    },
  }
}
