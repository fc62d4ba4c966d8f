/** The pods of a StatefulSet: each with a number, a name and volumes of its own that outlive it. */
import { statefulSet } from '#api/apps/statefulset/statefulset.ts'
import type { ControllerRevision, StatefulSet } from '#api/gen/apps-v1.ts'
import type { PersistentVolumeClaim, Pod, PodTemplateSpec, Volume } from '#api/gen/core-v1.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { revisionHashLabel } from '../workload/history.ts'
import { podFromTemplate, type StoredPod } from '../workload/pods.ts'

const podNameLabel = 'statefulset.kubernetes.io/pod-name'
const podIndexLabel = 'apps.kubernetes.io/pod-index'

export function firstOrdinal({ spec }: Stored<StatefulSet>): number {
  return spec?.ordinals?.start ?? 0
}

/** False for the pods that are scaled away. */
export function isInRange(set: Stored<StatefulSet>, ordinal: number): boolean {
  const start = firstOrdinal(set)
  return ordinal >= start && ordinal < start + (set.spec?.replicas ?? 1)
}

export function podName({ metadata }: Stored<StatefulSet>, ordinal: number): string {
  return `${metadata.name}-${ordinal}`
}

/** undefined for a pod whose name is not of the set's form. */
export function ordinalOf(set: Stored<StatefulSet>, { metadata }: StoredPod): number | undefined {
  const prefix = `${set.metadata.name}-`
  const rest = metadata.name.startsWith(prefix) ? metadata.name.slice(prefix.length) : ''
  return /^\d{1,9}$/.test(rest) ? Number(rest) : undefined
}

export function claimName(
  set: Stored<StatefulSet>,
  template: DeepReadonly<PersistentVolumeClaim>,
  ordinal: number,
): string {
  return `${template.metadata?.name}-${podName(set, ordinal)}`
}

/** The template that a revision remembers. */
export function templateOf(
  revision: Stored<ControllerRevision> | undefined,
): DeepReadonly<PodTemplateSpec> | undefined {
  const data = revision?.data as
    { readonly spec?: { readonly template?: DeepReadonly<PodTemplateSpec> & { readonly $patch?: string } } } | undefined
  if (!data?.spec?.template) return undefined
  const { $patch: _, ...template } = data.spec.template
  return template
}

export function podFor(
  set: Stored<StatefulSet>, ordinal: number, template: DeepReadonly<PodTemplateSpec>, revisionName: string,
): DeepReadonly<Pod> {
  const base = podFromTemplate(template, statefulSet, set)
  const name = podName(set, ordinal)
  const { generateName: _, ...metadata } = base.metadata!
  return {
    ...base,
    metadata: {
      ...metadata, name,
      labels: {
        ...template.metadata?.labels,
        [podNameLabel]: name,
        [podIndexLabel]: String(ordinal),
        [revisionHashLabel]: revisionName,
      },
    },
    spec: {
      ...base.spec!,
      hostname: name, ...(set.spec?.serviceName && { subdomain: set.spec.serviceName }),
      volumes: volumesFor(set, ordinal, base.spec?.volumes ?? []),
    },
  }
}

/** The claims' volumes take the place of the template's volumes of the same names. */
function volumesFor(
  set: Stored<StatefulSet>,
  ordinal: number,
  volumes: readonly DeepReadonly<Volume>[],
): readonly DeepReadonly<Volume>[] {
  const claims = (set.spec?.volumeClaimTemplates ?? []).map((template): DeepReadonly<Volume> => ({
    name: template.metadata?.name ?? '',
    persistentVolumeClaim: { claimName: claimName(set, template, ordinal), readOnly: false },
  }))
  return [...claims, ...volumes.filter(({ name }) => !claims.some((claim) => claim.name === name))]
}

/** The claims that the pod of that number needs; whoever finds them there already keeps them. */
export function claimsFor(set: Stored<StatefulSet>, ordinal: number): readonly DeepReadonly<PersistentVolumeClaim>[] {
  const { namespace } = set.metadata
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => ({
    ...template, apiVersion: 'v1', kind: 'PersistentVolumeClaim',
    metadata: {
      ...template.metadata, name: claimName(set, template, ordinal), ...(namespace !== undefined && { namespace }),
      labels: { ...template.metadata?.labels, ...set.spec?.selector?.matchLabels },
    },
  }))
}
