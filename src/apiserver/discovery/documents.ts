/** What there is to ask for, as documents: legacy (a list for each group and version) and aggregated (all in one). */
import { base64Encode, hexEncode, utf8Encode } from '#base/bytes.ts'
import { sha256 } from '#base/sha256.ts'
import type { AnyKind, KindVersion, Verb } from '#machinery/schema/define-kind.ts'
import { builtInPriority, customPriority, type GroupVersionPriority } from '../aggregator/group-priorities.ts'
import type { AggregatedVersion } from '../aggregator/remote-documents.ts'

export interface DiscoveryGroup {
  readonly name: string
  readonly versions: readonly DiscoveryVersion[]
}

export interface DiscoveryVersion {
  readonly version: string
  readonly kinds: readonly (readonly [AnyKind, KindVersion])[]
  /** What another server serves in place of kinds. */
  readonly foreign?: AggregatedVersion
}

/** What APIServices say: which versions other servers serve, and where in the order versions stand. */
export interface ForeignVersions {
  /** Grows with each change. */
  readonly generation: number
  versions(): readonly AggregatedVersion[]
  /** Undefined: there is no APIService of the version. */
  priority(group: string, version: string): GroupVersionPriority | undefined
}

/** The aggregator's own group has no APIService, and stands before all that have one. */
const firstGroup = 'apiregistration.k8s.io'

interface Ordered {
  group: number
  readonly versions: Map<string, DiscoveryVersion & { readonly priority: number }>
}

/** Groups and versions in upstream's order; the core group first. */
export function groupsOf(kinds: readonly AnyKind[], foreign?: ForeignVersions): readonly DiscoveryGroup[] {
  const byGroup = new Map<string, Ordered>()
  const at = (group: string, version: string, given?: GroupVersionPriority): Ordered & { readonly own: number } => {
    const priority = given ?? foreign?.priority(group, version) ?? builtInPriority(group, version) ?? customPriority
    const ordered = byGroup.get(group) ?? { group: 0, versions: new Map() }
    byGroup.set(group, ordered)
    ordered.group = Math.max(ordered.group, group === firstGroup ? Infinity : priority.group)
    return { ...ordered, own: priority.version }
  }
  for (const kind of kinds) {
    for (const version of kind.versions) {
      if (!version.served) continue
      const { versions, own } = at(kind.group, version.version)
      const before = versions.get(version.version)?.kinds ?? []
      versions.set(version.version, { version: version.version, kinds: [...before, [kind, version]], priority: own })
    }
  }
  for (const other of foreign?.versions() ?? []) {
    const { versions, own } = at(other.group, other.version, other.priority)
    versions.set(other.version, { version: other.version, kinds: [], foreign: other, priority: own })
  }
  return [...byGroup.entries()]
    .toSorted(([a, left], [b, right]) =>
      Number(b === '') - Number(a === '') || compareNumbers(right.group, left.group) || (a < b ? -1 : 1))
    .map(([name, { versions }]) => ({
      name,
      versions: [...versions.values()]
        .toSorted((a, b) => b.priority - a.priority || compareVersions(a.version, b.version))
        .map(({ priority: _, ...version }) => ({
          ...version, kinds: version.kinds.toSorted(([a], [b]) => (a.plural < b.plural ? -1 : 1)),
        })),
    }))
}

/** Infinite ones are equal. */
function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a - b
}

/**
 * Kubernetes' order of versions, the most mature first: v2, v1, v1beta2, v1beta1, v1alpha1, then anything else by name.
 */
export function compareVersions(a: string, b: string): number {
  const left = rankVersion(a)
  const right = rankVersion(b)
  for (let i = 0; i < 3; i++) if (left[i] !== right[i]) return right[i]! - left[i]!
  return a < b ? -1 : a > b ? 1 : 0
}

function rankVersion(version: string): readonly [number, number, number] {
  const match = /^v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?$/.exec(version)
  if (!match) return [0, 0, 0]
  return [match[2] === undefined ? 3 : match[2] === 'beta' ? 2 : 1, Number(match[1]), Number(match[3] ?? 0)]
}

/** `/api`. */
export function apiVersions(serverAddress: string): unknown {
  return {
    kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  }
}

/** `/apis`. */
export function apiGroupList(groups: readonly DiscoveryGroup[]): unknown {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.filter(({ name }) => name !== '').map(groupEntry) }
}

/** `/apis/<group>`. */
export function apiGroup(group: DiscoveryGroup): unknown {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group) }
}

function groupEntry({ name, versions }: DiscoveryGroup): {
  name: string; versions: unknown[]; preferredVersion: unknown,
} {
  const list = versions.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions: list, preferredVersion: list[0] }
}

