/**
 * What becomes of a pod's claims when it is scaled away or the set is deleted (KEP-1847). The controller deletes no
 * claim itself: it makes the claim a dependent of the pod or of the set, and the garbage collector does the rest.
 */
import { statefulSet } from '#api/apps/statefulset/statefulset.ts'
import { persistentVolumeClaim } from '#api/core/persistentvolumeclaim/persistentvolumeclaim.ts'
import { pod as podKind } from '#api/core/pod/pod.ts'
import type { StatefulSet } from '#api/gen/apps-v1.ts'
import type { PersistentVolumeClaim } from '#api/gen/core-v1.ts'
import { deepEqual } from '#base/deep-equal.ts'
import type { DeepReadonly, OwnerReference, Stored } from '#machinery/meta/object.ts'
import { controllerReferenceTo } from '#machinery/meta/owner-references.ts'
import { update, type Action } from '../driver/action.ts'
import type { StoredPod } from '../workload/pods.ts'
import { claimName, isInRange, ordinalOf, podName } from './identity.ts'

type Claim = Stored<PersistentVolumeClaim>
type References = readonly DeepReadonly<OwnerReference>[]
export type ClaimOf = (name: string) => Claim | undefined

/** Brings the owners of a pod's claims in line with the set's policy. */
export function planClaimOwners(set: Stored<StatefulSet>, pod: StoredPod, claimOf: ClaimOf): readonly Action[] {
  return claimsOf(set, ordinalOf(set, pod)!, claimOf).flatMap((claim) => {
    const old: References = claim.metadata.ownerReferences ?? []
    const references = ownersOf(set, pod, old)
    if (deepEqual(old, references)) return []
    const metadata = { ...claim.metadata, ownerReferences: references }
    return [update(persistentVolumeClaim, { ...claim, metadata }, { ifGone: 'ignore' })]
  })
}

/** True while a claim of that number still goes away with the pod that had the number before. */
export function hasStaleClaim(set: Stored<StatefulSet>, ordinal: number, claimOf: ClaimOf): boolean {
  if (set.spec?.persistentVolumeClaimRetentionPolicy?.whenScaled !== 'Delete') return false
  return claimsOf(set, ordinal, claimOf).some(({ metadata }) =>
    (metadata.ownerReferences ?? []).some(({ kind, name }) => kind === podKind.kind && name === podName(set, ordinal)))
}

function claimsOf(set: Stored<StatefulSet>, ordinal: number, claimOf: ClaimOf): readonly Claim[] {
  return (set.spec?.volumeClaimTemplates ?? [])
    .map((template) => claimOf(claimName(set, template, ordinal)))
    .filter((claim) => claim !== undefined)
}

function ownersOf(set: Stored<StatefulSet>, pod: StoredPod, old: References): References {
  const ours = [controllerReferenceTo(statefulSet, set), controllerReferenceTo(podKind, pod)] as const
  const isOurs = ({ uid }: DeepReadonly<OwnerReference>): boolean => ours.some((reference) => reference.uid === uid)
  // A claim of an earlier set or pod of the same name goes its own way.
  const isStale = old.some(
    (reference) => !isOurs(reference)
      && ours.some(({ kind, name }) => kind === reference.kind && name === reference.name),
  )
  if (isStale) return old
  const others = old.filter((reference) => !isOurs(reference))
  if (others.some(({ controller }) => controller === true)) return others
  const wanted = wantedOwner(set, pod, ours)
  if (!wanted) return others
  const isThere = old.some(({ uid, controller }) => uid === wanted.uid && controller === true)
  return isThere && others.length === old.length - 1 ? old : [...others, wanted]
}

function wantedOwner(
  set: Stored<StatefulSet>, pod: StoredPod, [ofSet, ofPod]: readonly [OwnerReference, OwnerReference],
): OwnerReference | undefined {
  const { whenScaled, whenDeleted } = set.spec?.persistentVolumeClaimRetentionPolicy ?? {}
  if (whenScaled === 'Delete' && !isInRange(set, ordinalOf(set, pod)!)) return ofPod
  return whenDeleted === 'Delete' ? ofSet : undefined
}
