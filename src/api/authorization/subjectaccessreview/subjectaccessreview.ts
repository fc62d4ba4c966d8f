/** SubjectAccessReview: asks whether somebody may do something. Nothing is stored. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { SubjectAccessReview } from '../../gen/authorization-v1.ts'

export const subjectAccessReview = defineKind<SubjectAccessReview>({
  group: 'authorization.k8s.io',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  scope: 'Cluster',
  verbs: ['create'],
  versions: [{ version: 'v1', schema: 'io.k8s.api.authorization.v1.SubjectAccessReview', served: true, stored: true }],
})
