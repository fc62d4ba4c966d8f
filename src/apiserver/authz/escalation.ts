/**
 * Nobody may grant what they do not have: checks on writes of roles and bindings (upstream: registry/rbac/validation).
 */
import { quoteGo } from '#machinery/errors/field-errors.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import type { RuleResolver } from './rbac.ts'
import type { Rule } from './rules.ts'

export const fullAuthority: readonly Rule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

/**
 * Undefined: the user holds all of `wanted` in the namespace. Otherwise upstream's sentence, which lists what is
 * missing.
 */
export function escalationProblem(
  resolver: RuleResolver,
  user: UserInfo,
  namespace: string,
  wanted: readonly Rule[],
): string | undefined {
  const { rules, errors } = resolver.rulesFor(user, namespace)
  const missing = missingRights(rules, wanted)
  if (missing.length === 0) return undefined
  const lines = [...new Set(compact(missing).map(formatRule))].toSorted()
  const groups = `[${user.groups.map(quoteGo).join(' ')}]`
  const problem = `user ${quoteGo(user.name)} (groups=${groups}) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}`
  return errors.length === 0 ? problem : `${problem}; resolution errors: [${errors.join(' ')}]`
}

/** The parts of `wanted`, each a single right, that no rule of `held` covers. */
export function missingRights(held: readonly Rule[], wanted: readonly Rule[]): Rule[] {
  return wanted.flatMap(breakDown).filter((right) => !held.some((rule) => covers(rule, right)))
}

/** One verb on one resource (and name) or one path each. */
function breakDown(rule: Rule): Rule[] {
  const rights: Rule[] = []
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs) {
        const right = { verbs: [verb], apiGroups: [group], resources: [resource] }
        if (!rule.resourceNames?.length) rights.push(right)
        else for (const name of rule.resourceNames) rights.push({ ...right, resourceNames: [name] })
      }
    }
  }
  for (const path of rule.nonResourceURLs ?? []) {
    for (const verb of rule.verbs) rights.push({ verbs: [verb], nonResourceURLs: [path] })
  }
  return rights
}

function covers(rule: Rule, right: Rule): boolean {
  const verb = rule.verbs.includes('*') || rule.verbs.includes(right.verbs[0]!)
  if (!verb) return false
  if (right.nonResourceURLs) {
    return (rule.nonResourceURLs ?? []).some((pattern) => coversPath(pattern, right.nonResourceURLs![0]!))
  }
  const group = rule.apiGroups?.includes('*') || rule.apiGroups?.includes(right.apiGroups![0]!)
  if (!group || !coversResource(rule.resources ?? [], right.resources![0]!)) return false
  if (!rule.resourceNames?.length) return true
  return right.resourceNames !== undefined && rule.resourceNames.includes(right.resourceNames[0]!)
}

function coversPath(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)))
}

function coversResource(held: readonly string[], wanted: string): boolean {
  if (held.includes('*') || held.includes(wanted)) return true
  const slash = wanted.indexOf('/')
  return slash >= 0 && held.includes(`*${wanted.slice(slash)}`)
}

/** Puts rights together again that differ only by verb. */
function compact(rights: readonly Rule[]): Rule[] {
  const others: Rule[] = []
  const simple = new Map<
    string,
    { apiGroups: readonly string[]; resources: readonly string[]; resourceNames?: readonly string[]; verbs: string[] }
  >()
  for (const right of rights) {
    if (!right.apiGroups || !right.resources) { others.push(right); continue }
    const key = JSON.stringify([right.apiGroups, right.resources, right.resourceNames])
    const known = simple.get(key)
    if (known) known.verbs.push(...right.verbs)
    else {
      simple.set(key, {
        apiGroups: right.apiGroups,
        resources: right.resources,
        ...(right.resourceNames && { resourceNames: right.resourceNames }),
        verbs: [...right.verbs],
      })
    }
  }
  return [...others, ...simple.values()]
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`. */
function formatRule(rule: Rule): string {
  const parts: string[] = []
  const add = (name: string, values: readonly string[] | undefined): void => {
    if (values?.length) parts.push(`${name}:[${values.map(quoteGo).join(' ')}]`)
  }
  add('APIGroups', rule.apiGroups)
  add('Resources', rule.resources)
  add('NonResourceURLs', rule.nonResourceURLs)
  add('ResourceNames', rule.resourceNames)
  add('Verbs', rule.verbs)
  return `{${parts.join(', ')}}`
}
