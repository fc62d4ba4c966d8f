/**
 * Brings claims and volumes together, one write at a time: the volume names the claim, then the claim the volume,
 * then both say so.
 */
import { persistentVolume } from '#api/core/persistentvolume/persistentvolume.ts'
import { persistentVolumeClaim } from '#api/core/persistentvolumeclaim/persistentvolumeclaim.ts'
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeStatus } from '#api/gen/core-v1.ts'
import type { StorageClass } from '#api/gen/storage-v1.ts'
import { storageClassNameOf } from '#api/storage/storageclass/storage-class-name.ts'
import { storageClass } from '#api/storage/storageclass/storageclass.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { objectKey, type DeepReadonly, type Stored } from '#machinery/meta/object.ts'
import { formatTime } from '#machinery/time.ts'
import { nothing, recordEvent, update, updateStatus, type Plan } from '../driver/action.ts'
import { defineController, wakeFrom } from '../driver/define-controller.ts'
import { findVolume, isReservedFor } from './match.ts'

const boundByController = 'pv.kubernetes.io/bound-by-controller'
const bindCompleted = 'pv.kubernetes.io/bind-completed'
const selectedNode = 'volume.kubernetes.io/selected-node'
const provisionerAnnotation = 'volume.kubernetes.io/storage-provisioner'
const oldProvisionerAnnotation = 'volume.beta.kubernetes.io/storage-provisioner'
const noProvisioner = 'kubernetes.io/no-provisioner'

export interface ClaimState {
  readonly claim: Stored<PersistentVolumeClaim>
  readonly volumes: readonly Stored<PersistentVolume>[]
  readonly storageClass: Stored<StorageClass> | undefined
}

export const claimBinder = defineController({
  name: 'persistentvolumeclaim-binder',
  serviceAccount: 'persistent-volume-binder',
  eventSource: 'persistentvolume-controller',
  for: persistentVolumeClaim,
  watches: [
    wakeFrom(persistentVolume, ({ spec }, cache) =>
      spec?.claimRef
        ? [`${spec.claimRef.namespace}/${spec.claimRef.name}`]
        : cache
            .of(persistentVolumeClaim)
            .list()
            .filter((claim) => !claim.spec?.volumeName)
            .map(objectKey),
    ),
    wakeFrom(storageClass, ({ metadata }, cache) => cache.of(persistentVolumeClaim).list()
      .filter((claim) => !claim.spec?.volumeName && storageClassNameOf(claim) === metadata.name).map(objectKey)),
  ],
  observe: (claim, cache): ClaimState => ({
    claim,
    volumes: cache.of(persistentVolume).list(),
    storageClass: cache.of(storageClass).get(storageClassNameOf(claim)),
  }),
  reconcile: reconcileClaim,
  // Two claims must not take one volume at the same time.
  workers: 1,
})

function reconcileClaim({ claim, volumes, storageClass: chosen }: ClaimState): Plan {
  if (claim.metadata.deletionTimestamp && !claim.spec?.volumeName) return nothing
  if (claim.spec?.volumeName) {
    return reconcileBound(
      claim,
      volumes.find(({ metadata }) => metadata.name === claim.spec?.volumeName),
    )
  }
  const waits =
    String(chosen?.volumeBindingMode) === 'WaitForFirstConsumer'
    && claim.metadata.annotations?.[selectedNode] === undefined
  const reserved = volumes.find((volume) => isReservedFor(volume, claim))
  if (waits && !reserved) {
    return tell(claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding')
  }
  const volume = findVolume(claim, volumes)
  if (!volume) return waitForVolume(claim, chosen)
  if (!volume.spec?.claimRef?.uid) return { actions: [update(persistentVolume, reserve(volume, claim))] }
  const annotations = { ...claim.metadata.annotations, [bindCompleted]: 'yes', [boundByController]: 'yes' }
  return {
    actions: [update(persistentVolumeClaim, {
      ...claim, metadata: { ...claim.metadata, annotations }, spec: { ...claim.spec, volumeName: volume.metadata.name },
    })],
  }
}

function reserve(
  volume: Stored<PersistentVolume>,
  { metadata }: Stored<PersistentVolumeClaim>,
): DeepReadonly<PersistentVolume> {
  const { uid, name, namespace = '', resourceVersion } = metadata
  const annotations = volume.spec?.claimRef
    ? volume.metadata.annotations
    : { ...volume.metadata.annotations, [boundByController]: 'yes' }
  return {
    ...volume, metadata: { ...volume.metadata, ...(annotations && { annotations }) },
    spec: {
      ...volume.spec,
      claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid, resourceVersion },
    },
  }
}

/**
 * The claim names its volume (because we bound it, or its author chose): is the volume there, and is it the claim's?
 */
