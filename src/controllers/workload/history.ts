/** ControllerRevisions: the remembered templates of DaemonSets and StatefulSets. */
import { controllerRevision } from '#api/apps/controllerrevision/controllerrevision.ts'
import type { ControllerRevision } from '#api/gen/apps-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import type { DeepReadonly, KubeObject, Stored } from '#machinery/meta/object.ts'
import { controllerReferenceTo } from '#machinery/meta/owner-references.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { create, remove, update, type Action } from '../driver/action.ts'
import { computeTemplateHash } from './template-hash.ts'

/** On pods, and on the revisions of DaemonSets. */
export const revisionHashLabel = 'controller-revision-hash'
/** On the revisions of StatefulSets. */
export const statefulRevisionHashLabel = 'controller.kubernetes.io/hash'

export interface RevisionOwner {
  readonly kind: AnyKind
  readonly owner: Stored<KubeObject>
  readonly template: unknown
  readonly collisionCount: number | undefined
  /** Which label of the revision tells its hash. */
  readonly hashLabel: string
}

export interface CurrentRevision {
  readonly name: string
  readonly hash: string
  readonly isNew: boolean
  readonly actions: readonly Action[]
  /** The name belongs to something else: count up and try again. */
  readonly isCollision: boolean
}

/**
 * The revision of the template as it is now: an old one with the same content (made the newest again), or a new one.
 */
export function planRevision(
  { kind, owner, template, collisionCount, hashLabel }: RevisionOwner, revisions: readonly Stored<ControllerRevision>[],
  taken: (name: string) => boolean,
): CurrentRevision {
  const data = { spec: { template: { ...template as object, $patch: 'replace' } } }
  const newest = Math.max(0, ...revisions.map(({ revision }) => revision))
  const same = revisions
    .filter((revision) => semanticEqual(revision.data, data))
    .toSorted((a, b) => b.revision - a.revision)[0]
  if (same) {
    const actions = same.revision === newest ? [] : [update(controllerRevision, { ...same, revision: newest + 1 })]
    return { name: same.metadata.name, hash: hashOf(same), isNew: false, actions, isCollision: false }
  }
  const hash = computeTemplateHash(data, collisionCount)
  const name = `${owner.metadata.name}-${hash}`
  if (taken(name)) return { name, hash, isNew: true, actions: [], isCollision: true }
  const { namespace, annotations } = owner.metadata
  const labels = (template as { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } }).metadata
    ?.labels
  const object: DeepReadonly<ControllerRevision> = {
    apiVersion: 'apps/v1', kind: 'ControllerRevision',
    metadata: {
      name, ...(namespace !== undefined && { namespace }), labels: { ...labels, [hashLabel]: hash },
      // Why the template changed (kubernetes.io/change-cause), for `kubectl rollout history`.
      ...(annotations && { annotations }),
      ownerReferences: [controllerReferenceTo(kind, owner)],
    },
    data, revision: newest + 1,
  }
  return { name, hash, isNew: true, actions: [create(controllerRevision, object)], isCollision: false }
}

export function hashOf({ metadata }: Stored<ControllerRevision>): string {
  const { labels, name } = metadata
  return labels?.[revisionHashLabel] ?? labels?.[statefulRevisionHashLabel] ?? name.slice(name.lastIndexOf('-') + 1)
}

/** The oldest ones beyond `limit` that nothing uses. */
export function planHistoryCleanUp(
  revisions: readonly Stored<ControllerRevision>[], inUse: ReadonlySet<string>, limit: number,
): readonly Action[] {
  // A StatefulSet may have such a limit, and keeps them all.
  if (limit < 0) return []
  const idle = revisions.filter((revision) => !inUse.has(revision.metadata.name) && !inUse.has(hashOf(revision)))
    .toSorted((a, b) => a.revision - b.revision)
  return idle.slice(0, Math.max(0, idle.length - limit)).map((revision) => remove(controllerRevision, revision))
}
