/** What controllers ask of pods and make of templates: since when a pod is ready, when it is available. */
import { isPodReady } from '#api/core/pod/pod-life.ts'
import type { Pod, PodTemplateSpec } from '#api/gen/core-v1.ts'
import { findCondition } from '#machinery/meta/conditions.ts'
import type { DeepReadonly, KubeObject, Stored } from '#machinery/meta/object.ts'
import { controllerReferenceTo } from '#machinery/meta/owner-references.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'

export type StoredPod = Stored<Pod>

/** When it became ready, in milliseconds; undefined when it is not ready or does not say. */
export function readySince({ status }: StoredPod): number | undefined {
  const ready = findCondition(status?.conditions, 'Ready')
  return ready?.status === 'True' ? parseTime(ready.lastTransitionTime) : undefined
}

/** When it is or will be available: ready for `minReadySeconds`. undefined when it is not ready. */
function availableAt(pod: StoredPod, minReadySeconds: number): number | undefined {
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
