/** The numbers of an Indexed Job: `0-2,5`. */
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

export function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].toSorted((a, b) => a - b)
  const parts: string[] = []
  for (let i = 0; i < sorted.length;) {
    let end = i
    while (sorted[end + 1] === sorted[end]! + 1) end++
    parts.push(end === i ? String(sorted[i]) : `${sorted[i]}-${sorted[end]}`)
    i = end + 1
  }
  return parts.join(',')
}

/** undefined for a pod that has none. */
export function indexOf({ metadata }: StoredPod): number | undefined {
  const text = metadata.annotations?.[indexAnnotation]
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}
