/** LocalSubjectAccessReview: asks whether somebody may do something in one namespace. Nothing is stored. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { LocalSubjectAccessReview } from '../../gen/authorization-v1.ts'

export const localSubjectAccessReview = defineKind<LocalSubjectAccessReview>({
  group: 'authorization.k8s.io',
  kind: 'LocalSubjectAccessReview',
  plural: 'localsubjectaccessreviews',
  scope: 'Namespaced',
  verbs: ['create'],
  versions: [
    { version: 'v1', schema: 'io.k8s.api.authorization.v1.LocalSubjectAccessReview', served: true, stored: true },
  ],
})