/** `/api/v1` and `/apis/<group>/<version>`. */
export function apiResourceList(group: string, { version, kinds }: DiscoveryVersion): unknown {
  const resources = kinds.flatMap(([kind]) => [resourceEntry(kind), ...subresourcesOf(kind, version).map((entry) => ({
    name: `${kind.plural}/${entry.name}`, singularName: '', namespaced: kind.namespaced,
    ...(entry.group !== group || entry.version !== version ? { group: entry.group, version: entry.version } : {}),
    kind: entry.kind, verbs: entry.verbs,
  }))])
  return {
    kind: 'APIResourceList',
    ...(group !== '' && { apiVersion: 'v1' }),
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources,
  }
}

function resourceEntry(kind: AnyKind): unknown {
  // Component statuses are computed, reviews answered: neither is stored.
  const stored = kind.verbs.includes('get') && kind.verbs.includes('create')
  return {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: verbsOf(kind),
    ...(kind.shortNames?.length && { shortNames: kind.shortNames }),
    ...(kind.categories?.length && { categories: kind.categories }),
    ...(stored && { storageVersionHash: storageVersionHash(kind) }),
  }
}

interface SubresourceEntry {
  readonly name: string
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly verbs: readonly Verb[]
}

/** As upstream lists them, who else sorts them. */
const customVerbs: readonly Verb[] = [
  'delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch',
]
const terminatingVerbs: readonly Verb[] = ['delete', 'deletecollection', 'get', 'list', 'watch']

function verbsOf({ storedVersion: { custom }, verbs }: AnyKind): readonly Verb[] {
  return custom ? (custom.isTerminating ? terminatingVerbs : customVerbs) : sorted(verbs)
}

const readAndWrite: readonly Verb[] = ['get', 'patch', 'update']

function subresourcesOf(kind: AnyKind, version: string): SubresourceEntry[] {
  const own = { group: kind.group, version, kind: kind.kind }
  const list: SubresourceEntry[] = []
  if (kind.subresources?.status) list.push({ name: 'status', ...own, verbs: readAndWrite })
  if (kind.subresources?.scale) {
    list.push({ name: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: readAndWrite })
  }
  for (const other of kind.subresources?.others ?? []) list.push({
    name: other.name, ...own, ...other.kind, verbs: sorted(other.verbs),
  })
  return kind.storedVersion.custom ? list : list.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** The aggregated documents: the core group's at `/api`, all others' at `/apis`. */
export function groupDiscoveryList(
  groups: readonly DiscoveryGroup[], version: 'v2' | 'v2beta1', core: boolean,
): unknown {
  const items = groups.filter(({ name }) => (name === '') === core).map((group) => ({
    metadata: group.name === '' ? {} : { name: group.name },
    versions: group.versions.map(({ version: apiVersion, kinds, foreign }) => ({
      version: apiVersion,
      resources: foreign?.resources ?? kinds.map(([kind]) => resourceDiscovery(kind, apiVersion)),
      freshness: foreign?.freshness ?? 'Current',
    })),
  }))
  return { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items }
}

function resourceDiscovery(kind: AnyKind, version: string): unknown {
  const subresources = subresourcesOf(kind, version).map((entry) => ({
    subresource: entry.name,
    responseKind: {
      group: entry.group,
      version: entry.version,
      kind: entry.kind,
    },
    verbs: entry.verbs,
  }))
  return {
    resource: kind.plural, responseKind: { group: kind.group, version, kind: kind.kind }, scope: kind.scope,
    singularResource: kind.singular, verbs: verbsOf(kind),
    ...(kind.shortNames?.length && { shortNames: kind.shortNames }),
    ...(kind.categories?.length && { categories: kind.categories }),
    ...(subresources.length > 0 && { subresources }),
  }
}

/** Tells clients which group, version and kind the objects are stored as, without telling them. */
export function storageVersionHash(kind: AnyKind): string {
  // The versions of a custom resource are kinds of their own over one that is only stored.
  const { version } = (kind.storedVersion.custom && kind.storedAs ? kind.storedAs.kind : kind).storedVersion
  return base64Encode(sha256(utf8Encode(`${kind.group}/${version}/${kind.kind}`)).subarray(0, 8))
}

/** An entity tag: the same for the same document. */
export function etagOf(text: string): string {
  return `"${hexEncode(sha256(utf8Encode(text))).toUpperCase()}"`
}

function sorted(verbs: readonly Verb[]): readonly Verb[] {
  return verbs.toSorted()
}
