/** Who makes an object depend on another must be allowed to delete the one, and to hold up the other's deletion. */
import { semanticEqual } from '#base/deep-equal.ts'
import { parseApiVersion } from '#machinery/meta/group-version.ts'
import type { OwnerReference } from '#machinery/meta/object.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { AuthorizationAttributes, Authorizer } from '../../authz/authorizer.ts'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.ts'
import { isResource, refuse, resourceOf } from '../refusal.ts'

type Reference = Readonly<OwnerReference>

/** `kinds`: those that are served now. */
export function ownerReferencesPermission(authorizer: Authorizer, kinds: () => readonly AnyKind[]): AdmissionPlugin {
  return {
    name: 'OwnerReferencesPermissionEnforcement',
    validate(attributes) {
      const { operation, object, old } = attributes
      if ((operation !== 'CREATE' && operation !== 'UPDATE') || isResource(attributes, '', 'pods', 'status')) return
      const owners: readonly Reference[] = object?.metadata?.ownerReferences ?? []
      const before: readonly Reference[] = old?.metadata.ownerReferences ?? []
      if (owners.length === before.length && owners.every((owner, at) => semanticEqual(owner, before[at]))) return
      return enforce(attributes, owners, before, authorizer, kinds())
    },
  }
}

async function enforce(
  attributes: AdmissionAttributes, owners: readonly Reference[], before: readonly Reference[], authorizer: Authorizer,
  kinds: readonly AnyKind[],
): Promise<void> {
  const { operation, user, namespace, version, subresource, name } = attributes
  const { group, resource } = resourceOf(attributes)
  // Who creates an object has nobody else's to keep.
  if (operation === 'UPDATE') {
    await require(attributes, authorizer, "cannot set an ownerRef on a resource you can't delete", {
      type: 'resource', user, verb: 'delete', namespace, group, version: version.version, resource, subresource, name,
    })
  }
  const wasBlocking = new Set(before.filter(({ blockOwnerDeletion }) => blockOwnerDeletion).map(({ uid }) => uid))
  for (const owner of owners) {
    if (!owner.blockOwnerDeletion || wasBlocking.has(owner.uid)) continue
    const kind = kindOf(owner, kinds)
    const of = `for APIVersion ${owner.apiVersion} Kind ${owner.kind}`
    if (!kind) {
      throw refuse(attributes, `cannot set blockOwnerDeletion in this case because cannot find RESTMapping ${of}: `
        + `no matches for kind ${JSON.stringify(owner.kind)} in version ${JSON.stringify(owner.apiVersion)}`)
    }
    await require(attributes, authorizer,
      "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on", {
        type: 'resource', user, verb: 'update', namespace: kind.namespaced ? namespace : '', group: kind.group,
        version: parseApiVersion(owner.apiVersion)?.version ?? '', resource: kind.plural, subresource: 'finalizers',
        name: owner.name,
      })
  }
}

function kindOf({ apiVersion, kind }: Reference, kinds: readonly AnyKind[]): AnyKind | undefined {
  const parsed = parseApiVersion(apiVersion)
  return parsed && kinds.find((each) => each.group === parsed.group && each.kind === kind
    && each.versions.some(({ version, served }) => served && version === parsed.version))
}

async function require(
  attributes: AdmissionAttributes, authorizer: Authorizer, why: string, question: AuthorizationAttributes,
): Promise<void> {
  const { allowed, reason, error = '<nil>' } = await authorizer.authorize(question)
  if (!allowed) throw refuse(attributes, `${why}: ${reason}, ${error}`)
}
