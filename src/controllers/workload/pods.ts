/** What controllers ask of pods: is it active, ready, available, and since when. */
import type { DeepReadonly, KubeObject, OwnerReference, Stored } from '#machinery/meta/object.ts'
import { formatApiVersion } from '#machinery/meta/group-version.ts'
import { findCondition } from '#machinery/meta/conditions.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { Pod, PodTemplateSpec } from '#api/gen/core-v1.ts'

export type StoredPod = Stored<Pod>

/** It runs or will run: not finished, not being deleted. */
export function isPodActive(pod: StoredPod): boolean {
  return !isPodFinished(pod) && !pod.metadata.deletionTimestamp
}

export function isPodFinished({ status }: StoredPod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed'
}

/** Being deleted, and its containers may still run. */
export function isPodTerminating(pod: StoredPod): boolean {
  return !isPodFinished(pod) && pod.metadata.deletionTimestamp !== undefined
}

export function isPodReady({ status }: StoredPod): boolean {
  return findCondition(status?.conditions, 'Ready')?.status === 'True'
}

/** When it became ready, in milliseconds; undefined when it is not ready or does not say. */
export function readySince({ status }: StoredPod): number | undefined {
  const ready = findCondition(status?.conditions, 'Ready')
  return ready?.status === 'True' ? parseTime(ready.lastTransitionTime) : undefined
}

/** When it is or will be available: ready for `minReadySeconds`. undefined when it is not ready. */
export function availableAt(pod: StoredPod, minReadySeconds: number): number | undefined {
  if (!isPodReady(pod)) return undefined
  const since = readySince(pod)
  if (minReadySeconds === 0) return since ?? 0
  return since === undefined ? undefined : since + minReadySeconds * 1000
}

export function isPodAvailable(pod: StoredPod, minReadySeconds: number, now: number): boolean {
  const at = availableAt(pod, minReadySeconds)
  return at !== undefined && (minReadySeconds === 0 || at <= now)
}

/** The next moment after `now` at which one of the pods becomes available by the passing of time alone. */
export function nextAvailability(pods: readonly StoredPod[], minReadySeconds: number, now: number): number | undefined {
  const times = pods.map((pod) => availableAt(pod, minReadySeconds)).filter((at) => at !== undefined && at > now)
  return times.length === 0 ? undefined : Math.min(...times as number[])
}

/** Milliseconds; undefined for absent, null and unreadable times. */
export function parseTime(text: string | null | undefined): number | undefined {
  if (!text) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

/** The reference that marks `owner` as the controller of what it makes. */
export function controllerReferenceTo(kind: AnyKind, owner: DeepReadonly<KubeObject>): OwnerReference {
  return {
    apiVersion: formatApiVersion({ group: kind.group, version: kind.preferredVersion.version }),
    kind: kind.kind,
    name: owner.metadata?.name ?? '',
    uid: owner.metadata?.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** A pod made from a template, named by the server after its owner (upstream's GetPodFromTemplate). */
export function podFromTemplate(
  template: DeepReadonly<PodTemplateSpec>, ownerKind: AnyKind, owner: Stored<KubeObject>,
): DeepReadonly<Pod> {
  const { labels, annotations, finalizers } = template.metadata ?? {}
  const namespace = owner.metadata.namespace
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: {
      generateName: `${owner.metadata.name}-`,
      ...(namespace !== undefined && { namespace }),
      labels: labels ?? {}, annotations: annotations ?? {}, ...(finalizers && { finalizers }),
      ownerReferences: [controllerReferenceTo(ownerKind, owner)],
    },
    ...(template.spec && { spec: template.spec }),
  }
}
