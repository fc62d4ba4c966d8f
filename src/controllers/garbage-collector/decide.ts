/** What becomes of one object, given what its owners are: pure. */
import { foregroundFinalizer, orphanFinalizer } from '#machinery/meta/finalizers.ts'
import type { DeepReadonly, KubeObject, OwnerReference, Stored } from '#machinery/meta/object.ts'

/**
 * `solid`: it lives. `dangling`: it is gone. `waiting`: it is deleted in the foreground and waits for its dependents.
 */
export type OwnerState = 'solid' | 'dangling' | 'waiting' | 'unresolvable'

export interface ClassifiedOwner {
  readonly reference: DeepReadonly<OwnerReference>
  readonly state: OwnerState
}

export interface DependentsView {
  readonly count: number
  /** Some dependents are themselves waiting for theirs: a circle, perhaps. */
  readonly someDeletingDependents: boolean
}

export type Decision =
  | { readonly type: 'keep'; readonly because: string }
  /** Some owners still live: forget the others. */
  | { readonly type: 'dropOwners'; readonly uids: readonly string[] }
  | { readonly type: 'delete'; readonly policy: 'Orphan' | 'Foreground' | 'Background'; readonly unblockFirst: boolean }

export function decide(
  object: Stored<KubeObject>,
  owners: readonly ClassifiedOwner[],
  dependents: DependentsView,
): Decision {
  if (owners.length === 0) return { type: 'keep', because: 'it has no owners' }
  if (owners.some(({ state }) => state === 'unresolvable')) {
    return { type: 'keep', because: 'an owner cannot be resolved' }
  }
  const solid = owners.filter(({ state }) => state === 'solid')
  const gone = owners.filter(({ state }) => state !== 'solid')
  if (solid.length > 0) {
    if (gone.length === 0) return { type: 'keep', because: 'all owners live' }
    return { type: 'dropOwners', uids: gone.map(({ reference }) => reference.uid) }
  }
  if (owners.some(({ state }) => state === 'waiting') && dependents.count > 0) {
    return { type: 'delete', policy: 'Foreground', unblockFirst: dependents.someDeletingDependents }
  }
  return { type: 'delete', policy: policyOf(object), unblockFirst: false }
}

/** An object that was told how to go keeps to it. */
function policyOf({ metadata }: Stored<KubeObject>): 'Orphan' | 'Foreground' | 'Background' {
  const finalizers = metadata.finalizers ?? []
  if (finalizers.includes(orphanFinalizer)) return 'Orphan'
  if (finalizers.includes(foregroundFinalizer)) return 'Foreground'
  return 'Background'
}

/** The owner references without `uids`, as a patch that fails when the object has changed meanwhile. */
export function dropOwnersPatch(object: Stored<KubeObject>, uids: readonly string[]): object {
  const { uid, resourceVersion, ownerReferences = [] } = object.metadata
  return {
    metadata: { uid, resourceVersion, ownerReferences: ownerReferences.filter((owner) => !uids.includes(owner.uid)) },
  }
}

export function unblockPatch(object: Stored<KubeObject>): object {
  const { uid, resourceVersion, ownerReferences = [] } = object.metadata
  return {
    metadata: {
      uid,
      resourceVersion,
      ownerReferences: ownerReferences.map((owner) => ({ ...owner, blockOwnerDeletion: false })),
    },
  }
}

export function removeFinalizerPatch(object: Stored<KubeObject>, finalizer: string): object {
  const { uid, resourceVersion, finalizers = [] } = object.metadata
  return { metadata: { uid, resourceVersion, finalizers: finalizers.filter((name) => name !== finalizer) } }
}
