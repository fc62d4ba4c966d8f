/** In-place resize (KEP-1287): which running containers have other resources than their pod now asks for. Pure. */
import type { LinuxResources } from '#world/container-runtime.ts'
import { containerResources } from '../containers/resources.ts'
import type { AnyContainer, PodObject } from '../types.ts'
import { latestContainer, type PodRuntimeState } from './plan.ts'
import { sameJson } from './status.ts'

export interface Resize {
  readonly containerId: string
  readonly container: AnyContainer
  readonly resources: LinuxResources
}

/**
 * `applied`: by container id, what its resources were set to last. A container that an earlier kubelet started has
 * what that kubelet
 * reported of it.
 */
export function planResize(
  pod: PodObject,
  state: PodRuntimeState,
  applied: ReadonlyMap<string, AnyContainer['resources']>,
  machineMemoryBytes: number,
): readonly Resize[] {
  const containers: readonly AnyContainer[] = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always'),
  ]
  return containers.flatMap((container) => {
    const status = latestContainer(state, container.name)
    if (status?.state !== 'running') return []
    const current = applied.get(status.id)
    if (!applied.has(status.id) || sameJson(normal(current), normal(container.resources))) return []
    return [{ containerId: status.id, container, resources: containerResources(pod, container, machineMemoryBytes) }]
  })
}

/** A change of these needs a new container, if the resize policy says so. */
export function needsRestart(container: AnyContainer, before: AnyContainer['resources']): boolean {
  return (container.resizePolicy ?? []).some(({ resourceName, restartPolicy }) => restartPolicy === 'RestartContainer'
    && (before?.requests?.[resourceName] !== container.resources?.requests?.[resourceName]
      || before?.limits?.[resourceName] !== container.resources?.limits?.[resourceName]))
}

function normal(resources: AnyContainer['resources']): object {
  return { limits: resources?.limits ?? {}, requests: resources?.requests ?? {} }
}
