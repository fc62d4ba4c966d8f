/** Validation of RuntimeClasses. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidFor } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateDns1123Label } from '#machinery/meta/validate-names.ts'
import { validateImmutable, validateLabels } from '#machinery/meta/validate-object-meta.ts'
import { validateResourceRequirements } from '../../core/pod/resources.validation.ts'
import { validateTolerations } from '../../core/pod/scheduling.validation.ts'
import type { RuntimeClass } from '../../gen/node-v1.ts'
import { internalValue } from '../../internal-form.ts'
import { deprecatedNodeLabel } from '../../label-warnings.ts'

export function validateRuntimeClass({ handler, overhead, scheduling }: RuntimeClass): FieldError[] {
  const errors = invalidFor('handler', handler ?? '', validateDns1123Label(handler ?? ''))
  if (overhead?.podFixed) {
    errors.push(...validateResourceRequirements({ limits: overhead.podFixed }, 'overhead'))
  }
  if (!scheduling) return errors
  const tolerations = scheduling.tolerations ?? []
  errors.push(
    ...validateLabels(scheduling.nodeSelector, 'scheduling.nodeSelector'),
    ...validateTolerations(tolerations, 'scheduling.tolerations'),
  )
  // Two that differ in their seconds alone are the same.
  const keys = tolerations.map(({ key = '', operator = '', value = '', effect = '' }) =>
    JSON.stringify([key, operator, value, effect]))
  for (const [index, toleration] of tolerations.entries()) {
    if (keys.indexOf(keys[index]!) === index) continue
    errors.push(duplicateValue(`scheduling.tolerations[${index}]`, internalValue('Toleration', toleration)))
  }
  return errors
}

export function validateRuntimeClassUpdate(object: RuntimeClass, old: Stored<RuntimeClass>): FieldError[] {
  return validateImmutable(object.handler, old.handler, 'handler')
}

export function runtimeClassWarnings({ scheduling }: RuntimeClass): string[] {
  return Object.keys(scheduling?.nodeSelector ?? {}).flatMap((key) => {
    const message = deprecatedNodeLabel(key)
    return message === undefined ? [] : [`scheduling.nodeSelector: ${message}`]
  })
}
