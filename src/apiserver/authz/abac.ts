/** Attribute based access control: a file of policies, one a line (upstream: pkg/auth/authorizer/abac). */
import type { UserInfo } from '../authn/authenticator.ts'
import { ConfigurationError } from '../configuration-file.ts'
import type { AuthorizationAttributes, LocalAuthorizer } from './authorizer.ts'
import type { RuleResolver } from './rbac.ts'
import type { Rule } from './rules.ts'

/** `*` is anything, but for users and groups. */
interface Policy {
  readonly user: string
  readonly group: string
  readonly readonly: boolean
  readonly apiGroup: string
  readonly resource: string
  readonly namespace: string
  readonly nonResourcePath: string
}

const version = 'abac.authorization.kubernetes.io/v1beta1'
const readingVerbs: ReadonlySet<string> = new Set(['get', 'list', 'watch'])

/** `path` is for the messages. Throws ConfigurationError. */
export function abacAuthorizer(text: string, path: string): LocalAuthorizer & RuleResolver {
  const policies = parsePolicies(text, path)
  return {
    authorize(attributes) {
      if (policies.some((policy) => matches(policy, attributes))) return { allowed: true, reason: '' }
      return { allowed: false, reason: 'No policy matched.' }
    },
    rulesFor(user, namespace) {
      const own = policies.filter((policy) => isSubject(policy, user)
        && (policy.namespace === '*' || policy.namespace === namespace))
      return { rules: own.flatMap(rulesOf), errors: [] }
    },
  }
}

function parsePolicies(text: string, path: string): readonly Policy[] {
  return text.split('\n').flatMap((line, index) => {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) return []
    const fail = (why: string): ConfigurationError =>
      new ConfigurationError(`error reading policy file ${path}, line ${index + 1}: ${line}: ${why}`)
    let value: unknown
    try {
      value = JSON.parse(trimmed)
    } catch (error) {
      throw fail(`couldn't get version/kind; json parse error: ${(error as Error).message}`)
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fail('not an object')
    const { kind, apiVersion, spec } = value as { kind?: unknown; apiVersion?: unknown; spec?: unknown }
    if (kind !== 'Policy' || apiVersion !== version) return [unversioned(value as Readonly<Record<string, unknown>>)]
    return [policyOf((spec ?? {}) as Readonly<Record<string, unknown>>)]
  })
}

function policyOf(fields: Readonly<Record<string, unknown>>): Policy {
  return {
    ...subjectOf(textOf(fields, 'user'), textOf(fields, 'group')), readonly: fields['readonly'] === true,
    apiGroup: textOf(fields, 'apiGroup'), resource: textOf(fields, 'resource'), namespace: textOf(fields, 'namespace'),
    nonResourcePath: textOf(fields, 'nonResourcePath'),
  }
}

/** Before there were versions, what was left out was anything, and anybody who had logged in. */
function unversioned(fields: Readonly<Record<string, unknown>>): Policy {
  const [user, group] = [textOf(fields, 'user'), textOf(fields, 'group')]
  const [resource, namespace] = [textOf(fields, 'resource'), textOf(fields, 'namespace')]
  return {
    ...(user === '' && group === '' ? anybody : subjectOf(user, group)), readonly: fields['readonly'] === true,
    apiGroup: '*', resource: resource || '*', namespace: namespace || '*',
    nonResourcePath: resource === '' && namespace === '' ? '*' : '',
  }
}

function textOf(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name]
  return typeof value === 'string' ? value : ''
}

const anybody = { user: '', group: 'system:authenticated' }

/** Anybody is whoever has logged in. */
function subjectOf(user: string, group: string): Pick<Policy, 'user' | 'group'> {
  return user === '*' || group === '*' ? anybody : { user, group }
}

function matches(policy: Policy, attributes: AuthorizationAttributes): boolean {
  if (!isSubject(policy, attributes.user)) return false
  if (policy.readonly && !readingVerbs.has(attributes.verb)) return false
  if (attributes.type === 'path') return isPath(policy.nonResourcePath, attributes.path)
  return isOf(policy.namespace, attributes.namespace) && isOf(policy.resource, attributes.resource)
    && isOf(policy.apiGroup, attributes.group)
}

/** Of a user and a group both must match; a policy of neither is nobody's. */
function isSubject({ user, group }: Policy, { name, groups }: UserInfo): boolean {
  if (user === '' && group === '') return false
  return (user === '' || user === name) && (group === '' || groups.includes(group))
}

function isOf(wanted: string, given: string): boolean {
  return wanted === '*' || wanted === given
}

function isPath(wanted: string, path: string): boolean {
  return isOf(wanted, path) || (wanted.endsWith('*') && path.startsWith(wanted.replace(/\*+$/, '')))
}

function rulesOf({ readonly, apiGroup, resource, nonResourcePath }: Policy): readonly Rule[] {
  const verbs = readonly ? ['get', 'list', 'watch'] : ['*']
  return [
    ...(resource === '' ? [] : [{ verbs, apiGroups: [apiGroup], resources: [resource] }]),
    ...(nonResourcePath === '' ? [] : [{ verbs, nonResourceURLs: [nonResourcePath] }]),
  ]
}
