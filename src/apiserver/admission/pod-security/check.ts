/**
 * What the checks of the Pod Security Standards have in common: containers of all sorts, and upstream's way to name
 * them.
 */
import type { Container, EphemeralContainer, PodSpec, SecurityContext } from '#api/gen/core-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'

export type AnyContainer = DeepReadonly<Container | EphemeralContainer>

export interface CheckedPod {
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: DeepReadonly<PodSpec>
}

/** Undefined: the pod passes. Otherwise why not, and which part of it. */
export type Check = (pod: CheckedPod) => Violation | undefined

export interface Violation {
  readonly reason: string
  readonly detail: string
}

/** In upstream's order: init containers, containers, ephemeral containers. */
export function containersOf({ spec }: CheckedPod): readonly AnyContainer[] {
  return [...spec.initContainers ?? [], ...spec.containers, ...spec.ephemeralContainers ?? []]
}

export function namesWhere(
  pod: CheckedPod, isBad: (context: DeepReadonly<SecurityContext>, container: AnyContainer) => boolean,
): string[] {
  return containersOf(pod)
    .filter((container) => isBad(container.securityContext ?? {}, container))
    .map((container) => container.name)
}

/** `container "a"`, `containers "a", "b"`. */
export function nameContainers(names: readonly string[]): string {
  return `${plural('container', names.length)} ${quoteAll(names)}`
}

export function quoteAll(values: readonly string[]): string {
  return values.map((value) => JSON.stringify(value)).join(', ')
}

export function plural(word: string, count: number): string {
  return count === 1 ? word : `${word}s`
}

/** `pod and container "a"`: whoever of them set something. */
export function setters(isPod: boolean, names: readonly string[]): string[] {
  return [...(isPod ? ['pod'] : []), ...(names.length > 0 ? [nameContainers(names)] : [])]
}

export function isWindows({ spec }: CheckedPod): boolean {
  return spec.os?.name === 'windows'
}

export function unique(values: readonly string[]): string[] {
  return [...new Set(values)]
}
