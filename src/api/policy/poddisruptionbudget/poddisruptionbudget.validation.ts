/** Validation of PodDisruptionBudgets. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, notSupported } from '#machinery/errors/field-errors.ts'
import { validateConditions } from '../../conditions.validation.ts'
import type { PodDisruptionBudget } from '../../gen/policy-v1.ts'
import {
  validateNonNegative,
  validateNonNegativeIntOrPercent,
  validateNotMoreThan100Percent,
} from '../../numbers.validation.ts'
import { validateLabelSelector } from '../../selectors.validation.ts'

const evictionPolicies = ['AlwaysAllow', 'IfHealthyBudget']

export function validatePodDisruptionBudget({ spec = {} }: PodDisruptionBudget): FieldError[] {
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy } = spec
  const errors: FieldError[] = []
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    errors.push(invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set'))
  }
  for (const field of ['minAvailable', 'maxUnavailable'] as const) {
    if (spec[field] === undefined) continue
    errors.push(
      ...validateNonNegativeIntOrPercent(spec[field], `spec.${field}`),
      ...validateNotMoreThan100Percent(spec[field], `spec.${field}`),
    )
  }
  errors.push(...validateLabelSelector(spec.selector, 'spec.selector'))
  if (unhealthyPodEvictionPolicy !== undefined && !evictionPolicies.includes(unhealthyPodEvictionPolicy)) {
    errors.push(notSupported('spec.unhealthyPodEvictionPolicy', unhealthyPodEvictionPolicy, evictionPolicies))
  }
  return errors
}

export function validatePodDisruptionBudgetStatusUpdate({ status }: PodDisruptionBudget): FieldError[] {
  return [
    ...validateConditions(status?.conditions, 'status.conditions'),
    ...(['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const)
      .flatMap((field) => validateNonNegative(status?.[field], `status.${field}`)),
  ]
}
