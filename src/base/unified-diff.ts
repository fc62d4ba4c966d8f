/**
 * How two texts differ, line by line, in the unified format: the longest common stretch first, then what is before and
 * behind it (Ratcliff and Obershelp, as Python's difflib and its Go translation do).
 */

/** Lines around a change that are shown with it. */
const context = 3

/** Of so many lines, ones that are all over the place say nothing of what belongs together. */
const manyLines = 200

/** Empty for texts that are the same. No head with names of files. */
export function unifiedDiff(before: string, after: string): string {
  const a = before.split('\n')
  const b = after.split('\n')
  return hunksOf(changesOf(a, b)).map((hunk) => formatHunk(hunk, a, b)).join('')
}

/** A stretch of `a`, from `i` to before `iEnd`, and what is in its place in `b`. */
interface Change {
  readonly same: boolean
  readonly i: number
  readonly iEnd: number
  readonly j: number
  readonly jEnd: number
}

interface Match {
  readonly i: number
  readonly j: number
  readonly size: number
}

function changesOf(a: readonly string[], b: readonly string[]): readonly Change[] {
  const changes: Change[] = []
  let i = 0
  let j = 0
  for (const match of [...joinedMatches(a, b), { i: a.length, j: b.length, size: 0 }]) {
    if (i < match.i || j < match.j) changes.push({ same: false, i, iEnd: match.i, j, jEnd: match.j })
    i = match.i + match.size
    j = match.j + match.size
    if (match.size > 0) changes.push({ same: true, i: match.i, iEnd: i, j: match.j, jEnd: j })
  }
  return changes
}

/** What follows without a gap on both sides is one. */
function joinedMatches(a: readonly string[], b: readonly string[]): readonly Match[] {
  const joined: Match[] = []
  for (const match of matchesOf(a, b)) {
    const last = joined.at(-1)
    if (last && last.i + last.size === match.i && last.j + last.size === match.j) {
      joined[joined.length - 1] = { ...last, size: last.size + match.size }
    } else joined.push(match)
  }
  return joined
}

function matchesOf(a: readonly string[], b: readonly string[]): readonly Match[] {
  const places = placesOf(b)
  const found: Match[] = []
  const open: [aFrom: number, aTo: number, bFrom: number, bTo: number][] = [[0, a.length, 0, b.length]]
  for (let range = open.pop(); range; range = open.pop()) {
    const match = longestMatch(a, b, places, ...range)
    if (match.size === 0) continue
    found.push(match)
    const [aFrom, aTo, bFrom, bTo] = range
    const [iEnd, jEnd] = [match.i + match.size, match.j + match.size]
    if (aFrom < match.i && bFrom < match.j) open.push([aFrom, match.i, bFrom, match.j])
    if (iEnd < aTo && jEnd < bTo) open.push([iEnd, aTo, jEnd, bTo])
  }
  return found.toSorted((one, other) => one.i - other.i)
}

type Places = ReadonlyMap<string, readonly number[]>

/** Where each line is. */
function placesOf(lines: readonly string[]): Places {
  const places = new Map<string, number[]>()
  for (const [index, line] of lines.entries()) {
    const known = places.get(line)
    if (known) known.push(index)
    else places.set(line, [index])
  }
  if (lines.length < manyLines) return places
  const limit = Math.floor(lines.length / 100) + 1
  for (const [line, indices] of places) if (indices.length > limit) places.delete(line)
  return places
}

/** Of equally long ones the first in `a`, and of those the first in `b`. */
function longestMatch(
  a: readonly string[], b: readonly string[], places: Places,
  aFrom: number, aTo: number, bFrom: number, bTo: number,
): Match {
  let [i, j, size] = [aFrom, bFrom, 0]
  let lengths = new Map<number, number>()
  for (let row = aFrom; row < aTo; row++) {
    const next = new Map<number, number>()
    for (const column of places.get(a[row]!) ?? []) {
      if (column < bFrom) continue
      if (column >= bTo) break
      const length = (lengths.get(column - 1) ?? 0) + 1
      next.set(column, length)
      if (length > size) [i, j, size] = [row - length + 1, column - length + 1, length]
    }
    lengths = next
  }
  // Lines that are all over the place were not looked for, but belong to the stretch beside them.
  while (i > aFrom && j > bFrom && a[i - 1] === b[j - 1]) [i, j, size] = [i - 1, j - 1, size + 1]
  while (i + size < aTo && j + size < bTo && a[i + size] === b[j + size]) size++
  return { i, j, size }
}

/** Changes with what is around them; those that are near each other together. */
function hunksOf(changes: readonly Change[]): readonly (readonly Change[])[] {
  const hunks: Change[][] = []
  let hunk: Change[] = []
  for (const [index, change] of changes.entries()) {
    let { i, j } = change
    let { iEnd, jEnd } = change
    if (change.same && index === 0) [i, j] = [Math.max(i, iEnd - context), Math.max(j, jEnd - context)]
    if (change.same && index === changes.length - 1) {
      [iEnd, jEnd] = [Math.min(iEnd, i + context), Math.min(jEnd, j + context)]
    }
    if (change.same && iEnd - i > 2 * context) {
      hunks.push([...hunk, { same: true, i, iEnd: i + context, j, jEnd: j + context }])
      hunk = []
      i = iEnd - context
      j = jEnd - context
    }
    hunk.push({ same: change.same, i, iEnd, j, jEnd })
  }
  if (hunk.length > 1 || (hunk[0] && !hunk[0].same)) hunks.push(hunk)
  return hunks
}

function formatHunk(hunk: readonly Change[], a: readonly string[], b: readonly string[]): string {
  const first = hunk[0]!
  const last = hunk.at(-1)!
  const lines = hunk.flatMap(({ same, i, iEnd, j, jEnd }) => same
    ? a.slice(i, iEnd).map((line) => ` ${line}`)
    : [...a.slice(i, iEnd).map((line) => `-${line}`), ...b.slice(j, jEnd).map((line) => `+${line}`)])
  const head = `@@ -${formatRange(first.i, last.iEnd)} +${formatRange(first.j, last.jEnd)} @@`
  return [head, ...lines].map((line) => `${line}\n`).join('')
}

/** An empty range is behind the line before it. */
function formatRange(from: number, to: number): string {
  const length = to - from
  if (length === 1) return `${from + 1}`
  return `${length === 0 ? from : from + 1},${length}`
}
