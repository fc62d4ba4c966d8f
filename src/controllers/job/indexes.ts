/** The numbers of an Indexed Job: `0-2,4,5`. */
import type { StoredPod } from '../workload/pods.ts'

export const indexAnnotation = 'batch.kubernetes.io/job-completion-index'

/** Numbers at or beyond `limit`, and texts that are not numbers, are dropped. */
export function parseIndexes(text: string | undefined, limit: number): Set<number> {
  const indexes = new Set<number>()
  for (const part of (text ?? '').split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part)
    if (!match) continue
    for (let index = Number(match[1]); index <= Math.min(Number(match[2] ?? match[1]), limit - 1); index++) {
      indexes.add(index)
    }
  }
  return indexes
}

/** Three and more in a row are told by the first and the last. */
export function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].toSorted((a, b) => a - b)
  const parts: string[] = []
  for (let i = 0; i < sorted.length;) {
    let end = i
    while (sorted[end + 1] === sorted[end]! + 1) end++
    if (end - i > 1) parts.push(`${sorted[i]}-${sorted[end]}`)
    else parts.push(...sorted.slice(i, end + 1).map(String))
    i = end + 1
  }
  return parts.join(',')
}

/** undefined for a pod that has none. */
export function indexOf({ metadata }: StoredPod): number | undefined {
  const text = metadata.annotations?.[indexAnnotation]
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}
