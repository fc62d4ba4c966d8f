/**
 * When a cron expression is due: the standard five fields and descriptors (as robfig/cron v3 reads them),
 * in a time zone.
 */

export interface Schedule {
  /** The first due time after `time`, both in milliseconds; undefined when there is none within five years. */
  next(time: number): number | undefined
  /** The latest due time in (`after`, `until`]; undefined when there is none. */
  latest(after: number, until: number): number | undefined
}

interface Fields {
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly weekdays: ReadonlySet<number>
  /** With both restricted a day matches when either does; with a star in one, both must. */
  readonly isEitherDay: boolean
}

const minuteMs = 60_000
const dayMs = 86_400_000
const daysMax = 5 * 366

const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** undefined for an expression or a zone that cannot be read (validation refuses them). */
export function parseSchedule(text: string, timeZone: string | undefined): Schedule | undefined {
  const zoned = /^(?:TZ|CRON_TZ)=(\S+)\s+(.*)$/.exec(text.trim())
  const expression = zoned ? zoned[2]!.trim() : text.trim()
  const every = /^@every (.+)$/.exec(expression)
  if (every) return parseEvery(every[1]!)
  const fields = parseFields(descriptors[expression] ?? expression)
  const zone = openZone(timeZone ?? zoned?.[1] ?? 'UTC')
  return (
    fields
    && zone && {
      next: (time) => next(fields, zone, time),
      latest: (after, until) => latest(fields, zone, after, until),
    }
  )
}

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: minuteMs, s: 1000, ms: 1 }

/** `@every 1h30m`: counted from the time asked about, in whole seconds, at least one. */
function parseEvery(text: string): Schedule | undefined {
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)) total += Number(amount) * unitMs[unit!]!
  const period = Math.max(1000, Math.floor(total / 1000) * 1000)
  if (!/^(?:\d+(?:\.\d+)?(?:h|ms|m|s))+$/.test(text)) return undefined
  return {
    next: (time) => Math.floor(time / 1000) * 1000 + period,
    latest: (after, until) => {
      const count = Math.floor((until - Math.floor(after / 1000) * 1000) / period)
      return count < 1 ? undefined : Math.floor(after / 1000) * 1000 + count * period
    },
  }
}

function parseFields(text: string): Fields | undefined {
  const parts = text.split(/\s+/).filter((part) => part !== '')
  if (parts.length !== 5) return undefined
  const [minute, hour, day, month, weekday] = parts as [string, string, string, string, string]
  const minutes = parseField(minute, 0, 59, [])
  const hours = parseField(hour, 0, 23, [])
  const days = parseField(day, 1, 31, [])
  const months = parseField(month, 1, 12, monthNames)
  const weekdays = parseField(weekday, 0, 6, weekdayNames)
  if (!minutes || !hours || !days || !months || !weekdays) return undefined
  const isStar = (part: string): boolean => /^[*?]/.test(part)
  return { minutes, hours, days, months, weekdays, isEitherDay: !isStar(day) && !isStar(weekday) }
}

function parseField(text: string, min: number, max: number, names: readonly string[]): ReadonlySet<number> | undefined {
  const values = new Set<number>()
  const numberOf = (word: string): number => {
    const index = names.indexOf(word.toLowerCase())
    return index >= 0 ? index + min : /^\d+$/.test(word) ? Number(word) : Number.NaN
  }
  for (const part of text.split(',')) {
    const [range = '', stepText] = part.split('/')
    const [from = '', to] = range.split('-')
    const isStar = from === '*' || from === '?'
    const start = isStar ? min : numberOf(from)
    const end = isStar ? max : to !== undefined ? numberOf(to) : stepText !== undefined ? max : start
    const step = stepText === undefined ? 1 : Number(stepText)
    if (!(start >= min && end <= max && start <= end && step >= 1)) return undefined
    for (let value = start; value <= end; value += step) values.add(value)
  }
  return values
}

/** Milliseconds to add to UTC to get the zone's wall clock. */
type Zone = (time: number) => number

function openZone(name: string): Zone | undefined {
  if (name === 'UTC' || name === 'Etc/UTC' || name === 'Local') return () => 0
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    return (time) => {
      const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]))
      const local = Date.UTC(
        parts['year']!,
        parts['month']! - 1,
        parts['day'],
        parts['hour'],
        parts['minute'],
        parts['second'],
      )
      return local - Math.floor(time / 1000) * 1000
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** The moment at which the zone's clocks show `local`; undefined when they never do (clocks go forward). */
function fromLocal(zone: Zone, local: number): number | undefined {
  for (const guess of [local - zone(local - zone(local)), local - zone(local)]) {
    if (guess + zone(guess) === local) return guess
  }
  return undefined
}

function matchesDay({ days, months, weekdays, isEitherDay }: Fields, day: number): boolean {
  const date = new Date(day)
  if (!months.has(date.getUTCMonth() + 1)) return false
  const inDays = days.has(date.getUTCDate())
  const inWeekdays = weekdays.has(date.getUTCDay())
  return isEitherDay ? inDays || inWeekdays : inDays && inWeekdays
}

/** All minutes of a day, in milliseconds from its start, in order. */
function timesOfDay({ hours, minutes }: Fields): readonly number[] {
  const sortedMinutes = [...minutes].toSorted((a, b) => a - b)
  return [...hours]
    .toSorted((a, b) => a - b)
    .flatMap((hour) => sortedMinutes.map((minute) => (hour * 60 + minute) * minuteMs))
}

function next(fields: Fields, zone: Zone, time: number): number | undefined {
  const times = timesOfDay(fields)
  const start = Math.floor((time + zone(time)) / dayMs) * dayMs
  for (let day = start, count = 0; count <= daysMax; day += dayMs, count++) {
    if (!matchesDay(fields, day)) continue
    for (const offset of times) {
      const at = fromLocal(zone, day + offset)
      if (at !== undefined && at > time) return at
    }
  }
  return undefined
}

function latest(fields: Fields, zone: Zone, after: number, until: number): number | undefined {
  const times = timesOfDay(fields).toReversed()
  const start = Math.floor((until + zone(until)) / dayMs) * dayMs
  for (let day = start, count = 0; count <= daysMax && day + 2 * dayMs > after; day -= dayMs, count++) {
    if (!matchesDay(fields, day)) continue
    for (const offset of times) {
      const at = fromLocal(zone, day + offset)
      if (at !== undefined && at <= until) return at > after ? at : undefined
    }
  }
  return undefined
}
