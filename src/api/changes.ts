/** A short account of how two values differ, for sentences about changes that are not allowed. */

/** Two lines per changed field, at most `maxChanges` fields: `- path: old` and `+ path: new`. */
export function describeChanges(before: unknown, after: unknown): string {
  const lines: string[] = []
  collect('', before, after, lines)
  return lines.join('\n')
}

const maxChanges = 20

function collect(path: string, before: unknown, after: unknown, lines: string[]): void {
  if (lines.length >= 2 * maxChanges || JSON.stringify(before) === JSON.stringify(after)) return
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      collect(
        Array.isArray(after) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`, before[key], after[key], lines,
      )
    }
    return
  }
  lines.push(`- ${path}: ${JSON.stringify(before) ?? 'unset'}`, `+ ${path}: ${JSON.stringify(after) ?? 'unset'}`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
