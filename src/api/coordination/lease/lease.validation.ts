/** Validation of Leases. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue } from '#machinery/errors/field-errors.ts'
import { validateQualifiedName } from '#machinery/meta/validate-names.ts'
import type { Lease } from '../../gen/coordination-v1.ts'

export function validateLease({ spec }: Lease): FieldError[] {
  const { leaseDurationSeconds, leaseTransitions, strategy, preferredHolder } = spec ?? {}
  const errors: FieldError[] = []
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
    errors.push(invalidValue('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'))
  }
  if (leaseTransitions !== undefined && leaseTransitions < 0) {
    errors.push(invalidValue('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0'))
  }
  if (strategy !== undefined && strategy !== 'OldestEmulationVersion') {
    errors.push(...invalidFor('spec.strategy', strategy, validateQualifiedName(strategy)))
  }
  if (preferredHolder && !strategy) {
    errors.push(
      invalidValue('spec.preferredHolder', preferredHolder, 'may only be specified when `strategy` is defined'),
    )
  }
  return errors
}
