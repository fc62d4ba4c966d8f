/** Tells the author of a ValidatingAdmissionPolicy what does not fit the types that it is about. */
import {
  validatingAdmissionPolicy,
} from '#api/admissionregistration/validatingadmissionpolicy/validatingadmissionpolicy.ts'
import type { ValidatingAdmissionPolicy } from '#api/gen/admissionregistration-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { nothing, updateStatus, type Plan } from '../driver/action.ts'
import { defineController } from '../driver/define-controller.ts'
import { checkPolicyTypes } from './type-check.ts'

export const validatingAdmissionPolicyStatusController = defineController({
  name: 'validatingadmissionpolicy-status',
  for: validatingAdmissionPolicy,
  observe: (policy) => policy,
  reconcile,
})

/** Each generation is looked at once. */
export function reconcile(policy: Stored<ValidatingAdmissionPolicy>): Plan {
  const { metadata, spec, status } = policy
  if (status?.observedGeneration === metadata.generation) return nothing
  const expressionWarnings = checkPolicyTypes(spec ?? {})
  const typeChecking = expressionWarnings.length > 0 ? { expressionWarnings } : {}
  const checked = { ...policy, status: { ...status, observedGeneration: metadata.generation!, typeChecking } }
  return { actions: [updateStatus(validatingAdmissionPolicy, checked)] }
}
