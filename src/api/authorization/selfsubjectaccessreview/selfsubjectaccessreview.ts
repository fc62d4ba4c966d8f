/** SelfSubjectAccessReview: asks whether one may do something. Nothing is stored. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { SelfSubjectAccessReview } from '../../gen/authorization-v1.ts'

export const selfSubjectAccessReview = defineKind<SelfSubjectAccessReview>({
  group: 'authorization.k8s.io',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  scope: 'Cluster',
  verbs: ['create'],
  versions: [
    { version: 'v1', schema: 'io.k8s.api.authorization.v1.SelfSubjectAccessReview', served: true, stored: true },
  ],
})
