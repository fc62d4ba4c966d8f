/** Authorizers in order: the first that allows or denies decides; when none does, what they say is put together. */
import { aggregate } from '../aggregate.ts'
import type { AuthorizationAttributes, AuthorizationDecision, Authorizer } from './authorizer.ts'

/** Upstream's order is: system:masters, then as configured. */
export function combineAuthorizers(...authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize(attributes) {
      const unsettled: AuthorizationDecision[] = []
      for (const [index, authorizer] of authorizers.entries()) {
        const decision = authorizer.authorize(attributes)
        if (decision instanceof Promise) {
          return continueLater(decision, authorizers.slice(index + 1), attributes, unsettled)
        }
        if (decision.allowed || decision.denied) return decision
        if (decision.reason !== '' || decision.error !== undefined) unsettled.push(decision)
      }
      return summarize(unsettled)
    },
  }
}

async function continueLater(
  first: Promise<AuthorizationDecision>, rest: readonly Authorizer[], attributes: AuthorizationAttributes,
  unsettled: AuthorizationDecision[],
): Promise<AuthorizationDecision> {
  let decision = await first
  for (const authorizer of rest) {
    if (decision.allowed || decision.denied) return decision
    unsettled.push(decision)
    decision = await authorizer.authorize(attributes)
  }
  return decision.allowed || decision.denied ? decision : summarize([...unsettled, decision])
}

function summarize(unsettled: readonly AuthorizationDecision[]): AuthorizationDecision {
  if (unsettled.length === 0) return noOpinion
  const reason = unsettled.map((decision) => decision.reason).filter((text) => text !== '').join('\n')
  const errors = unsettled.flatMap(({ error }) => error ?? [])
  return { allowed: false, reason, ...(errors.length > 0 && { error: aggregate(errors) }) }
}

/** Whoever is in system:masters may do everything; no role and no binding can take that away. */
export const superuserAuthorizer: Authorizer = {
  authorize: (attributes) => (attributes.user.groups.includes('system:masters') ? allowed : noOpinion),
}

const allowed: AuthorizationDecision = { allowed: true, reason: '' }
const noOpinion: AuthorizationDecision = { allowed: false, reason: '' }
