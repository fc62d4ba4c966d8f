/** The review kinds of authentication.k8s.io: whose token is this, and who am I. */
import type { SelfSubjectReview, TokenReview, UserInfo as ApiUserInfo } from '#api/gen/authentication-v1.ts'
import { badRequest } from '#machinery/errors/api-error.ts'
import { InvalidToken, type TokenAuthenticator, type UserInfo } from './authenticator.ts'

/** `apiAudiences` are the API server's own: what a review without audiences asks for. */
export function reviewToken(
  review: TokenReview, sorts: readonly TokenAuthenticator[], apiAudiences: readonly string[],
): TokenReview {
  const { token, audiences = [] } = review.spec
  if (token === '') throw badRequest('token is required for TokenReview in authentication')
  const wanted = audiences.length > 0 ? audiences : apiAudiences
  try {
    for (const sort of sorts) {
      const answer = sort.authenticateToken(token, wanted)
      if (!answer) continue
      // A sort of token without audiences is for the API server only.
      const shared =
        answer.audiences.length > 0 ? answer.audiences : wanted.filter((audience) => apiAudiences.includes(audience))
      if (shared.length === 0) continue
      return { ...review, status: { authenticated: true, user: userToApi(answer.user), audiences: [...shared] } }
    }
  } catch (error) {
    if (!(error instanceof InvalidToken)) throw error
    return { ...review, status: { user: {}, error: `[invalid bearer token, ${error.message}]` } }
  }
  return { ...review, status: { user: {}, error: 'invalid bearer token' } }
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
