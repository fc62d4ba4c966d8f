/** Which remains of a pod may go: upstream keeps one dead container per name beside the current one. Pure. */
import { containerNameOf } from './identity.ts'
import type { ObservedContainer, PodRuntimeState } from './plan.ts'

export interface Garbage {
  readonly containers: readonly ObservedContainer[]
  readonly sandboxIds: readonly string[]
}

const keptPerName = 2

export function planGarbage({ containers, sandboxes }: PodRuntimeState): Garbage {
  const seen = new Map<string, number>()
  const dead = containers.filter((container) => {
    const name = containerNameOf(container)
    const position = seen.get(name) ?? 0
    seen.set(name, position + 1)
    return position >= keptPerName && container.state === 'exited'
  })
  const gone = new Set(dead.map(({ id }) => id))
  const inUse = new Set(containers.filter(({ id }) => !gone.has(id)).map(({ sandboxId }) => sandboxId))
  return {
    containers: dead,
    // The newest sandbox tells which attempt is next.
    sandboxIds: sandboxes.slice(1).filter(({ id, ready }) => !ready && !inUse.has(id)).map(({ id }) => id),
  }
}
