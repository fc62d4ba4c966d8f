/**
 * The rule of selectors that every controller of pods in this group has: there is one, it selects something, and
 * it stays.
 */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { validateReplicatedTemplate } from '../core/pod/replicated-template.validation.ts'
import type { PodTemplateSpec } from '../gen/core-v1.ts'
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

/** With a selector that cannot be read, nothing more is said of the template. `old`: the stored template. */
export function validateOwnTemplate(
  template: PodTemplateSpec | undefined, selector: LabelSelector | undefined,
  old: DeepReadonly<PodTemplateSpec> | undefined,
): FieldError[] {
  return validateLabelSelector(selector, 'spec.selector').length > 0
    ? [invalidValue('spec.selector', selector, 'invalid label selector')]
    : validateReplicatedTemplate(template ?? {}, selector, 'spec.template', 'ReplicaSet', old)
}
