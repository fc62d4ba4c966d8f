/** Validation of what the type check says about a policy. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import { JsonPathError, parseJsonPath } from '#machinery/json-path.ts'
import { validateConditions } from '../conditions.validation.ts'
import type { ValidatingAdmissionPolicy } from '../gen/admissionregistration-v1.ts'

export function validateValidatingPolicyStatus({ status }: ValidatingAdmissionPolicy): FieldError[] {
  const warnings = status?.typeChecking?.expressionWarnings ?? []
  return [
    ...warnings.flatMap(({ fieldRef, warning }, index) => {
      const path = `status.typeChecking.expressionWarnings[${index}]`
      return [
        ...(warning ? [] : [required(`${path}.warning`)]),
        ...validateFieldReference(fieldRef?.trim() ?? '', `${path}.fieldRef`),
      ]
    }),
    ...validateConditions(status?.conditions, 'status.conditions'),
  ]
}

function validateFieldReference(reference: string, path: string): FieldError[] {
  if (reference === '') return [required(path)]
  try {
    // A path may begin without a dot: upstream refuses that only when it follows the path.
    parseJsonPath(/^[A-Za-z_]/.test(reference) ? `{.${reference}}` : `{${reference}}`)
    return []
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error
    return [invalidValue(path, reference, `invalid JSONPath: ${error.message}`)]
  }
}
