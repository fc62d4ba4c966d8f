/** Several faults as Go's aggregate error prints them. */
export function aggregate(faults: readonly string[]): string {
  const unique = [...new Set(faults)]
  return unique.length === 1 ? unique[0]! : `[${unique.join(', ')}]`
}
