/** Claims, volumes and classes as decisions see them, and which volume would do for a claim. */
import type { PersistentVolume, PersistentVolumeClaim } from '#api/gen/core-v1.ts'
import type { StorageClass } from '#api/gen/storage-v1.ts'
import { storageClassNameOf } from '#api/storage/storageclass/storage-class-name.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { compareQuantities, parseQuantity } from '#machinery/quantity.ts'
import { nodeSelectorMatcher } from '../node-selector.ts'
import type { NodeInfo } from '../snapshot/node-info.ts'

export type Claim = Stored<PersistentVolumeClaim>
export type Volume = Stored<PersistentVolume>

export interface VolumeView {
  claim(namespace: string, name: string): Claim | undefined
  volume(name: string): Volume | undefined
  /** All volumes of a class, those promised to somebody included. */
  volumesOfClass(name: string): readonly Volume[]
  storageClass(name: string): Stored<StorageClass> | undefined
  /** The uid of the claim that a volume was promised to by a decision that is still on its way. */
  promisedTo(volume: string): string | undefined
}

const bindCompletedAnnotation = 'pv.kubernetes.io/bind-completed'
export const boundByControllerAnnotation = 'pv.kubernetes.io/bound-by-controller'
export const selectedNodeAnnotation = 'volume.kubernetes.io/selected-node'
const noProvisioner = 'kubernetes.io/no-provisioner'

export function isFullyBound({ spec, metadata }: Claim): boolean {
  return Boolean(spec?.volumeName) && metadata.annotations?.[bindCompletedAnnotation] !== undefined
}

/** Claims of such a class are bound when a pod that uses them is placed, not before. */
export function waitsForPod(claim: Claim, view: VolumeView): boolean {
  return (
    !claim.spec?.volumeName
    && view.storageClass(storageClassNameOf(claim))?.volumeBindingMode === 'WaitForFirstConsumer'
  )
}

/** True if the volume can be used from the node. */
export function reaches(volume: Volume, node: NodeInfo): boolean {
  const required = volume.spec?.nodeAffinity?.required
  return required === undefined || nodeSelectorMatcher(required)(node)
}

/** The smallest volume that would do for the claim on that node, other than those in `taken`. */
export function findVolume(
  claim: Claim, node: NodeInfo, view: VolumeView, taken: ReadonlySet<string>,
): Volume | undefined {
  let best: Volume | undefined
  for (const volume of view.volumesOfClass(storageClassNameOf(claim))) {
    if (
      taken.has(volume.metadata.name)
      || !isFree(volume, claim, view)
      || !satisfies(volume, claim)
      || !reaches(volume, node)
    ) {
      continue
    }
    if (best === undefined || compareQuantities(capacityOf(volume), capacityOf(best)) < 0) best = volume
  }
  return best
}

/** True if a volume for the claim can be made where the node is. */
export function canProvision(claim: Claim, node: NodeInfo, view: VolumeView): boolean {
  const chosen = claim.metadata.annotations?.[selectedNodeAnnotation]
  if (chosen !== undefined && chosen !== node.name) return false
  const storageClass = view.storageClass(storageClassNameOf(claim))
  if (storageClass === undefined || storageClass.provisioner === noProvisioner) return false
  const terms = storageClass.allowedTopologies ?? []
  return terms.length === 0 || terms.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(
      ({ key, values }) => node.labels[key] !== undefined && values.includes(node.labels[key]),
    ))
}

function isFree(volume: Volume, claim: Claim, view: VolumeView): boolean {
  const { claimRef } = volume.spec ?? {}
  if (volume.metadata.deletionTimestamp !== undefined) return false
  const promised = view.promisedTo(volume.metadata.name)
  if (promised !== undefined) return promised === claim.metadata.uid
  if (claimRef === undefined) return volume.status?.phase === 'Available'
  return claimRef.namespace === claim.metadata.namespace && claimRef.name === claim.metadata.name
    && (!claimRef.uid || claimRef.uid === claim.metadata.uid)
}

function satisfies(volume: Volume, { spec }: Claim): boolean {
  const modes = volume.spec?.accessModes ?? []
  const wanted = spec?.resources?.requests?.['storage']
  return (spec?.accessModes ?? []).every((mode) => modes.includes(mode))
    && (spec?.volumeMode ?? 'Filesystem') === (volume.spec?.volumeMode ?? 'Filesystem')
    && (spec?.selector === undefined || labelSelectorMatcher(spec.selector).matches(volume.metadata.labels))
    && (wanted === undefined || compareQuantities(capacityOf(volume), parseQuantity(wanted)) >= 0)
}

function capacityOf(volume: DeepReadonly<PersistentVolume>) {
  return parseQuantity(volume.spec?.capacity?.['storage'] ?? '0')
}
