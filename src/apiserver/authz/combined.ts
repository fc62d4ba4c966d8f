/** Authorizers in order: the first that allows decides; when none does, their reasons are put together. */
import type { AuthorizationAttributes, AuthorizationDecision, Authorizer } from './authorizer.ts'

/** Upstream's order is: system:masters, Node, RBAC. */
export function combineAuthorizers(...authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize(attributes) {
      let reason = ''
      for (const authorizer of authorizers) {
        const decision = authorizer.authorize(attributes)
        if (decision.allowed) return decision
        if (decision.reason !== '') reason = reason === '' ? decision.reason : `${reason}\n${decision.reason}`
      }
      return reason === '' ? denied : { allowed: false, reason }
    },
  }
}

/** Whoever is in system:masters may do everything; no role and no binding can take that away. */
export const superuserAuthorizer: Authorizer = {
  authorize: (attributes: AuthorizationAttributes): AuthorizationDecision =>
    attributes.user.groups.includes('system:masters') ? allowed : denied,
}

const allowed: AuthorizationDecision = { allowed: true, reason: '' }
const denied: AuthorizationDecision = { allowed: false, reason: '' }
