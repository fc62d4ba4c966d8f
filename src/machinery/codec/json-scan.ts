/** One cheap pass over a JSON text, to learn whether the platform's own parser can be trusted with it. */

export interface JsonScan {
  /** How many keys the text has; the parsed value has fewer when some are given twice. */
  readonly keys: number
  readonly depth: number
  /** Some number is not a plain integer of at most 15 digits, so its exact text matters. */
  readonly unusualNumbers: boolean
  /** Some text has an escape that may be half of a surrogate pair. */
  readonly surrogates: boolean
}

/** Meaningful only for text that is JSON; never fails. */
export function scanJson(text: string): JsonScan {
  const { length } = text
  let keys = 0
  let depth = 0
  let deepest = 0
  let unusualNumbers = false
  for (let at = 0; at < length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === 34) {
      at = endOfString(text, at)
    } else if (unit === 58) {
      keys++
    } else if (unit === 123 || unit === 91) {
      if (++depth > deepest) deepest = depth
    } else if (unit === 125 || unit === 93) {
      depth--
    } else if (unit >= 48 && unit <= 57) {
      const start = at
      do at++; while (isDigit(text.charCodeAt(at)))
      const next = text.charCodeAt(at)
      if (at - start > 15 || next === 46 || next === 101 || next === 69) unusualNumbers = true
      at--
    } else if (unit === 45 && text.charCodeAt(at + 1) === 48) {
      unusualNumbers = true
    }
  }
  return { keys, depth: deepest, unusualNumbers, surrogates: text.includes('\\ud') || text.includes('\\uD') }
}

/** Position of the quote that ends the string which begins at `start`; the end of the text if there is none. */
function endOfString(text: string, start: number): number {
  let at = start
  for (;;) {
    at = text.indexOf('"', at + 1)
    if (at === -1) return text.length
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === 92) backslashes++
    if (backslashes % 2 === 0) return at
  }
}

function isDigit(unit: number): boolean {
  return unit >= 48 && unit <= 57
}

/** How many keys the objects in a parsed value have. Not recursive: the value may be as deep as it likes. */
export function countKeys(value: unknown): number {
  let count = 0
  const pending: unknown[] = [value]
  while (pending.length > 0) {
    const next = pending.pop()
    if (typeof next !== 'object' || next === null) continue
    if (Array.isArray(next)) {
      for (const item of next) if (typeof item === 'object') pending.push(item)
      continue
    }
    for (const key in next) {
      count++
      const inner = (next as Record<string, unknown>)[key]
      if (typeof inner === 'object') pending.push(inner)
    }
  }
  return count
}
