/** Rules of a device's capacities, and of how much of one a request may take. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue, required } from '#machinery/errors/field-errors.ts'
import { validateSet } from '../../collections.validation.ts'
import type { CapacityRequestPolicy, CapacityRequestPolicyRange, DeviceCapacity } from '../../gen/resource-v1.ts'
import { addQuantities, compareQuantities, signOfQuantity, unitsOfQuantity } from '../../quantities.ts'

const maxOptions = 10

/** `shared`: the device may be allocated more than once, so requests may take parts of its capacities. */
export function validateCapacity(capacity: DeviceCapacity, shared: boolean, path: string): FieldError[] {
  const { requestPolicy: policy, value } = capacity
  const at = `${path}.requestPolicy`
  if (!policy) return []
  if (!shared) return [forbiddenValue(at, 'allowMultipleAllocations must be true')]
  const discrete = (policy.validValues ?? []).length > 0
  if (discrete && policy.validRange) {
    return [forbiddenValue(at, 'exactly one policy can be specified, cannot specify "validValues" and "validRange" '
      + 'at the same time')]
  }
  if (discrete) return validateValues(policy, value, at)
  return policy.validRange ? validateRange(policy, policy.validRange, value, at) : []
}

/** Amounts in ascending order, of which the default is one. */
function validateValues(policy: CapacityRequestPolicy, capacity: string, policyPath: string): FieldError[] {
  const { default: preset, validValues = [] } = policy
  if (preset === undefined) return [required(`${policyPath}.default`, 'required when validValues is defined')]
  const path = `${policyPath}.validValues`
  const errors = validValues.flatMap((value, index) =>
    index > 0 && compareQuantities(validValues[index - 1], value) > 0
      ? [invalidValue(`${path}[${index}]`, value, 'values must be sorted in ascending order')] : [])
  errors.push(...validateSet(validValues, maxOptions, (option, at) =>
    compareQuantities(option, capacity) > 0
      ? [invalidValue(at, option, `option is larger than capacity value: ${capacity}`)] : [],
  (option) => unitsOfQuantity(option).toString(), path))
  // A list that is too long is not searched.
  const found = validValues.length <= maxOptions && validValues.some((option) => !compareQuantities(option, preset))
  if (!found) errors.push(invalidValue(path, preset, 'default value is not valid according to the requestPolicy'))
  return errors
}

function validateRange(
  { default: preset }: CapacityRequestPolicy, range: CapacityRequestPolicyRange, capacity: string, policyPath: string,
): FieldError[] {
  if (preset === undefined) return [required(`${policyPath}.default`, 'required when validRange is defined')]
  const path = `${policyPath}.validRange`
  const { min, max } = range
  if (min === undefined) return [required(`${path}.min`, 'required when validRange is defined')]
  const errors: FieldError[] = []
  const refuse = (field: string, value: string, sentence: string): void => {
    errors.push(invalidValue(`${path}.${field}`, value, sentence))
  }
  const isMore = (value: string, than: string): boolean => compareQuantities(value, than) > 0
  if (isMore(min, capacity)) refuse('min', min, `min is larger than capacity value: ${capacity}`)
  if (isMore(min, preset)) refuse('default', preset, `default is less than min: ${min}`)
  if (max !== undefined) {
    if (isMore(min, max)) refuse('max', min, `min is larger than max: ${max}`)
    if (isMore(max, capacity)) refuse('max', max, `max is larger than capacity value: ${capacity}`)
    if (isMore(preset, max)) refuse('default', preset, `default is more than max: ${max}`)
  }
  return [...errors, ...validateStep(range, preset, capacity, `${path}.step`)]
}

/** The default and the most are whole steps above the least, in whole units. */
function validateStep(
  { min, max, step }: CapacityRequestPolicyRange, preset: string, capacity: string, path: string,
): FieldError[] {
  if (step === undefined) return []
  if (signOfQuantity(step) <= 0) return [invalidValue(path, step, 'must be greater than zero')]
  const errors: FieldError[] = []
  const next = addQuantities(min, step)
  if (compareQuantities(next, capacity) > 0) {
    errors.push(invalidValue(path, step, `one step ${next} is larger than capacity value: ${capacity}`))
  }
  for (const value of max === undefined ? [preset] : [preset, max]) {
    if ((unitsOfQuantity(value) - unitsOfQuantity(min)) % unitsOfQuantity(step) !== 0n) {
      errors.push(invalidValue(path, value, `value is not a multiple of a given step (${step}) from (${min})`))
    }
  }
  return errors
}
