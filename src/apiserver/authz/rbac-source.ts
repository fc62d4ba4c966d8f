/** Feeds the RBAC index from the store. */
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { collectionRange } from '../rest/keys.ts'
import { decodeLean } from '../rest/stored-form.ts'
import type { FollowedRange } from '../store-follower.ts'
import type { RbacIndex, RbacObject, RbacResource } from './rbac-index.ts'

const resources: readonly RbacResource[] = ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings']

/** `kinds` finds a kind of rbac.authorization.k8s.io by its plural. */
export function rbacRanges(index: RbacIndex, kinds: (plural: string) => AnyKind | undefined): FollowedRange[] {
  return resources.map((resource) => {
    const kind = kinds(resource)
    if (!kind) throw new Error(`no kind is declared for ${resource}.rbac.authorization.k8s.io`)
    const known = new Map<string, { readonly namespace: string; readonly name: string }>()
    return {
      range: collectionRange(kind, ''),
      clear() {
        for (const { namespace, name } of known.values()) index.delete(resource, namespace, name)
        known.clear()
      },
      put(entry) {
        const object = decodeLean(entry)
        known.set(entry.key, { namespace: object.metadata.namespace ?? '', name: object.metadata.name })
        index.set(resource, object as unknown as RbacObject)
      },
      delete(entry) {
        const old = known.get(entry.key)
        if (!old) return
        known.delete(entry.key)
        index.delete(resource, old.namespace, old.name)
      },
    }
  })
}
