/** A bug to be planted in a copy of the sources, and the check that must notice it. */

export interface Edit {
  /** From the root of the repository. */
  readonly file: string
  /** Stands exactly once in the file. */
  readonly before: string
  readonly after: string
}

export type Check =
  /** A test by its name, without those of the suites around it. */
  | { readonly type: 'test'; readonly file: string; readonly name: string }
  /** So many units of one of the storage laboratory's campaigns. */
  | { readonly type: 'campaign'; readonly name: string; readonly from: number; readonly units: number }
  /** Seeds of the simulation of the whole cluster. */
  | { readonly type: 'simulation'; readonly from: number; readonly seeds: number }

export interface Mutant {
  /** What the code does wrong, as a sentence. Of an etcd issue, with its number. */
  readonly name: string
  readonly edits: readonly Edit[]
  readonly caughtBy: Check
}

/** A test by its own name. */
export function testOf(file: string, name: string): Check {
  return { type: 'test', file, name }
}

/** So many units, from the one named on. */
export function unitsOf(name: string, from: number, units = 1): Check {
  return { type: 'campaign', name, from, units }
}

/** So many seeds, from the one named on. */
export function seedsFrom(from: number, seeds = 1): Check {
  return { type: 'simulation', from, seeds }
}

/** As a person would start it. */
export function describeCheck(check: Check): string {
  switch (check.type) {
    case 'test': return `${check.file}: ${check.name}`
    case 'campaign': return `campaign ${check.name} --from ${check.from} --units ${check.units}`
    case 'simulation': return `sim --from ${check.from} --seeds ${check.seeds}`
  }
}

/** The file with the bug in it. Throws if it does not hold the text exactly once: the mutant has to be looked after. */
export function plant(source: string, { file, before, after }: Edit): string {
  const at = source.indexOf(before)
  const advice = 'where a bug of src/sim/mutants/ is planted; plant it anew'
  if (at < 0) throw new Error(`${file} no longer holds the text, ${advice}: ${before}`)
  if (source.includes(before, at + 1)) throw new Error(`${file} holds the text more than once, ${advice}: ${before}`)
  return source.slice(0, at) + after + source.slice(at + before.length)
}
