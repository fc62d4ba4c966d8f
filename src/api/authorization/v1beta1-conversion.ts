/** authorization.k8s.io/v1beta1 ⇄ v1: the groups of a subject were called `group`. */
import type { KubeObject } from '#machinery/meta/object.ts'
import type { Conversion } from '#machinery/schema/define-kind.ts'
import type { SubjectAccessReview } from '../gen/authorization-v1.ts'
import type { SubjectAccessReview as BetaSubjectAccessReview } from '../gen/authorization-v1beta1.ts'

export const accessReviewConversion: Conversion = {
  toStored(object) {
    const { spec } = object as BetaSubjectAccessReview
    if (!spec) return object
    const { group, ...rest } = spec
    return { ...object, spec: { ...rest, ...(group && { groups: group }) } } as KubeObject
  },
  fromStored(object) {
    const { spec } = object as SubjectAccessReview
    if (!spec) return object
    const { groups, ...rest } = spec
    return { ...object, spec: { ...rest, ...(groups && { group: groups }) } } as KubeObject
  },
}
