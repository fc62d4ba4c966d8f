/** Finds what a request names: the pod, its container, and how that is doing. */
import type { Kubelet } from '../kubelet.ts'
import { containerNameOf, containersOf, podUid } from '../pods/identity.ts'
import type { ObservedContainer } from '../pods/plan.ts'
import type { AnyContainer, PodObject } from '../types.ts'

export interface Found {
  readonly pod: PodObject
  readonly container: AnyContainer | undefined
  /** Newest first. */
  readonly statuses: readonly ObservedContainer[]
}

/** undefined when this node has no such pod. A uid, when given, must be the pod's. */
export function findPod(kubelet: Kubelet, namespace: string, name: string, uid?: string): PodObject | undefined {
  return kubelet.pods.all().find(({ metadata }) =>
    metadata.namespace === namespace && metadata.name === name && (uid === undefined || metadata.uid === uid))
}

export function findContainer(kubelet: Kubelet, pod: PodObject, containerName: string): Found {
  const statuses = kubelet.services.cache.forPod(podUid(pod)).containers.filter((status) =>
    containerNameOf(status) === containerName)
  return { pod, statuses, container: containersOf(pod).find(({ container }) =>
    container.name === containerName)?.container }
}
