/**
 * Whether somebody may act as somebody else (upstream: endpoints/filters/impersonation, KEP-5284). Several modes are
 * tried: each but the last asks for leave to do this very request in the name of such users, and for leave to be this
 * user; the last one, of old, for leave to be the user alone.
 */
import { badRequest, type ApiError } from '#machinery/errors/api-error.ts'
import { quoteGo } from '#machinery/errors/field-errors.ts'
import { validateDomainPrefixedPath } from '#machinery/meta/validate-domains.ts'
import { anonymous, type UserInfo } from './authn/authenticator.ts'
import type { AuthorizationAttributes, Authorizer, ResourceAttributes } from './authz/authorizer.ts'
import { headerValues, unescapeHeaderKey } from './header-values.ts'
import { forbiddenRequest } from './rest/authorize.ts'

export interface Impersonation {
  readonly user: UserInfo
  /** The verb of the constrained mode that allowed it, for audit; empty where the mode of old did. */
  readonly constraint: string
}

type Headers = Readonly<Record<string, string | undefined>>

const extraPrefix = 'impersonate-extra-'
const authenticationGroup = 'authentication.k8s.io'
const unauthenticated = 'system:unauthenticated'
const nodeNameKey = 'authentication.kubernetes.io/node-name'
/** From so many on, one question about all of them comes first. */
const many = 4
const rememberedUsers = 10_000

/** Whom the headers name; undefined: nobody. Throws ApiError 400 for groups and the like of no user. */
export function wantedUser(headers: Headers): UserInfo | undefined {
  if (!speakOfAnother(headers)) return undefined
  const name = headers['impersonate-user'] ?? ''
  const uid = headers['impersonate-uid'] ?? ''
  const groups = headerValues(headers['impersonate-group'])
  const extra: Record<string, readonly string[]> = {}
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith(extraPrefix)) continue
    extra[unescapeHeaderKey(header.slice(extraPrefix.length))] = headerValues(value)
  }
  const hasExtra = Object.keys(extra).length > 0
  const wanted: UserInfo = { name, groups, ...(uid && { uid }), ...(hasExtra && { extra }) }
  if (name !== '') return wanted
  if (uid === '' && groups.length === 0 && !hasExtra) return undefined
  throw badRequest(`requested ${asGoPrints(wanted)} without impersonating a user name`)
}

/** Nearly no request's do, and each is asked. */
function speakOfAnother(headers: Headers): boolean {
  for (const name in headers) if (name.startsWith('impersonate-')) return true
  return false
}

/** `%#v` of a user.DefaultInfo. */
function asGoPrints({ uid = '', groups, extra }: UserInfo): string {
  const list = (values: readonly string[]): string => `{${values.map(quoteGo).join(', ')}}`
  const pairs = Object.entries(extra ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, values]) => `${quoteGo(key)}:[]string${list(values)}`)
  return `&user.DefaultInfo{Name:"", UID:${quoteGo(uid)}, Groups:[]string${groups.length > 0 ? list(groups) : '(nil)'}, ` +
    `Extra:map[string][]string${extra ? `{${pairs.join(', ')}}` : '(nil)'}}`
}

interface Mode {
  readonly name: string
  readonly applies: (wanted: UserInfo, requestor: UserInfo) => boolean
}

/** In the order in which they are tried. */
const constrainedModes: readonly Mode[] = [
  { name: 'associated-node', applies: (wanted, requestor) => isNameOnly(wanted) && isOwnNode(wanted, requestor) },
  { name: 'arbitrary-node', applies: (wanted) => isNameOnly(wanted) && nodeOf(wanted.name) !== undefined },
  { name: 'serviceaccount', applies: (wanted) => isNameOnly(wanted) && accountOf(wanted.name) !== undefined },
  { name: 'user-info', applies: ({ name }) => nodeOf(name) === undefined && accountOf(name) === undefined },
]

export class Impersonator {
  readonly #authorizer: Authorizer
  /** Which mode allowed it last, by who asked: it is tried first. */
  readonly #lastModes = new Map<string, number>()

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer
  }

  /** `request` is what the requestor asks for in the other's name. Throws ApiError 403. */
  async decide(wanted: UserInfo, request: AuthorizationAttributes): Promise<Impersonation> {
    const requestor = request.user.name
    const last = this.#lastModes.get(requestor)
    const order = [...constrainedModes.keys(), constrainedModes.length]
    if (last !== undefined) order.unshift(...order.splice(last, 1))
    let first: ApiError | undefined
    for (const index of order) {
      const result = await this.#tryMode(constrainedModes[index], wanted, request)
      if (result && 'user' in result) {
        this.#remember(requestor, index)
        return result
      }
      first ??= result
    }
    throw first!
  }

  #remember(requestor: string, mode: number): void {
    this.#lastModes.delete(requestor)
    this.#lastModes.set(requestor, mode)
    if (this.#lastModes.size > rememberedUsers) this.#lastModes.delete(this.#lastModes.keys().next().value!)
  }

  /** Undefined: the mode is not for such a user. No mode: the one of old. */
  async #tryMode(
    mode: Mode | undefined, wanted: UserInfo, request: AuthorizationAttributes,
  ): Promise<Impersonation | ApiError | undefined> {
    if (mode && !mode.applies(wanted, request.user)) return undefined
    const requestor = mode?.name === 'associated-node' ? withoutNode(request.user) : request.user
    if (mode) {
      const verb = `impersonate-on:${mode.name}:${request.verb}`
      const refused = await this.#ask({ ...request, user: requestor, verb })
      if (refused) return refused
    }
    const constraint = mode ? `impersonate:${mode.name}` : ''
    for (const question of questionsAbout(wanted, requestor, mode)) {
      const refused = 'status' in question ? question : await this.#askAll(question)
      if (refused) return refused
    }
    return { user: completed(wanted, mode !== undefined), constraint }
  }

  /** Names one by one, unless all names are allowed at once. */
  async #askAll({ every, each }: Question): Promise<ApiError | undefined> {
    if (every && !(await this.#ask(every))) return undefined
    for (const attributes of each) {
      const refused = await this.#ask(attributes)
      if (refused) return refused
    }
    return undefined
  }

  async #ask(attributes: AuthorizationAttributes): Promise<ApiError | undefined> {
    const { allowed, reason, error } = await this.#authorizer.authorize(attributes)
    if (allowed) return undefined
    return forbiddenRequest(attributes, error === undefined ? reason : reason === '' ? error : `${error}: ${reason}`)
  }
}

