/**
 * metav1.Time and MicroTime: RFC 3339 texts, parsed as strictly and reported in the same words as Go's time.Parse
 * does.
 */

/** An instant: whole seconds since 1970 (possibly negative) and 0 to 999,999,999 nanoseconds. */
export interface Instant {
  readonly seconds: number
  readonly nanos: number
}

/** The message is Go's. */
class TimeError extends Error {}

const layout = '2006-01-02T15:04:05Z07:00'
const microLayout = '2006-01-02T15:04:05.000000Z07:00'
const zeroSeconds = -62135596800
const zeroTime = '0001-01-01T00:00:00Z'

/** Throws TimeError. */
export function parseTime(text: string): Instant {
  return isUsual(text) ? { seconds: Date.parse(text) / 1000, nanos: 0 } : new TimeReader(text, layout).read()
}

/** Whole seconds in UTC, and a date that exists: what nearly every time on the wire is. */
function isUsual(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):([0-5]\d):([0-5]\d)Z$/.exec(text)
  if (!match) return false
  const month = Number(match[2])
  const day = Number(match[3])
  return (
    Number(match[4]) < 24
    && month >= 1
    && month <= 12
    && day >= 1
    && (day <= 28 || day <= daysIn(Number(match[1]), month))
  )
}

/** Exactly six decimals, as upstream's MicroTime wants them. Throws TimeError. */
export function parseMicroTime(text: string): Instant {
  return new TimeReader(text, microLayout).read()
}

/** Milliseconds since 1970, of an RFC 3339 text with or without decimals; NaN for anything else. */
export function timeToMilliseconds(text: string): number {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
}

/** `2006-01-02T15:04:05Z`, from milliseconds since 1970; fractions of a second are cut off. */
export function formatTime(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  // Thousands of objects are written in one second, each with its time in several places.
  if (seconds !== last.seconds) last = { seconds, text: formatInstant({ seconds, nanos: 0 }) }
  return last.text
}

let last = { seconds: Number.NaN, text: '' }

/** `2006-01-02T15:04:05.123456Z`, from milliseconds since 1970, which may have decimals. */
export function formatMicroTime(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  return formatMicroInstant({ seconds, nanos: Math.floor((milliseconds - seconds * 1000) * 1000) * 1000 })
}

export function formatInstant({ seconds }: Instant): string {
  return `${dateOf(seconds)}Z`
}

export function formatMicroInstant({ seconds, nanos }: Instant): string {
  return `${dateOf(seconds)}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`
}

/** In UTC, as upstream writes it; undefined for the zero time, which is null in JSON. Throws TimeError. */
export function canonicalTime(text: string): string | undefined {
  if (isUsual(text)) return text === zeroTime ? undefined : text
  const instant = parseTime(text)
  return isZeroInstant(instant) ? undefined : formatInstant(instant)
}

/** See canonicalTime. */
export function canonicalMicroTime(text: string): string | undefined {
  const instant = parseMicroTime(text)
  return isZeroInstant(instant) ? undefined : formatMicroInstant(instant)
}

/** Go's zero time, the first of January of the year 1. */
export function isZeroInstant({ seconds, nanos }: Instant): boolean {
  return seconds === zeroSeconds && nanos === 0
}

function dateOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19)
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

/** Walks the layout and the text together, so that a failure can name the part of each where it happened. */
class TimeReader {
  readonly #text: string
  readonly #layout: string
  #rest: string

  constructor(text: string, layoutText: string) {
    this.#text = text
    this.#layout = layoutText
    this.#rest = text
  }

  read(): Instant {
    const year = Number(this.#take(/^\d{4}/, '2006'))
    this.#literal('-')
    const month = this.#ranged('01', /^\d\d/, 'month', (value) => value >= 1 && value <= 12)
    this.#literal('-')
    const day = Number(this.#take(/^\d\d/, '02'))
    this.#literal('T')
    const hour = this.#ranged('15', /^\d\d?/, 'hour', (value) => value < 24)
    this.#literal(':')
    const minute = this.#ranged('04', /^\d\d/, 'minute', (value) => value < 60)
    this.#literal(':')
    const second = this.#ranged('05', /^\d\d/, 'second', (value) => value < 60)
    const fraction =
      this.#layout === microLayout ? this.#take(/^\.\d{6}/, '.000000') : (/^[.,]\d+/.exec(this.#rest)?.[0] ?? '')
    if (this.#layout !== microLayout) this.#rest = this.#rest.slice(fraction.length)
    const offset = this.#zone()
    if (this.#rest !== '') {
      throw new TimeError(`parsing time ${goQuote(this.#text)}: extra text: ${goQuote(this.#rest)}`)
    }
    if (day < 1 || day > daysIn(year, month)) {
      throw new TimeError(`parsing time ${goQuote(this.#text)}: day out of range`)
    }
    const pad = (value: number, width: number): string => String(value).padStart(width, '0')
    const date = Date.parse(
      `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}Z`,
    )
    return { seconds: date / 1000 - offset, nanos: Number(fraction.slice(1, 10).padEnd(9, '0')) }
  }

  /** Seconds east of UTC. */
  #zone(): number {
    if (this.#rest.startsWith('Z')) {
      this.#rest = this.#rest.slice(1)
      return 0
    }
    const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(this.#take(/^[+-]\d\d:\d\d/, 'Z07:00'))!
    if (Number(hours) > 24) {
      throw new TimeError(`parsing time ${goQuote(this.#text)}: time zone offset hour out of range`)
    }
    if (Number(minutes) > 60) {
      throw new TimeError(`parsing time ${goQuote(this.#text)}: time zone offset minute out of range`)
    }
    return (Number(hours) * 3600 + Number(minutes) * 60) * (sign === '-' ? -1 : 1)
  }

  #ranged(element: string, form: RegExp, name: string, fits: (value: number) => boolean): number {
    const value = Number(this.#take(form, element))
    if (!fits(value)) throw new TimeError(`parsing time ${goQuote(this.#text)}: ${name} out of range`)
    return value
  }

  #take(form: RegExp, element: string): string {
    const found = form.exec(this.#rest)?.[0]
    if (found === undefined) this.#fail(element)
    this.#rest = this.#rest.slice(found.length)
    return found
  }

  #literal(text: string): void {
    if (!this.#rest.startsWith(text)) this.#fail(text)
    this.#rest = this.#rest.slice(text.length)
  }

  #fail(element: string): never {
    throw new TimeError(
      `parsing time ${goQuote(this.#text)} as ${goQuote(this.#layout)}: cannot parse ${goQuote(this.#rest)} as ${goQuote(element)}`,
    )
  }
}

function goQuote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
