/** Validation of PriorityClasses: the highest priorities belong to the system. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import type { PriorityClass } from '../../gen/scheduling-v1.ts'
import { validateRequiredChoice } from '../../numbers.validation.ts'

const highestUserPriority = 1_000_000_000
const systemPrefix = 'system-'
const systemClasses: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000, 'system-cluster-critical': 2_000_000_000,
}

export function validatePriorityClass(object: PriorityClass): FieldError[] {
  const name = object.metadata?.name ?? ''
  const value = object.value ?? 0
  const errors: FieldError[] = []
  if (name.startsWith(systemPrefix)) {
    const problem = systemProblem(object)
    if (problem !== undefined) {
      errors.push(forbiddenValue('metadata.name',
        `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${problem}`))
    }
  } else if (value > highestUserPriority) {
    errors.push(forbiddenValue('value', `maximum allowed value of a user defined priority is ${highestUserPriority}`))
  }
  if (object.preemptionPolicy !== undefined) {
    errors.push(
      ...validateRequiredChoice(object.preemptionPolicy, ['PreemptLowerPriority', 'Never'], 'preemptionPolicy'),
    )
  }
  return errors
}

function systemProblem({ metadata, value = 0, globalDefault = false }: PriorityClass): string | undefined {
  const name = metadata?.name ?? ''
  const known = systemClasses[name]
  if (known === undefined) return `${name} is not a known system priority class`
  if (known !== value) return `value of ${name} PriorityClass must be ${known}`
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined
}

export function validatePriorityClassUpdate(object: PriorityClass, old: Stored<PriorityClass>): FieldError[] {
  return [
    ...((object.value ?? 0) === (old.value ?? 0) ? [] : [forbiddenValue('value', 'may not be changed in an update.')]),
    ...validateImmutable(object.preemptionPolicy, old.preemptionPolicy, 'preemptionPolicy'),
  ]
}
