/** Rules of taints on devices, of what tolerates them, and of the conditions under which a device is bound. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidFor, invalidValue, notSupported } from '#machinery/errors/field-errors.ts'
import { validateLabelValue, validateQualifiedName } from '#machinery/meta/validate-names.ts'
import { validateList } from '../collections.validation.ts'
import type { DeviceTaint, DeviceToleration } from '../gen/resource-v1.ts'
import { validateRequiredChoice } from '../numbers.validation.ts'

const effects = ['NoExecute', 'NoSchedule', 'None']
const maxBindingConditions = 4

/** An effect that was there before may stay, whatever it is. */
export function validateDeviceTaint(
  { key, value, effect }: DeviceTaint, path: string, oldEffect?: string,
): FieldError[] {
  return [
    ...validateLabelKey(key, `${path}.key`),
    ...(value ? invalidFor(`${path}.value`, value, validateLabelValue(value)) : []),
    ...(effect && effect === oldEffect ? [] : validateRequiredChoice(effect, effects, `${path}.effect`)),
  ]
}

export function validateDeviceTolerations(
  tolerations: readonly DeviceToleration[] | undefined, path: string,
): FieldError[] {
  return (tolerations ?? []).flatMap((toleration, index) => validateToleration(toleration, `${path}[${index}]`))
}

function validateToleration({ key, operator, value = '', effect }: DeviceToleration, path: string): FieldError[] {
  const errors = key ? validateLabelKey(key, `${path}.key`) : []
  if (operator === 'Exists') {
    if (value) errors.push(invalidValue(`${path}.value`, value, 'must be empty for operator `Exists`'))
  } else if (operator === 'Equal') errors.push(...invalidFor(`${path}.value`, value, validateLabelValue(value)))
  else errors.push(...validateRequiredChoice(operator, ['Equal', 'Exists'], `${path}.operator`))
  if (effect && !effects.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, effects))
  return errors
}

interface BindingParameters {
  readonly bindingConditions?: readonly string[]
  readonly bindingFailureConditions?: readonly string[]
}

/** Conditions of success and of failure come together, and none is both. */
export function validateBindingParameters(
  { bindingConditions: success = [], bindingFailureConditions: failure = [] }: BindingParameters, path: string,
): FieldError[] {
  const successPath = `${path}.bindingConditions`
  const failurePath = `${path}.bindingFailureConditions`
  const errors = [
    ...validateList(success, maxBindingConditions, validateLabelKey, successPath),
    ...validateList(failure, maxBindingConditions, validateLabelKey, failurePath),
    ...repeated(success, successPath),
  ]
  for (const [index, condition] of failure.entries()) {
    const at = `${failurePath}[${index}]`
    if (failure.indexOf(condition) < index) errors.push(duplicateValue(at, condition))
    if (success.includes(condition)) {
      errors.push(invalidValue(at, condition, 'bindingFailureConditions must not overlap with bindingConditions'))
    }
  }
  if (success.length === 0 && failure.length > 0) {
    errors.push(
      invalidValue(successPath, undefined, 'bindingConditions are required to use bindingFailureConditions'),
    )
  }
  if (failure.length === 0 && success.length > 0) {
    errors.push(
      invalidValue(failurePath, undefined, 'bindingFailureConditions are required to use bindingConditions'),
    )
  }
  return errors
}

function repeated(values: readonly string[], path: string): FieldError[] {
  return values.flatMap((value, index) =>
    values.indexOf(value) < index ? [duplicateValue(`${path}[${index}]`, value)] : [])
}

function validateLabelKey(key: string | undefined, path: string): FieldError[] {
  return invalidFor(path, key ?? '', validateQualifiedName(key ?? ''))
}
