/** The kubelet's events, about a pod, one of its containers, or the node. */
import type { EventType } from '#client/event-correlator.ts'
import type { EventRecorder } from '#client/event-recorder.ts'
import { fieldPathOf } from './pods/identity.ts'
import type { ContainerRole, PodObject } from './types.ts'

export interface PodEvents {
  pod(pod: PodObject, type: EventType, reason: string, message: string): void
  container(pod: PodObject, role: ContainerRole, name: string, type: EventType, reason: string, message: string): void
  node(type: EventType, reason: string, message: string): void
}

export function createPodEvents(recorder: EventRecorder, nodeName: string): PodEvents {
  const record = (
    pod: PodObject,
    fieldPath: string | undefined,
    type: EventType,
    reason: string,
    message: string,
  ): void => {
    const { name, namespace, uid, resourceVersion } = pod.metadata
    recorder.record(
      {
        apiVersion: 'v1',
        kind: 'Pod',
        namespace,
        name,
        uid,
        resourceVersion,
        ...(fieldPath !== undefined && { fieldPath }),
      },
      type,
      reason,
      message,
    )
  }
  return {
    pod: (pod, type, reason, message) => record(pod, undefined, type, reason, message),
    container: (pod, role, name, type, reason, message) => record(pod, fieldPathOf(role, name), type, reason, message),
    // Upstream names the node as its own uid here, and `kubectl describe node` finds events by it.
    node: (type, reason, message) =>
      recorder.record({ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: nodeName }, type, reason, message),
  }
}
