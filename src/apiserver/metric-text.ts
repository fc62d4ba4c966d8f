/** Figures in Prometheus' text format. */

/** Labels as they stand between braces, empty for none, and the value. */
export type Sample = readonly [labels: string, value: number]

/** The lines of one metric. `help`: with upstream's word for its stability, where it has one. */
export function metricLines(
  name: string, type: 'counter' | 'gauge', help: string, samples: Iterable<Sample>,
): readonly string[] {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
  for (const [labels, value] of samples) lines.push(`${name}${labels === '' ? '' : `{${labels}}`} ${value}`)
  return lines
}