interface Question {
  readonly every?: ResourceAttributes
  readonly each: readonly ResourceAttributes[]
}

/** What the requestor must be allowed to become, part by part; a refusal where a part can never be allowed. */
function* questionsAbout(
  wanted: UserInfo, requestor: UserInfo, mode: Mode | undefined,
): Generator<Question | ApiError> {
  const about = (group: string, resource: string, name: string): ResourceAttributes => ({
    type: 'resource', user: requestor, verb: mode ? `impersonate:${mode.name}` : 'impersonate', group, version: 'v1',
    resource, subresource: '', namespace: '', name,
  })
  const ownGroup = mode ? authenticationGroup : ''
  const account = accountOf(wanted.name)
  const node = mode && nodeOf(wanted.name)
  if (account) yield { each: [{ ...about(ownGroup, 'serviceaccounts', account.name), namespace: account.namespace }] }
  else if (node !== undefined) yield { each: [about(ownGroup, 'nodes', mode?.name === 'associated-node' ? '*' : node)] }
  else yield { each: [about(ownGroup, 'users', wanted.name)] }
  if (wanted.uid) yield { each: [about(authenticationGroup, 'uids', wanted.uid)] }
  const groups = (name: string): ResourceAttributes => about(ownGroup, 'groups', name)
  if (mode && wanted.groups.includes('system:masters')) {
    yield forbiddenRequest(groups('system:masters'), 'impersonating the system:masters group is not allowed')
  }
  const manyGroups = mode && wanted.groups.length >= many
  yield { ...(manyGroups && { every: groups('*') }), each: wanted.groups.map(groups) }
  const extra = Object.entries(wanted.extra ?? {})
  const fault = mode && extraFault(extra)
  if (fault) yield forbiddenRequest(about(authenticationGroup, 'userextras', ''), fault)
  const values = extra.flatMap(([key, each]) =>
    each.map((value) => ({ ...about(authenticationGroup, 'userextras', value), subresource: key })))
  const every = { ...about(authenticationGroup, 'userextras', '*'), subresource: '*' }
  yield { ...(mode && values.length >= many && { every }), each: values }
}

function extraFault(extra: readonly (readonly [string, readonly string[]])[]): string | undefined {
  for (const [key, values] of extra) {
    if (key === '') return 'impersonating the empty string key in extra is not allowed'
    const faults = validateDomainPrefixedPath(key, 'extra.key').map(({ field, message }) => `${field}: ${message}`)
    if (faults.length > 0) {
      const all = faults.length > 1 ? `[${faults.join(', ')}]` : faults[0]!
      return `impersonating an invalid key in extra is not allowed: ${all}`
    }
    if (values.includes('')) return 'impersonating the empty string value in extra is not allowed'
  }
  return undefined
}

/** With the groups that follow from who it is. */
function completed(wanted: UserInfo, isConstrained: boolean): UserInfo {
  const groups = [...wanted.groups]
  const account = accountOf(wanted.name)
  if (account && groups.length === 0) {
    groups.push('system:serviceaccounts', `system:serviceaccounts:${account.namespace}`)
  } else if (isConstrained && nodeOf(wanted.name) !== undefined) groups.push('system:nodes')
  const own = wanted.name === anonymous.name ? unauthenticated : 'system:authenticated'
  if (!groups.includes(own) && !groups.includes(unauthenticated)) groups.push(own)
  return { ...wanted, groups }
}

function isNameOnly({ uid, groups, extra }: UserInfo): boolean {
  return !uid && groups.length === 0 && extra === undefined
}

function accountOf(name: string): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name) ?? []
  return namespace !== undefined && account !== undefined ? { namespace, name: account } : undefined
}

function nodeOf(name: string): string | undefined {
  return /^system:node:((?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)$/.exec(name)?.[1]
}

/** A service account may stand for the node that its pod runs on. */
function isOwnNode(wanted: UserInfo, { name, extra }: UserInfo): boolean {
  const own = extra?.[nodeNameKey]
  return accountOf(name) !== undefined && own?.length === 1 && own[0] === nodeOf(wanted.name)
}

/** As the authorizer is asked for all nodes at once: it learns which extras there are, and not what they say. */
function withoutNode(user: UserInfo): UserInfo {
  const keys = Object.keys(user.extra ?? {}).toSorted()
  return { ...user, extra: { 'authentication.kubernetes.io/associated-node-keys': keys } }
}
