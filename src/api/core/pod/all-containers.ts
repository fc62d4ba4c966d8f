/** The containers of a pod, of every sort. */
import type { Container, EphemeralContainer, PodSpec } from '../../gen/core-v1.ts'

/** Every container with its path: init containers first, then the regular and the ephemeral ones. */
export function containersOf(
  spec: PodSpec, path: string,
): readonly (readonly [container: Container | EphemeralContainer, path: string])[] {
  const all: (readonly [container: Container | EphemeralContainer, path: string])[] = []
  for (const field of fields) {
    const containers = spec[field]
    if (!containers) continue
    for (let index = 0; index < containers.length; index++) all.push([containers[index]!, `${path}.${field}[${index}]`])
  }
  return all
}

const fields = ['initContainers', 'containers', 'ephemeralContainers'] as const
