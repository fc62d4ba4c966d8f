/**
 * What is wrong with a cron expression, in the words of the parser that upstream uses (robfig/cron v3,
 * ParseStandard).
 */

interface Bounds {
  readonly min: number
  readonly max: number
  readonly names: readonly string[]
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** Minute, hour, day of month, month, day of week. */
const fields: readonly Bounds[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: weekdays },
]

const descriptors = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'])

/** Undefined for a good expression. */
export function scheduleProblem(schedule: string): string | undefined {
  let text = schedule
  const zone = /^(?:TZ|CRON_TZ)=(\S+)\s+(.*)$/.exec(text)
  if (zone) text = zone[2]!.trim()
  if (text.startsWith('@')) {
    if (descriptors.has(text)) return undefined
    const every = /^@every (.*)$/.exec(text)
    if (!every) return `unrecognized descriptor: ${text}`
    return /^(\d+(\.\d+)?(ns|us|\u00b5s|ms|s|m|h))+$/.test(every[1]!) ? undefined
      : `failed to parse duration ${text}: time: invalid duration "${every[1]}"`
  }
  const parts = text.split(/\s+/).filter(Boolean)
  if (parts.length !== fields.length) {
    return `expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`
  }
  for (const [index, part] of parts.entries()) {
    for (const expression of part.split(',').filter(Boolean)) {
      const problem = rangeProblem(expression, fields[index]!)
      if (problem !== undefined) return problem
    }
  }
  return undefined
}

function rangeProblem(expression: string, bounds: Bounds): string | undefined {
  const slash = expression.split('/')
  const ends = slash[0]!.split('-')
  let start: number
  let end: number
  if (ends[0] === '*' || ends[0] === '?') {
    start = bounds.min
    end = bounds.max
  } else {
    const from = numberOf(ends[0]!, bounds)
    if (typeof from === 'string') return from
    start = end = from
    if (ends.length === 2) {
      const to = numberOf(ends[1]!, bounds)
      if (typeof to === 'string') return to
      end = to
    } else if (ends.length > 2) return `too many hyphens: ${expression}`
  }
  if (slash.length > 2) return `too many slashes: ${expression}`
  if (slash.length === 2) {
    const step = parseNumber(slash[1]!)
    if (typeof step === 'string') return step
    if (ends.length === 1) end = bounds.max
    if (step === 0) return `step of range should be a positive number: ${expression}`
  }
  if (start < bounds.min) return `beginning of range (${start}) below minimum (${bounds.min}): ${expression}`
  if (end > bounds.max) return `end of range (${end}) above maximum (${bounds.max}): ${expression}`
  return start > end ? `beginning of range (${start}) beyond end of range (${end}): ${expression}` : undefined
}

function numberOf(text: string, { names, min }: Bounds): number | string {
  const index = names.indexOf(text.toLowerCase())
  return index >= 0 ? index + min : parseNumber(text)
}

function parseNumber(text: string): number | string {
  if (/^[+]?\d+$/.test(text)) return Number(text)
  if (/^-\d+$/.test(text)) return `negative number (${Number(text)}) not allowed: ${text}`
  return `failed to parse int from ${text}: strconv.Atoi: parsing "${text}": invalid syntax`
}
