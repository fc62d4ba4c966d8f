/** TokenReview: asks whose a token is. Nothing is stored. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { TokenReview } from '../../gen/authentication-v1.ts'

export const tokenReview = defineKind<TokenReview>({
  group: 'authentication.k8s.io', kind: 'TokenReview', plural: 'tokenreviews', scope: 'Cluster', verbs: ['create'],
  versions: [{ version: 'v1', schema: 'io.k8s.api.authentication.v1.TokenReview', served: true, stored: true }],
})
