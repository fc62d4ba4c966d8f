/** The RBAC authorizer: decisions from the index, remembered for as long as no role and no binding changes. */
import { keyOfUser, type UserInfo } from '../authn/authenticator.ts'
import type { AuthorizationAttributes, AuthorizationDecision, Authorizer, ResourceAttributes } from './authorizer.ts'
import type { Grant, Grants, RbacIndex } from './rbac-index.ts'
import { ruleMatchesKind, ruleMatchesName, ruleMatchesPath, type Rule } from './rules.ts'

/**
 * What may be asked beside a decision: all that a user may do in a namespace (SelfSubjectRulesReview, escalation
 * checks).
 */
export interface RuleResolver {
  rulesFor(user: UserInfo, namespace: string): { readonly rules: readonly Rule[]; readonly errors: readonly string[] }
}

/** For one user: the rules by namespace ('' for cluster scope), and answers to questions asked before. */
interface UserCache {
  readonly grants: Map<string, Grants>
  readonly answers: Map<string, Answer>
}

/** Grants that match all but the object's name: the first is enough when it names none. */
interface Answer {
  readonly grants: readonly Grant[]
  readonly denial: AuthorizationDecision
}

const maxUsers = 4096
const maxAnswersPerUser = 1024

export class RbacAuthorizer implements Authorizer, RuleResolver {
  readonly #index: RbacIndex
  #users = new Map<string, UserCache>()
  #generation = -1

  constructor(index: RbacIndex) {
    this.#index = index
  }

  authorize(attributes: AuthorizationAttributes): AuthorizationDecision {
    const cache = this.#cacheOf(attributes.user)
    const isResource = attributes.type === 'resource'
    const key = isResource ? questionOf(attributes) : `${attributes.verb} ${attributes.path}`
    let answer = cache.answers.get(key)
    if (!answer) {
      answer = this.#answer(cache, attributes)
      if (cache.answers.size >= maxAnswersPerUser) cache.answers.clear()
      cache.answers.set(key, answer)
    }
    for (const grant of answer.grants) {
      if (!isResource || ruleMatchesName(grant.rule, attributes.name)) {
        return grant.decision
      }
    }
    return answer.denial
  }

  rulesFor(user: UserInfo, namespace: string): { readonly rules: readonly Rule[]; readonly errors: readonly string[] } {
    const { grants, errors } = this.#grants(this.#cacheOf(user), user, namespace)
    return { rules: grants.map((grant) => grant.rule), errors }
  }

  #answer(cache: UserCache, attributes: AuthorizationAttributes): Answer {
    const namespace = attributes.type === 'resource' ? attributes.namespace : ''
    const { grants, errors } = this.#grants(cache, attributes.user, namespace)
    const matching = attributes.type === 'resource'
      ? grants.filter((grant) => ruleMatchesKind(grant.rule, attributes))
      : grants.filter((grant) => ruleMatchesPath(grant.rule, attributes.verb, attributes.path))
    const general = matching.find((grant) => !grant.rule.resourceNames?.length)
    return { grants: general ? [general] : matching, denial: denialOf(errors) }
  }

  #grants(cache: UserCache, user: UserInfo, namespace: string): Grants {
    let grants = cache.grants.get(namespace)
    if (!grants) {
      grants = this.#index.grantsOf(user, namespace)
      if (cache.grants.size >= maxAnswersPerUser) cache.grants.clear()
      cache.grants.set(namespace, grants)
    }
    return grants
  }

  #cacheOf(user: UserInfo): UserCache {
    if (this.#generation !== this.#index.generation || this.#users.size > maxUsers) {
      this.#users = new Map()
      this.#generation = this.#index.generation
    }
    const key = keyOfUser(user)
    let cache = this.#users.get(key)
    if (!cache) {
      cache = { grants: new Map(), answers: new Map() }
      this.#users.set(key, cache)
    }
    return cache
  }
}

const noOpinion: AuthorizationDecision = { allowed: false, reason: '' }

function denialOf(errors: readonly string[]): AuthorizationDecision {
  if (errors.length === 0) return noOpinion
  const unique = [...new Set(errors)]
  return { allowed: false, reason: `RBAC: ${unique.length === 1 ? unique[0]! : `[${unique.join(', ')}]`}` }
}

/** None of the parts can hold a space or a slash that it did not bring, so different questions have different keys. */
function questionOf({ verb, group, resource, subresource, namespace }: ResourceAttributes): string {
  return `${verb} ${group} ${resource}/${subresource} ${namespace}`
}
