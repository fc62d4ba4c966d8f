/** Rules of `status.conditions` where they are metav1.Conditions (apimachinery metav1/validation). */
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  duplicateValue,
  invalidFor,
  invalidValue,
  notSupported,
  required,
  tooLong,
} from '#machinery/errors/field-errors.ts'
import { validateConditionReason, validateQualifiedName } from '#machinery/meta/validate-names.ts'
import type { Condition } from './gen/meta-v1.ts'

const maxReasonLength = 1024
const maxMessageLength = 32 * 1024

/** Every condition is whole, and each type is there once. */
export function validateConditions(conditions: readonly Condition[] | undefined, path: string): FieldError[] {
  const seen = new Set<string>()
  return (conditions ?? []).flatMap((condition, index) => {
    const at = `${path}[${index}]`
    const repeated = seen.has(condition.type) ? [duplicateValue(`${at}.type`, condition.type)] : []
    seen.add(condition.type)
    return [...repeated, ...validateCondition(condition, at)]
  })
}

function validateCondition(condition: Condition, path: string): FieldError[] {
  const { type = '', status = '', observedGeneration = 0, lastTransitionTime, reason, message = '' } = condition
  const errors = invalidFor(`${path}.type`, type, validateQualifiedName(type))
  if (!statuses.includes(status)) errors.push(notSupported(`${path}.status`, status, statuses))
  if (observedGeneration < 0) {
    errors.push(
      invalidValue(`${path}.observedGeneration`, observedGeneration, 'must be greater than or equal to zero'),
    )
  }
  if (!lastTransitionTime) errors.push(required(`${path}.lastTransitionTime`))
  errors.push(...validateReason(reason, `${path}.reason`))
  if (message.length > maxMessageLength) errors.push(tooLong(`${path}.message`, maxMessageLength))
  return errors
}

const statuses = ['False', 'True', 'Unknown']

function validateReason(reason: string | undefined, path: string): FieldError[] {
  if (!reason) return [required(path)]
  const errors = invalidFor(path, reason, validateConditionReason(reason))
  if (reason.length > maxReasonLength) errors.push(tooLong(path, maxReasonLength))
  return errors
}
