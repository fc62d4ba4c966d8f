/** Validation of Leases. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, notSupported } from '#machinery/errors/field-errors.ts'
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
  if (strategy !== undefined) errors.push(...validateLeaseStrategy(strategy, 'spec.strategy'))
  if (preferredHolder && !strategy) {
    errors.push(forbiddenValue('spec.preferredHolder', 'may only be specified if `strategy` is defined'))
  }
  return errors
}

/** Kubernetes' own strategy, or one with a domain. Upstream tells faults at `strategy.strategy`. */
export function validateLeaseStrategy(strategy: string, path: string): FieldError[] {
  const known = ['OldestEmulationVersion']
  if (strategy.includes('/')) return invalidFor(`${path}.strategy`, strategy, validateQualifiedName(strategy))
  return known.includes(strategy) ? [] : [notSupported(`${path}.strategy`, strategy, known)]
}
