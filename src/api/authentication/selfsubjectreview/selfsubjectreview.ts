/** SelfSubjectReview: asks who one is. Nothing is stored. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { SelfSubjectReview } from '../../gen/authentication-v1.ts'

export const selfSubjectReview = defineKind<SelfSubjectReview>({
  group: 'authentication.k8s.io',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  scope: 'Cluster',
  verbs: ['create'],
  versions: [{ version: 'v1', schema: 'io.k8s.api.authentication.v1.SelfSubjectReview', served: true, stored: true }],
})