function reconcileBound(claim: Stored<PersistentVolumeClaim>, volume: Stored<PersistentVolume> | undefined): Plan {
  const wasBound = claim.metadata.annotations?.[bindCompleted] !== undefined
  if (!volume) {
    if (!wasBound || claim.status?.phase === 'Lost') return nothing
    return {
      actions: [
        recordEvent(
          persistentVolumeClaim,
          claim,
          'Warning',
          'ClaimLost',
          'Bound claim has lost its PersistentVolume. Data on the volume is lost!',
        ),
        updateStatus(persistentVolumeClaim, { ...claim, status: { ...claim.status, phase: 'Lost' } }),
      ],
    }
  }
  if (!volume.spec?.claimRef || (isReservedFor(volume, claim) && !volume.spec.claimRef.uid)) {
    return { actions: [update(persistentVolume, reserve(volume, claim))] }
  }
  if (!isReservedFor(volume, claim)) {
    return { actions: [], because: `volume ${volume.metadata.name} is bound to another claim` }
  }
  if (!wasBound) {
    const annotations = { ...claim.metadata.annotations, [bindCompleted]: 'yes' }
    return { actions: [update(persistentVolumeClaim, { ...claim, metadata: { ...claim.metadata, annotations } })] }
  }
  const { accessModes = [], capacity = {} } = volume.spec
  const status = { ...claim.status, phase: 'Bound' as const, accessModes, capacity: claim.status?.capacity ?? capacity }
  return semanticEqual(claim.status, status)
    ? nothing
    : { actions: [updateStatus(persistentVolumeClaim, { ...claim, status })] }
}

/** Whoever makes volumes of that class is told by an annotation; without a class somebody has to bring one. */
function waitForVolume(claim: Stored<PersistentVolumeClaim>, chosen: Stored<StorageClass> | undefined): Plan {
  const provisioner = chosen?.provisioner
  if (storageClassNameOf(claim) === '') {
    return tell(
      claim,
      'Normal',
      'FailedBinding',
      'no persistent volumes available for this claim and no storage class is set',
    )
  }
  if (provisioner === undefined) {
    return tell(
      claim,
      'Warning',
      'ProvisioningFailed',
      `storageclass.storage.k8s.io "${storageClassNameOf(claim)}" not found`,
    )
  }
  if (provisioner === noProvisioner) {
    return tell(
      claim,
      'Normal',
      'FailedBinding',
      'no persistent volumes available for this claim and no storage class is set',
    )
  }
  const message =
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. `
    + 'If volume creation is delayed, please verify that the provisioner is running and correctly registered.'
  if (claim.metadata.annotations?.[provisionerAnnotation] === provisioner) {
    return tell(claim, 'Normal', 'ExternalProvisioning', message)
  }
  const annotations = {
    ...claim.metadata.annotations,
    [provisionerAnnotation]: provisioner,
    [oldProvisionerAnnotation]: provisioner,
  }
  return {
    actions: [update(persistentVolumeClaim, { ...claim, metadata: { ...claim.metadata, annotations } })],
    because: message,
  }
}

function tell(claim: Stored<PersistentVolumeClaim>, type: 'Normal' | 'Warning', reason: string, message: string): Plan {
  return { actions: [recordEvent(persistentVolumeClaim, claim, type, reason, message)], because: message }
}

export interface VolumeState {
  readonly volume: Stored<PersistentVolume>
  readonly claim: Stored<PersistentVolumeClaim> | undefined
  readonly now: number
}

export const volumeBinder = defineController({
  name: 'persistentvolume-binder',
  serviceAccount: 'persistent-volume-binder',
  eventSource: 'persistentvolume-controller',
  for: persistentVolume,
  watches: [wakeFrom(persistentVolumeClaim, (claim, cache) => claim.spec?.volumeName ? [claim.spec.volumeName]
    : cache.of(persistentVolume).list().filter((volume) => isReservedFor(volume, claim)).map(objectKey))],
  observe: (volume, cache, { now }): VolumeState => ({
    volume,
    now,
    claim:
      volume.spec?.claimRef
      && cache.of(persistentVolumeClaim).get(volume.spec.claimRef.name ?? '', volume.spec.claimRef.namespace),
  }),
  reconcile: reconcileVolume,
})

/**
 * Released volumes stay, with their data: whoever made them deletes them (reclaim policy Delete), or a
 * person does (Retain).
 */
function reconcileVolume({ volume, claim, now }: VolumeState): Plan {
  const reference = volume.spec?.claimRef
  const phase = !reference?.uid ? 'Available' as const
    : claim?.metadata.uid !== reference.uid ? 'Released' as const
    : claim.spec?.volumeName === volume.metadata.name ? 'Bound' as const : volume.status?.phase ?? 'Available' as const
  if (volume.status?.phase === phase) return nothing
  const status: DeepReadonly<PersistentVolumeStatus> = { phase, lastPhaseTransitionTime: formatTime(now) }
  return { actions: [updateStatus(persistentVolume, { ...volume, status })] }
}
