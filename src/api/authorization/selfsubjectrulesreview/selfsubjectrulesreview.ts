/** SelfSubjectRulesReview: asks for all that one may do in a namespace. Nothing is stored. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { SelfSubjectRulesReview } from '../../gen/authorization-v1.ts'

export const selfSubjectRulesReview = defineKind<SelfSubjectRulesReview>({
  group: 'authorization.k8s.io',
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  scope: 'Cluster',
  verbs: ['create'],
  versions: [
    { version: 'v1', schema: 'io.k8s.api.authorization.v1.SelfSubjectRulesReview', served: true, stored: true },
  ],
})
