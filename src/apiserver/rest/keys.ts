/**
 * Where objects lie in the store: upstream's etcd layout, so that a store can be read with the tools that people know.
 */
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import { prefixRange, type KeyRange } from '#storage/store.ts'

/** Resources whose prefix is not their name, for historical reasons. */
const historical: Readonly<Record<string, string>> = {
  nodes: 'minions',
  replicationcontrollers: 'controllers',
  services: 'services/specs',
  endpoints: 'services/endpoints',
  ingresses: 'ingress',
}

/**
 * Groups whose resources are stored without the group's name. Every other group is a custom resource's (or has its name
 * in the key).
 */
const groupless: ReadonlySet<string> = new Set([
  '',
  'apps',
  'autoscaling',
  'batch',
  'policy',
  'admissionregistration.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'internal.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
  'storagemigration.k8s.io',
])

/** Built-in groups that upstream does store under their name. */
const namedBuiltIn: ReadonlySet<string> = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io', 'metrics.k8s.io'])

/** Whether the kind has a Go type upstream. The items of such lists have no kind and apiVersion of their own. */
export function isBuiltIn(kind: AnyKind): boolean {
  return kind.storedVersion.custom === undefined && (groupless.has(kind.group) || namedBuiltIn.has(kind.group))
}

const prefixes = new WeakMap<object, string>()

/** `/registry/pods/`, `/registry/example.com/widgets/`: the prefix of every object of the kind. Ends in a slash. */
export function kindPrefix(kind: AnyKind): string {
  if (kind.storedAs) return kindPrefix(kind.storedAs.kind)
  let prefix = prefixes.get(kind)
  if (prefix === undefined) {
    // A custom resource may be in a built-in group, and have a built-in kind's name there.
    const isShort = groupless.has(kind.group) && !kind.storedVersion.custom
    const name = isShort ? (historical[kind.plural] ?? kind.plural) : `${kind.group}/${kind.plural}`
    prefix = `/registry/${name}/`
    prefixes.set(kind, prefix)
  }
  return prefix
}

export function objectKeyInStore(kind: AnyKind, namespace: string, name: string): string {
  return kind.namespaced ? `${kindPrefix(kind)}${namespace}/${name}` : kindPrefix(kind) + name
}

/** The prefix of a collection: one namespace's, or all of them (`namespace` empty). */
export function collectionPrefix(kind: AnyKind, namespace: string): string {
  return kind.namespaced && namespace !== '' ? `${kindPrefix(kind)}${namespace}/` : kindPrefix(kind)
}

export function collectionRange(kind: AnyKind, namespace: string): KeyRange {
  return prefixRange(collectionPrefix(kind, namespace))
}

/** The range that holds exactly one key. */
export function singleKeyRange(key: string): KeyRange {
  return { start: key, end: `${key}\0` }
}
