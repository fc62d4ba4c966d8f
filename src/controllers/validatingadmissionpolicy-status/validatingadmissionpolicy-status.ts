/** Tells the author of a ValidatingAdmissionPolicy what does not fit the types that it is about. */
import {
  validatingAdmissionPolicy,
} from '#api/admissionregistration/validatingadmissionpolicy/validatingadmissionpolicy.ts'
import { customResourceDefinition } from '#api/apiextensions/customresourcedefinition/customresourcedefinition.ts'
import type { ValidatingAdmissionPolicy } from '#api/gen/admissionregistration-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { nothing, updateStatus, type Plan } from '../driver/action.ts'
import { defineController } from '../driver/define-controller.ts'
import { createKnownTypes, type KnownTypes } from './known-types.ts'
import { checkPolicyTypes } from './type-check.ts'

interface State {
  readonly policy: Stored<ValidatingAdmissionPolicy>
  readonly known: KnownTypes
}

export const validatingAdmissionPolicyStatusController = defineController({
  name: 'validatingadmissionpolicy-status',
  for: validatingAdmissionPolicy,
  reads: [customResourceDefinition],
  observe: (policy, cache): State =>
    ({ policy, known: createKnownTypes(cache.of(customResourceDefinition).list()) }),
  reconcile,
})

/** Each generation is looked at once, by what is known then. */
export function reconcile({ policy, known }: State): Plan {
  const { metadata, spec, status } = policy
  if ((status?.observedGeneration ?? 0) >= (metadata.generation ?? 0)) return nothing
  const expressionWarnings = checkPolicyTypes(spec ?? {}, known)
  const typeChecking = expressionWarnings.length > 0 ? { expressionWarnings } : {}
  const checked = { ...policy, status: { ...status, observedGeneration: metadata.generation!, typeChecking } }
  return { actions: [updateStatus(validatingAdmissionPolicy, checked)] }
}
