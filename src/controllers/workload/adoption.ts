/** Who belongs to whom: by controller reference, and for orphans by selector (upstream's ControllerRefManager). */
import type { LabelMatcher } from '#machinery/meta/label-selector.ts'
import { objectKey, type KubeObject, type Stored } from '#machinery/meta/object.ts'
import { controllerOf, controllerReferenceTo } from '#machinery/meta/owner-references.ts'
import type { AnyKind, Kind } from '#machinery/schema/define-kind.ts'
import { patch, type Action } from '../driver/action.ts'
import { wakeFrom, type Watch } from '../driver/define-controller.ts'

export interface Claims<T extends KubeObject> {
  /** Those that are the owner's, with those that it is about to adopt. */
  readonly claimed: readonly Stored<T>[]
  /** Adoptions (each after a fresh look whether the owner still lives) and releases. */
  readonly actions: readonly Action[]
}

export interface Claimant {
  readonly kind: AnyKind
  readonly owner: Stored<KubeObject>
  readonly selector: LabelMatcher
}

/** Pure: objects that match and have no controller are adopted, those that match no more are released. */
export function planClaims<T extends KubeObject>(
  { kind, owner, selector }: Claimant, objectKind: Kind<T>, objects: readonly Stored<T>[],
): Claims<T> {
  const isDeleting = owner.metadata.deletionTimestamp !== undefined
  const claimed: Stored<T>[] = []
  const actions: Action[] = []
  for (const object of objects) {
    const controller = controllerOf(object)
    const matches = selector.matches(object.metadata.labels)
    if (controller) {
      if (controller.uid !== owner.metadata.uid) continue
      if (matches) claimed.push(object)
      else if (!isDeleting) actions.push(release(objectKind, object, owner))
    } else if (matches && !isDeleting && !object.metadata.deletionTimestamp) {
      claimed.push(object)
      actions.push(adopt(objectKind, object, kind, owner))
    }
  }
  return { claimed, actions }
}

function adopt<T extends KubeObject>(
  objectKind: Kind<T>,
  object: Stored<T>,
  kind: AnyKind,
  owner: Stored<KubeObject>,
): Action {
  const ownerReferences = [controllerReferenceTo(kind, owner)]
  return patch(
    objectKind,
    object,
    { metadata: { ownerReferences } },
    { ifAlive: { kind, object: owner }, ifGone: 'ignore' },
  )
}

function release<T extends KubeObject>(objectKind: Kind<T>, object: Stored<T>, owner: Stored<KubeObject>): Action {
  const ownerReferences = [{ $patch: 'delete', uid: owner.metadata.uid }]
  return patch(objectKind, object, { metadata: { ownerReferences } }, { ifGone: 'ignore' })
}

/** Wakes every owner whose selector takes an object that has no controller. */
export function wakeForOrphans<O extends KubeObject, T extends KubeObject>(
  objectKind: Kind<O>,
  ownerKind: Kind<T>,
  selectorOf: (owner: Stored<T>) => LabelMatcher,
): Watch {
  return wakeFrom(objectKind, (object, cache) => {
    const { namespace, labels } = object.metadata
    if (controllerOf(object)) return []
    return cache.of(ownerKind).list(namespace).filter((owner) => selectorOf(owner).matches(labels)).map(objectKey)
  })
}
