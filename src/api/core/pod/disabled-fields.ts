/**
 * Fields of features that are off in v1.36 unless a gate turns them on: ContainerStopSignals, GenericWorkload,
 * ClusterTrustBundleProjection, PodCertificateRequest, ImageVolumeWithDigest, DRANodeAllocatableResources. They are
 * dropped from what is written, except where the stored object has them already (upstream: dropDisabledFields).
 */
import type { DeepReadonly, KubeObject, Stored } from '#machinery/meta/object.ts'
import type { PrepareContext } from '#machinery/schema/define-kind.ts'
import type { Container, PodSpec, PodStatus, PodTemplateSpec } from '../../gen/core-v1.ts'
import { separateStatus, type StatusStrategy, type WithStatus } from '../../strategy.ts'

const containerFields = ['containers', 'initContainers', 'ephemeralContainers'] as const

/** Parts that change are copied: the object may share them with others. */
export function dropDisabledFields(spec: PodSpec | undefined, old?: DeepReadonly<PodSpec>): void {
  if (!spec) return
  if (!old?.schedulingGroup) delete spec.schedulingGroup
  for (const field of projections) dropProjection(spec, field, old)
  if (old && hasStopSignal(old)) return
  for (const field of containerFields) {
    if (hasStopSignal({ [field]: spec[field] })) spec[field] = spec[field]!.map(withoutStopSignal) as Container[]
  }
}

const projections = ['clusterTrustBundle', 'podCertificate'] as const

/** A source that was nothing else stays, as an empty one. */
function dropProjection(
  spec: PodSpec, field: typeof projections[number], old: DeepReadonly<PodSpec> | undefined,
): void {
  const projects = (volumes: DeepReadonly<PodSpec['volumes']>): boolean | undefined =>
    volumes?.some(({ projected }) => projected?.sources?.some((source) => source[field]))
  if (!projects(spec.volumes) || projects(old?.volumes)) return
  spec.volumes = spec.volumes!.map((volume) => volume.projected?.sources ? {
    ...volume, projected: {
      ...volume.projected, sources: volume.projected.sources.map(({ [field]: _, ...source }) => source),
    },
  } : volume)
}

const statusFields = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const

/** The same of what a kubelet tells. */
export function dropDisabledStatus(status: PodStatus, old: DeepReadonly<PodStatus>): void {
  if (!old.nodeAllocatableResourceClaimStatuses) delete status.nodeAllocatableResourceClaimStatuses
  const tellsVolumes = (of: DeepReadonly<PodStatus>): boolean => statusFields.some((field) =>
    of[field]?.some(({ volumeMounts }) => volumeMounts?.some(({ volumeStatus }) => volumeStatus)))
  if (!tellsVolumes(status) || tellsVolumes(old)) return
  for (const field of statusFields) {
    if (status[field]) status[field] = status[field].map(({ volumeMounts, ...container }) => volumeMounts
      ? { ...container, volumeMounts: volumeMounts.map(({ volumeStatus: _, ...mount }) => mount) } : container)
  }
}

function hasStopSignal(spec: DeepReadonly<Pick<Partial<PodSpec>, typeof containerFields[number]>>): boolean {
  return containerFields.some((field) => spec[field]?.some(({ lifecycle }) => lifecycle?.stopSignal !== undefined))
}

/** A lifecycle that says nothing else goes with it. */
function withoutStopSignal<T extends Pick<Container, 'lifecycle'>>(container: T): T {
  if (container.lifecycle?.stopSignal === undefined) return container
  const { lifecycle: { stopSignal: _, ...lifecycle }, ...rest } = container
  return (Object.keys(lifecycle).length > 0 ? { ...rest, lifecycle } : rest) as T
}

/** The strategy of a kind with a status that makes pods: `templateOf` says of which template. */
export function ownerStrategy<T extends WithStatus>(
  initial: NonNullable<T['status']>, templateOf: (object: T) => PodTemplateSpec | undefined,
): StatusStrategy<T> {
  return droppingDisabled(separateStatus<T>(initial), templateOf)
}

/** The same around a strategy of the kind's own. */
export function droppingDisabled<T extends KubeObject>(
  strategy: Partial<StatusStrategy<T>>, templateOf: (object: T) => PodTemplateSpec | undefined,
): StatusStrategy<T> {
  return {
    prepareForCreate: (object) => {
      strategy.prepareForCreate?.(object)
      dropDisabledFields(templateOf(object)?.spec)
    },
    prepareForUpdate: (object: T, old: Stored<T>, context: PrepareContext) => {
      strategy.prepareForUpdate?.(object, old, context)
      if (context.subresource === '') dropDisabledFields(templateOf(object)?.spec, templateOf(old as T)?.spec)
    },
  }
}
