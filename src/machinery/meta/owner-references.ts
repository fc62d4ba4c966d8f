/** Owner references: who an object belongs to. */
import type { DeepReadonly, ObjectMeta, OwnerReference } from './object.ts'

interface Owned {
  readonly metadata?: DeepReadonly<Pick<ObjectMeta, 'ownerReferences'>>
}

interface Owner {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: { readonly name?: string; readonly uid?: string }
}

/** The reference to the managing controller; there is at most one. */
export function controllerOf(object: Owned): DeepReadonly<OwnerReference> | undefined {
  return object.metadata?.ownerReferences?.find((reference) => reference.controller === true)
}

/** True when the owner (by uid: names are reused) controls the object. */
export function isControlledBy(object: Owned, owner: Owner): boolean {
  const uid = owner.metadata?.uid
  return uid !== undefined && controllerOf(object)?.uid === uid
}

/** True when any reference, controlling or not, is to the owner. */
export function isOwnedBy(object: Owned, owner: Owner): boolean {
  const uid = owner.metadata?.uid
  return uid !== undefined && (object.metadata?.ownerReferences?.some((reference) => reference.uid === uid) ?? false)
}

/**
 * The reference that a controller puts on what it makes (metav1.NewControllerRef): deleting the owner waits for the
 * object.
 */
export function controllerReference(owner: Owner): OwnerReference {
  return { ...ownerReference(owner), controller: true, blockOwnerDeletion: true }
}

/** A plain reference: the object goes when the owner goes. The owner must be complete. */
export function ownerReference({ apiVersion, kind, metadata }: Owner): OwnerReference {
  const { name, uid } = metadata ?? {}
  if (!apiVersion || !kind || !name || !uid) throw new Error('an owner needs apiVersion, kind, name and uid')
  return { apiVersion, kind, name, uid }
}
