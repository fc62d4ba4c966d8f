/**
 * The rule of selectors that every controller of pods in this group has: there is one, it selects something, and
 * it stays.
 */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { LabelSelector } from '../gen/meta-v1.ts'
import { isEmptySelector, validateLabelSelector } from '../selectors.validation.ts'

/** `owner`: as the sentence has it, `empty selector is invalid for deployment`. */
export function validateOwnSelector(selector: LabelSelector | undefined, owner: string): FieldError[] {
  if (!selector) return [required('spec.selector')]
  const errors = validateLabelSelector(selector, 'spec.selector')
  if (isEmptySelector(selector)) {
    errors.push(invalidValue('spec.selector', selector, `empty selector is invalid for ${owner}`))
  }
  return errors
}
