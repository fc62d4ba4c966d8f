/** Which resources a server has, and which one a user means by `po`, `deploy.apps` or `Pod`. */
import type { HttpRequests } from '#client/http-requests.ts'
import { ApiError } from '#machinery/errors/api-error.ts'
import { CommandError } from './errors.ts'
import { at, isObject, listAt, textAt } from './fields.ts'

export interface Resource {
  readonly group: string
  readonly version: string
  /** Plural. */
  readonly name: string
  readonly singular: string
  readonly kind: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly subresources: readonly string[]
}

export interface GroupVersions {
  readonly group: string
  /** The preferred one first. */
  readonly versions: readonly string[]
}

export interface ResourceCatalog {
  /** In the server's order of groups, the legacy one first. */
  readonly groups: readonly GroupVersions[]
  readonly resources: readonly Resource[]
}

const aggregated = ['v2', 'v2beta1'].map(
  (version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
)
const accept = [...aggregated, 'application/json'].join(',')

/** By the two aggregated documents, or, from a server without them, by one document of each group's version. */
export async function discover(requests: HttpRequests): Promise<ResourceCatalog> {
  // One after the other: a second connection at once would cost another handshake.
  const legacy = await requests.json({ path: '/api', accept })
  const groups = await requests.json({ path: '/apis', accept }).catch((error: unknown) => {
    if (error instanceof ApiError && error.code === 404) return {}
    throw error
  })
  const parts = await Promise.all(
    [legacy, groups].map(async (document) =>
      textAt(document, 'kind') === 'APIGroupDiscoveryList'
        ? readAggregated(document)
        : await readSeparately(requests, document),
    ),
  )
  return { groups: parts.flatMap((part) => part.groups), resources: parts.flatMap((part) => part.resources) }
}

function readAggregated(document: unknown): ResourceCatalog {
  const groups: GroupVersions[] = []
  const resources: Resource[] = []
  for (const item of listAt(document, 'items')) {
    const group = textAt(item, 'metadata', 'name')
    groups.push({ group, versions: listAt(item, 'versions').map((entry) => textAt(entry, 'version')) })
    for (const entry of listAt(item, 'versions')) {
      for (const resource of listAt(entry, 'resources')) {
        if (!isObject(at(resource, 'responseKind'))) continue
        resources.push({
          group,
          version: textAt(entry, 'version'),
          name: textAt(resource, 'resource'),
          kind: textAt(resource, 'responseKind', 'kind'),
          singular: textAt(resource, 'singularResource'),
          namespaced: textAt(resource, 'scope') === 'Namespaced',
          verbs: texts(at(resource, 'verbs')),
          shortNames: texts(at(resource, 'shortNames')),
          categories: texts(at(resource, 'categories')),
          subresources: listAt(resource, 'subresources').map((subresource) => textAt(subresource, 'subresource')),
        })
      }
    }
  }
  return { groups, resources }
}

async function readSeparately(requests: HttpRequests, document: unknown): Promise<ResourceCatalog> {
  const groups: GroupVersions[] = textAt(document, 'kind') === 'APIVersions'
    ? [{ group: '', versions: texts(at(document, 'versions')) }]
    : listAt(document, 'groups').map((entry) => {
      const preferred = textAt(entry, 'preferredVersion', 'version')
      const versions = listAt(entry, 'versions').map((version) => textAt(version, 'version'))
      return {
        group: textAt(entry, 'name'),
        versions: [preferred, ...versions.filter((version) => version !== preferred)].filter(
          (version) => version !== '',
        ),
      }
    })
  const lists = await Promise.all(groups.flatMap(({ group, versions }) => versions.map(async (version) => {
    try {
      return readList(
        group,
        version,
        await requests.json({ path: group === '' ? `/api/${version}` : `/apis/${group}/${version}` }),
      )
    } catch (error) {
      // An aggregated server that is away takes only its own group with it.
      if (error instanceof ApiError) return []
      throw error
    }
  })))
  return { groups, resources: lists.flat() }
}

function readList(group: string, version: string, document: unknown): Resource[] {
  const entries = listAt(document, 'resources')
  return entries
    .filter((entry) => !textAt(entry, 'name').includes('/'))
    .map((entry) => ({
      group: textAt(entry, 'group') || group,
      version: textAt(entry, 'version') || version,
      name: textAt(entry, 'name'),
      kind: textAt(entry, 'kind'),
      singular: textAt(entry, 'singularName'),
      namespaced: at(entry, 'namespaced') === true,
      verbs: texts(at(entry, 'verbs')),
      shortNames: texts(at(entry, 'shortNames')),
      categories: texts(at(entry, 'categories')),
      subresources: entries
        .map((other) => textAt(other, 'name'))
        .filter((name) => name.startsWith(`${textAt(entry, 'name')}/`))
        .map((name) => name.slice(textAt(entry, 'name').length + 1)),
    }))
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

/**
 * What `pods`, `po`, `Pod`, `deployments.apps`, `deployments.v1.apps` or `ingresses.networking` names. Core
 * comes before other groups, a group's preferred version before its others. undefined when the server has
 * nothing of that name.
 */
export function findResource(catalog: ResourceCatalog, word: string): Resource | undefined {
  const lower = word.toLowerCase()
  const [name = '', version, ...rest] = lower.split('.')
  if (version !== undefined && rest.length > 0) {
    const exact = matching(catalog, name).find(
      (resource) => resource.version === version && resource.group === rest.join('.'),
    )
    if (exact) return exact
  }
  const group = lower.slice(name.length + 1)
  const candidates = matching(catalog, name)
  if (group === '') return candidates[0]
  return (
    candidates.find((resource) => resource.group === group)
    ?? candidates.find((resource) => resource.group.startsWith(group))
  )
}

/** Those of the exact plural name before singular names and kinds, before short names. */
function matching(catalog: ResourceCatalog, name: string): readonly Resource[] {
  const usable = catalog.resources
  const byName = usable.filter(
    (resource) => resource.name === name || resource.singular === name || resource.kind.toLowerCase() === name,
  )
  return byName.length > 0 ? byName : usable.filter((resource) => resource.shortNames.includes(name))
}

/** Throws with kubectl's words when there is none. */
export function requireResource(catalog: ResourceCatalog, word: string): Resource {
  const found = findResource(catalog, word)
  if (!found) throw new CommandError(`the server doesn't have a resource type ${JSON.stringify(word.split('.')[0])}`)
  return found
}

export function findKind(catalog: ResourceCatalog, apiVersion: string, kind: string): Resource | undefined {
  const [group, version] = splitApiVersion(apiVersion)
  return catalog.resources.find(
    (resource) => resource.group === group && resource.version === version && resource.kind === kind,
  )
}

export function splitApiVersion(apiVersion: string): readonly [group: string, version: string] {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)]
}

