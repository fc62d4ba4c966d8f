/**
 * Rules that groups of pods share with the templates of Workloads from which they are made. Upstream declares them
 * in the types' tags: an update looks only at what has changed, and shows `null` for what may not.
 */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import { validateDns1123Label, validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import type { PodGroupSchedulingPolicy } from '../gen/scheduling-v1alpha2.ts'

export function validatePolicy(policy: PodGroupSchedulingPolicy | undefined, path: string): FieldError[] {
  const { basic, gang } = policy ?? {}
  const errors: FieldError[] = []
  if (basic && gang) errors.push(invalidValue(path, '{basic, gang}', 'must specify exactly one of: `basic`, `gang`'))
  if (!gang) return basic ? [] : [invalidValue(path, '', 'must specify one of: `basic`, `gang`')]
  const { minCount = 0 } = gang
  if (minCount === 0) return [...errors, required(`${path}.gang.minCount`)]
  return minCount > 0 ? errors
    : [...errors, invalidValue(`${path}.gang.minCount`, minCount, 'must be greater than or equal to 1')]
}

export function validateShortName(name: string | undefined, path: string): FieldError[] {
  return name ? invalidFor(path, name, validateDns1123Label(name)) : [required(path)]
}

export function validateLongName(name: string | undefined, path: string): FieldError[] {
  return name ? invalidFor(path, name, validateDns1123Subdomain(name)) : [required(path)]
}

export function validateUnchanged(value: unknown, old: unknown, path: string): FieldError[] {
  return semanticEqual(value, old) ? [] : [invalidValue(path, undefined, 'field is immutable')]
}
