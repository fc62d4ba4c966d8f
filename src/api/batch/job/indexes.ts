/** Indexes of an indexed Job as its text forms have them: `1,3-5,7`. */
import { quoteGo } from '#machinery/errors/field-errors.ts'

interface Interval {
  readonly first: number
  readonly last: number
}

/** What is wrong with the text, in upstream's words; otherwise how many indexes it names. */
export function countIndexes(text: string, completions: number): number | { readonly problem: string } {
  if (text === '') return 0
  let total = 0
  let previous: number | undefined
  for (const part of text.split(',')) {
    const interval = parseInterval(part, completions)
    if (typeof interval === 'string') return { problem: interval }
    if (previous !== undefined && previous >= interval.first) {
      return { problem: outOfOrder(previous, interval.first) }
    }
    total += interval.last - interval.first + 1
    previous = interval.last
  }
  return total
}

/** The first index that both texts name. Parts that are no intervals are passed over. */
export function firstCommonIndex(a: string, b: string, completions: number): number | undefined {
  const [left, right] = [a, b].map((text) =>
    text === '' ? [] : text.split(',').map((part) => parseInterval(part, completions))
      .filter((interval) => typeof interval !== 'string')) as [Interval[], Interval[]]
  for (let i = 0, j = 0; i < left.length && j < right.length;) {
    const one = left[i]!
    const other = right[j]!
    if (one.first <= other.last && other.first <= one.last) return Math.max(one.first, other.first)
    if (one.first <= other.first) i++
    else j++
  }
  return undefined
}

function parseInterval(part: string, completions: number): Interval | string {
  const limits = part.split('-')
  if (limits.length > 2) {
    return `the fragment ${quoteGo(part)} violates the requirement that an index interval can have at most two parts ` +
      "separated by '-'"
  }
  const values: number[] = []
  for (const limit of limits) {
    if (!/^\+?\d+$/.test(limit)) return `cannot convert string to integer for index: ${quoteGo(limit)}`
    if (Number(limit) >= completions) return `too large index: ${quoteGo(limit)}`
    values.push(Number(limit))
  }
  const [first = 0, last = first] = values
  return limits.length === 2 && first >= last ? outOfOrder(first, last) : { first, last }
}

function outOfOrder(previous: number, current: number): string {
  return `non-increasing order, previous: ${previous}, current: ${current}`
}
