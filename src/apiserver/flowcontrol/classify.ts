/** Which FlowSchema a request falls under, and which flow of it: what upstream's match.go decides. */
import type {
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from '#api/gen/flowcontrol-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { UserInfo } from '../authn/authenticator.ts'
import type { RequestInfo, ResourceRequest } from '../request-info.ts'

type Rules = DeepReadonly<PolicyRulesWithSubjects>

/** The order in which schemas are tried: lower precedence first, then by name. */
export function inMatchingOrder(schemas: readonly DeepReadonly<FlowSchema>[]): readonly DeepReadonly<FlowSchema>[] {
  return schemas.toSorted((a, b) =>
    (a.spec?.matchingPrecedence ?? 0) - (b.spec?.matchingPrecedence ?? 0)
    || compareText(a.metadata?.name ?? '', b.metadata?.name ?? ''))
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function matchesFlowSchema(schema: DeepReadonly<FlowSchema>, user: UserInfo, info: RequestInfo): boolean {
  return (schema.spec?.rules ?? []).some((rules) => matchesRules(rules, user, info))
}

function matchesRules(
  { subjects, resourceRules, nonResourceRules }: Rules, user: UserInfo, info: RequestInfo,
): boolean {
  if (!subjects.some((subject) => matchesSubject(subject, user))) return false
  return info.type === 'resource'
    ? (resourceRules ?? []).some((rule) => matchesResource(rule, info))
    : (nonResourceRules ?? []).some((rule) => matchesPath(rule, info.verb, info.path))
}

function matchesSubject(subject: DeepReadonly<Subject>, { name, groups }: UserInfo): boolean {
  switch (subject.kind) {
    case 'User': return subject.user?.name === '*' || subject.user?.name === name
    case 'Group': {
      const group = subject.group?.name
      return group !== undefined && (group === '*' || groups.includes(group))
    }
    case 'ServiceAccount': {
      const account = subject.serviceAccount
      if (!account) return false
      const prefix = `system:serviceaccount:${account.namespace}:`
      return account.name === '*' ? name.startsWith(prefix) : name === prefix + account.name
    }
    default: return false
  }
}

const includes = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(value))

function matchesResource(rule: DeepReadonly<ResourcePolicyRule>, info: ResourceRequest): boolean {
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`
  if (!includes(rule.verbs, info.verb) || !includes(rule.apiGroups, info.group)) return false
  if (!includes(rule.resources, resource)) return false
  return info.namespace === '' ? rule.clusterScope === true : includes(rule.namespaces, info.namespace)
}

/** A path with a star at its end stands for everything below it. */
function matchesPath(
  { verbs, nonResourceURLs }: DeepReadonly<NonResourcePolicyRule>, verb: string, path: string,
): boolean {
  if (!includes(verbs, verb)) return false
  return nonResourceURLs.some((wanted) =>
    wanted === '*' || wanted === path || (wanted.endsWith('*') && path.startsWith(wanted.replace(/\*+$/, ''))))
}

/** What tells the flows of one schema apart; empty: they are one. */
export function distinguisherOf(schema: DeepReadonly<FlowSchema>, user: UserInfo, info: RequestInfo): string {
  switch (schema.spec?.distinguisherMethod?.type) {
    case 'ByUser': return user.name
    case 'ByNamespace': return info.type === 'resource' ? info.namespace : ''
    default: return ''
  }
}
