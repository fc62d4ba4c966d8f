/** Keys of a map in Go's order: by UTF-8 bytes, which differs from JavaScript's only beyond the basic plane. */

const surrogate = /[\ud800-\udfff]/

export function sortedKeys(object: object): string[] {
  const keys = Object.keys(object)
  if (keys.length < 2) return keys
  return keys.some((key) => surrogate.test(key)) ? keys.toSorted(compareCodePoints) : keys.toSorted()
}

function compareCodePoints(left: string, right: string): number {
  const rightPoints = right[Symbol.iterator]()
  for (const character of left) {
    const other = rightPoints.next()
    if (other.done) return 1
    const difference = character.codePointAt(0)! - other.value.codePointAt(0)!
    if (difference !== 0) return difference
  }
  return rightPoints.next().done ? 0 : -1
}
