/** Which requests are audited, and how much of them is told (upstream: apiserver/pkg/audit/policy, audit.k8s.io/v1). */
import type { UserInfo } from '../authn/authenticator.ts'
import type { RequestInfo, ResourceRequest } from '../request-info.ts'

export type AuditLevel = 'None' | 'Metadata' | 'Request' | 'RequestResponse'
export type AuditStage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic'

export const auditLevels: readonly AuditLevel[] = ['None', 'Metadata', 'Request', 'RequestResponse']
export const auditStages: readonly AuditStage[] = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic']

export interface AuditPolicy {
  /** In order; the first that matches decides. A request that none matches is not audited. */
  readonly rules: readonly AuditRule[]
  readonly omitStages?: readonly AuditStage[]
  readonly omitManagedFields?: boolean
}

/** What is absent or empty matches everything. */
export interface AuditRule {
  readonly level: AuditLevel
  readonly users?: readonly string[]
  readonly userGroups?: readonly string[]
  readonly verbs?: readonly string[]
  readonly resources?: readonly AuditedResources[]
  /** Empty text: what is in no namespace. */
  readonly namespaces?: readonly string[]
  /** `/healthz*`: a star may be the last character. */
  readonly nonResourceURLs?: readonly string[]
  readonly omitStages?: readonly AuditStage[]
  readonly omitManagedFields?: boolean
}

export interface AuditedResources {
  readonly group?: string
  /** `pods`, `pods/log`, `pods/*`, `*\/scale`, `*`. */
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
}

export interface AuditDecision {
  readonly level: AuditLevel
  readonly omitStages: ReadonlySet<AuditStage>
  readonly omitManagedFields: boolean
}

/** What decides on one request. Decisions of a rule are made once. */
export function compilePolicy(policy: AuditPolicy): (info: RequestInfo, user: UserInfo) => AuditDecision {
  const { omitStages = [], omitManagedFields = false } = policy
  const rules = policy.rules.map((rule) => ({
    rule,
    decision: {
      level: rule.level,
      omitStages: new Set([...omitStages, ...(rule.omitStages ?? [])]),
      omitManagedFields: rule.omitManagedFields ?? omitManagedFields,
    },
  }))
  const otherwise: AuditDecision = { level: 'None', omitStages: new Set(omitStages), omitManagedFields }
  return (info, user) => rules.find(({ rule }) => matches(rule, info, user))?.decision ?? otherwise
}

function matches(rule: AuditRule, info: RequestInfo, user: UserInfo): boolean {
  if (rule.users?.length && !rule.users.includes(user.name)) return false
  if (rule.userGroups?.length && !user.groups.some((group) => rule.userGroups!.includes(group))) return false
  if (rule.verbs?.length && !rule.verbs.includes(info.verb)) return false
  if (rule.namespaces?.length || rule.resources?.length) return info.type === 'resource' && matchesResource(rule, info)
  if (rule.nonResourceURLs?.length) {
    return info.type === 'path' && rule.nonResourceURLs.some((pattern) => matchesPath(pattern, info.path))
  }
  return true
}

function matchesPath(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path
    || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, '')))
}

function matchesResource({ namespaces, resources }: AuditRule, info: ResourceRequest): boolean {
  if (namespaces?.length && !namespaces.includes(info.namespace)) return false
  if (!resources?.length) return true
  return resources.some((wanted) => {
    if ((wanted.group ?? '') !== info.group) return false
    if (!wanted.resources?.length) return true
    if (wanted.resourceNames?.length && !wanted.resourceNames.includes(info.name)) return false
    return wanted.resources.some((pattern) => matchesPattern(pattern, info))
  })
}

function matchesPattern(pattern: string, { resource, subresource }: ResourceRequest): boolean {
  if (pattern === '*' || pattern === (subresource === '' ? resource : `${resource}/${subresource}`)) return true
  if (subresource !== '' && pattern === `*/${subresource}`) return true
  return pattern === `${resource}/*`
}