/** The names of a category's resources, as a user would write them; undefined when there is no such category. */
export function expandCategory(catalog: ResourceCatalog, category: string): readonly string[] | undefined {
  const names = new Set(
    preferredResources(catalog)
      .filter((resource) => resource.categories.includes(category))
      .map(resourceWithGroup),
  )
  return names.size > 0 ? [...names] : undefined
}

/** Each resource once, in its group's preferred version (or the first that has it). */
export function preferredResources(catalog: ResourceCatalog): readonly Resource[] {
  const seen = new Set<string>()
  return catalog.resources.filter((resource) => {
    const key = resourceWithGroup(resource)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** `pods`, `deployments.apps`. */
export function resourceWithGroup({ name, group }: Pick<Resource, 'name' | 'group'>): string {
  return group === '' ? name : `${name}.${group}`
}

/** `pod`, `deployment.apps`: how results name a kind. */
export function kindWithGroup({ kind, group }: Pick<Resource, 'kind' | 'group'>): string {
  return group === '' ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`
}

export function apiVersionOf({ group, version }: Pick<Resource, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`
}

/** `/api/v1/namespaces/a/pods/b/status`; parts are percent-encoded. */
export function pathOf(resource: Resource, namespace: string, name?: string, subresource?: string): string {
  const parts = resource.group === '' ? ['api', resource.version] : ['apis', resource.group, resource.version]
  if (resource.namespaced && namespace !== '') parts.push('namespaces', namespace)
  parts.push(resource.name)
  if (name !== undefined) parts.push(name)
  if (subresource) parts.push(...subresource.split('/'))
  return `/${parts.map(encodeURIComponent).join('/')}`
}
