/** Which requests a webhook wants to hear of: its rules and selectors. */
import type { LabelSelector } from '#api/gen/meta-v1.ts'
import type { RuleWithOperations } from '#api/gen/admissionregistration-v1.ts'
import { labelSelectorMatcher } from '#machinery/meta/label-selector.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'

/** The resource that a request is about, in one of its versions. */
export interface RequestedResource {
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
}

export interface RuleTarget {
  readonly operation: string
  /** Empty for what is in no namespace. */
  readonly namespace: string
}

/** True if the rule is about this resource in exactly this version. */
export function matchesRule(
  rule: DeepReadonly<RuleWithOperations>, { operation, namespace }: RuleTarget, asked: RequestedResource,
): boolean {
  return has(rule.operations, operation) && has(rule.apiGroups, asked.group) && has(rule.apiVersions, asked.version)
    && matchesScope(rule.scope, asked, namespace)
    && (rule.resources ?? []).some((pattern) => matchesResource(pattern, asked))
}

function has(patterns: readonly string[] | undefined, value: string): boolean {
  return (patterns ?? []).some((pattern) => pattern === '*' || pattern === value)
}

/** Namespaces are of the cluster, though a request about one is also in it. */
function matchesScope(scope: string | undefined, { group, resource }: RequestedResource, namespace: string): boolean {
  const isOfCluster = namespace === '' || (group === '' && resource === 'namespaces')
  return scope === undefined || scope === '*' || (scope === 'Cluster') === isOfCluster
}

// `pods`, `pods/log`, `*` (no subresources), `pods/*`, `*/scale`, `*/*`.
function matchesResource(pattern: string, { resource, subresource }: RequestedResource): boolean {
  const slash = pattern.indexOf('/')
  const [wanted, wantedSub] = slash < 0 ? [pattern, ''] : [pattern.slice(0, slash), pattern.slice(slash + 1)]
  const isResource = wanted === '*' || wanted === resource
  return isResource && (wantedSub === subresource || wantedSub === '*')
}

type Labels = Readonly<Record<string, string>> | undefined

/** An empty selector matches everything. */
export function matchesSelector(selector: DeepReadonly<LabelSelector> | undefined, labels: Labels): boolean {
  return labelSelectorMatcher((selector ?? {}) as LabelSelector).matches(labels)
}
