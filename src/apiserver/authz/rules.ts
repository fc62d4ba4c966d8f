/** What one RBAC rule allows (upstream: rbac/v1 evaluation helpers). */
import type { PolicyRule } from '#api/gen/rbac-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { AuthorizationAttributes, ResourceAttributes } from './authorizer.ts'

export type Rule = DeepReadonly<PolicyRule>

/** Everything but the object's name. */
export function ruleMatchesKind(rule: Rule, attributes: ResourceAttributes): boolean {
  return matchesVerb(rule, attributes.verb) && matchesGroup(rule, attributes.group)
    && matchesResource(rule, attributes.resource, attributes.subresource)
}

/** A rule without names is for all names, and for requests without one. */
export function ruleMatchesName(rule: Rule, name: string): boolean {
  return !rule.resourceNames?.length || rule.resourceNames.includes(name)
}

export function ruleMatchesPath(rule: Rule, verb: string, path: string): boolean {
  if (!rule.nonResourceURLs || !matchesVerb(rule, verb)) return false
  for (const pattern of rule.nonResourceURLs) {
    if (pattern === '*' || pattern === path) return true
    if (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, ''))) return true
  }
  return false
}

export function ruleAllows(rule: Rule, attributes: AuthorizationAttributes): boolean {
  if (attributes.type === 'path') return ruleMatchesPath(rule, attributes.verb, attributes.path)
  return ruleMatchesKind(rule, attributes) && ruleMatchesName(rule, attributes.name)
}

function matchesVerb(rule: Rule, verb: string): boolean {
  return rule.verbs.includes('*') || rule.verbs.includes(verb)
}

function matchesGroup(rule: Rule, group: string): boolean {
  return rule.apiGroups !== undefined && (rule.apiGroups.includes('*') || rule.apiGroups.includes(group))
}

/** `pods/log` is named as such, by `*` or by `*` and `/log`: a rule for `pods` does not cover it. */
function matchesResource(rule: Rule, resource: string, subresource: string): boolean {
  if (!rule.resources) return false
  const wanted = subresource === '' ? resource : `${resource}/${subresource}`
  for (const candidate of rule.resources) {
    if (candidate === '*' || candidate === wanted) return true
    if (subresource !== '' && candidate === `*/${subresource}`) return true
  }
  return false
}
