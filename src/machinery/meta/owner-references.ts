/** Owner references: who an object belongs to. */
import type { AnyKind } from '../schema/define-kind.ts'
import { formatApiVersion } from './group-version.ts'
import type { DeepReadonly, KubeObject, ObjectMeta, OwnerReference } from './object.ts'

interface Owned {
  readonly metadata?: DeepReadonly<Pick<ObjectMeta, 'ownerReferences'>>
}

/** The reference to the managing controller; there is at most one. */
export function controllerOf(object: Owned): DeepReadonly<OwnerReference> | undefined {
  return object.metadata?.ownerReferences?.find((reference) => reference.controller === true)
}

/**
 * The reference that marks `owner` as the controller of what it makes (metav1.NewControllerRef): what it marks goes
 * with the owner, and a foreground deletion of the owner waits for it.
 */
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
