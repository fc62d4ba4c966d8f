/** The review kinds: questions that are posted and answered, and never stored. */
import { selfSubjectReview } from '#api/authentication/selfsubjectreview/selfsubjectreview.ts'
import { tokenReview } from '#api/authentication/tokenreview/tokenreview.ts'
import { localSubjectAccessReview } from '#api/authorization/localsubjectaccessreview/localsubjectaccessreview.ts'
import { selfSubjectAccessReview } from '#api/authorization/selfsubjectaccessreview/selfsubjectaccessreview.ts'
import { selfSubjectRulesReview } from '#api/authorization/selfsubjectrulesreview/selfsubjectrulesreview.ts'
import { subjectAccessReview } from '#api/authorization/subjectaccessreview/subjectaccessreview.ts'
import type { UserInfo } from '#apiserver/authn/authenticator.ts'
import { reviewSelf, reviewToken } from '#apiserver/authn/reviews.ts'
import {
  reviewLocalSubjectAccess,
  reviewSelfSubjectAccess,
  reviewSelfSubjectRules,
  reviewSubjectAccess,
} from '#apiserver/authz/reviews.ts'
import type { Creation, SubresourceTable } from '#apiserver/subresources/kinds-of-subresource.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { Kind } from '#machinery/schema/define-kind.ts'
import type { Identity } from './identity.ts'

/** By `group/plural/`, as the API server's table of subresources wants it. */
export function reviewHandlers(identity: Identity): SubresourceTable {
  const { authorizer, knownRules, tokenSorts, tokens } = identity
  return new Map<string, Creation>([
    answer(subjectAccessReview, (review) => reviewSubjectAccess(review, authorizer)),
    answer(localSubjectAccessReview, (review, _, namespace) => reviewLocalSubjectAccess(review, namespace, authorizer)),
    answer(selfSubjectAccessReview, (review, user) => reviewSelfSubjectAccess(review, user, authorizer)),
    answer(selfSubjectRulesReview, (review, user) => reviewSelfSubjectRules(review, user, knownRules)),
    answer(tokenReview, (review) => reviewToken(review, tokenSorts, tokens.audiences)),
    answer(selfSubjectReview, (review, user) => reviewSelf(review, user)),
  ])
}

function answer<T extends KubeObject>(
  kind: Kind<T>, review: (object: T, user: UserInfo, namespace: string) => T | Promise<T>,
): [string, Creation] {
  const creation: Creation = {
    type: 'creation',
    kind,
    // The body was decoded as `kind`, so it is a T.
    create: async (_, scope, object) => ({
      type: 'object',
      status: 201,
      object: await review(object as T, scope.user, scope.namespace),
    }),
  }
  return [`${kind.group}/${kind.plural}/`, creation]
}
