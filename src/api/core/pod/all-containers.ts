/** The containers of a pod, of every sort. */
import type { Container, EphemeralContainer, PodSpec } from '../../gen/core-v1.ts'

/** Every container with its path: init containers first, then the regular and the ephemeral ones. */
export function containersOf(
  spec: PodSpec, path: string,
): readonly (readonly [container: Container | EphemeralContainer, path: string])[] {
  return (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((field) =>
    (spec[field] ?? []).map((container, index) => [container, `${path}.${field}[${index}]`] as const))
}
