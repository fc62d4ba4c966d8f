/** admissionregistration.k8s.io/v1alpha1 ⇄ v1 bindings: where parameters are missing, v1alpha1 denies. */
import type { Conversion } from '#machinery/schema/define-kind.ts'
import type { MutatingAdmissionPolicyBinding } from '../gen/admissionregistration-v1alpha1.ts'

export const parameterDefaultOfAlpha: Conversion = {
  toStored: (object) => {
    const { spec, ...rest } = object as MutatingAdmissionPolicyBinding
    if (!spec?.paramRef) return object
    const { parameterNotFoundAction = 'Deny' } = spec.paramRef
    return { ...rest, spec: { ...spec, paramRef: { ...spec.paramRef, parameterNotFoundAction } } }
  },
  fromStored: (object) => object,
}
