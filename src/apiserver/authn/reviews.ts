/** The review kinds of authentication.k8s.io: whose token is this, and who am I. */
import type { SelfSubjectReview, TokenReview, UserInfo as ApiUserInfo } from '#api/gen/authentication-v1.ts'
import { badRequest } from '#machinery/errors/api-error.ts'
import { InvalidToken, type TokenAuthenticator, type UserInfo } from './authenticator.ts'
import { authenticateByAny } from './token-union.ts'

/** `apiAudiences` are the API server's own: what a review without audiences asks for. */
export async function reviewToken(
  review: TokenReview, sorts: readonly TokenAuthenticator[], apiAudiences: readonly string[],
): Promise<TokenReview> {
  const { token, audiences = [] } = review.spec
  if (token === '') throw badRequest('token is required for TokenReview in authentication')
  const wanted = audiences.length > 0 ? audiences : apiAudiences
  const forWanted = sorts.map((sort) => onlyFor(sort, wanted, apiAudiences))
  try {
    const answer = await authenticateByAny(forWanted, token, wanted)
    if (!answer) return { ...review, status: { user: {}, error: 'invalid bearer token' } }
    const { user } = answer
    return { ...review, status: { authenticated: true, user: userToApi(user), audiences: [...answer.audiences] } }
  } catch (error) {
    if (!(error instanceof InvalidToken)) throw error
    const reasons = error.message.replace(/^\[(.*)\]$/s, '$1')
    return { ...review, status: { user: {}, error: `[invalid bearer token, ${reasons}]` } }
  }
}

/** A sort of token without audiences is for the API server only. */
function onlyFor(
  sort: TokenAuthenticator, wanted: readonly string[], apiAudiences: readonly string[],
): TokenAuthenticator {
  return {
    async authenticateToken(token) {
      const answer = await sort.authenticateToken(token, wanted)
      if (!answer || answer.audiences.length > 0) return answer
      const audiences = wanted.filter((audience) => apiAudiences.includes(audience))
      return audiences.length > 0 ? { ...answer, audiences } : undefined
    },
  }
}

export function reviewSelf(review: SelfSubjectReview, user: UserInfo): SelfSubjectReview {
  return { ...review, status: { userInfo: userToApi(user) } }
}

function userToApi({ name, uid, groups, extra }: UserInfo): ApiUserInfo {
  return {
    username: name, ...(uid && { uid }), ...(groups.length > 0 && { groups: [...groups] }),
    ...(extra && Object.keys(extra).length > 0 && {
      extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])),
    }),
  }
}
