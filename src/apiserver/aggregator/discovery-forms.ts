/** Discovery documents of other servers, in the form of aggregated discovery. Pure. */
import type { GroupVersion } from '#machinery/meta/group-version.ts'

/** An APIResourceDiscovery (apidiscovery.k8s.io/v2; v2beta1 is the same), as it was received. */
export type ResourceDiscovery = Readonly<Record<string, unknown>>

/** By `group/version`. */
export type VersionsDiscovery = ReadonlyMap<string, readonly ResourceDiscovery[]>

interface Group {
  readonly metadata?: { readonly name?: string }
  readonly versions?: readonly { readonly version?: string; readonly resources?: readonly ResourceDiscovery[] }[]
}

/** Undefined: it is no APIGroupDiscoveryList. */
export function readGroupDiscoveryList(document: unknown): VersionsDiscovery | undefined {
  const { kind, items } = (document ?? {}) as { readonly kind?: string; readonly items?: readonly Group[] }
  if (kind !== 'APIGroupDiscoveryList') return undefined
  const found = new Map<string, readonly ResourceDiscovery[]>()
  for (const { metadata, versions } of items ?? []) {
    for (const { version, resources } of versions ?? []) {
      found.set(`${metadata?.name ?? ''}/${version ?? ''}`, resources ?? [])
    }
  }
  return found
}

interface LegacyResource {
  readonly name: string
  readonly singularName?: string
  readonly namespaced?: boolean
  readonly group?: string
  readonly version?: string
  readonly kind?: string
  readonly verbs?: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
}

/** From an APIResourceList, as servers without aggregated discovery give it. Undefined: it is none. */
export function readResourceList(
  document: unknown, { group, version }: GroupVersion,
): readonly ResourceDiscovery[] | undefined {
  const list = (document ?? {}) as { readonly kind?: string; readonly resources?: readonly LegacyResource[] }
  if (list.kind !== 'APIResourceList') return undefined
  const responseKind = (resource: LegacyResource) => ({
    group: resource.group ?? group, version: resource.version ?? version, kind: resource.kind ?? '',
  })
  const resources = new Map<string, ResourceDiscovery>()
  const subresources = new Map<string, object[]>()
  for (const resource of list.resources ?? []) {
    const [parent = '', subresource] = resource.name.split('/', 2)
    const verbs = resource.verbs ?? []
    if (subresource === undefined) {
      resources.set(parent, {
        resource: parent, responseKind: responseKind(resource), scope: resource.namespaced ? 'Namespaced' : 'Cluster',
        singularResource: resource.singularName ?? '', verbs,
        ...(resource.shortNames && { shortNames: resource.shortNames }),
        ...(resource.categories && { categories: resource.categories }),
      })
    } else {
      const siblings = subresources.get(parent) ?? []
      subresources.set(parent, siblings)
      siblings.push({
        subresource: resource.name.slice(parent.length + 1), responseKind: responseKind(resource), verbs,
      })
      // Some have only subresources: the parent is there to hold them.
      if (!resources.has(parent)) resources.set(parent, { resource: parent, scope: scopeOf(resource), verbs: [] })
    }
  }
  return [...resources].map(([name, resource]) =>
    subresources.has(name) ? { ...resource, subresources: subresources.get(name) } : resource)
}

function scopeOf({ namespaced }: LegacyResource): string {
  return namespaced ? 'Namespaced' : 'Cluster'
}
