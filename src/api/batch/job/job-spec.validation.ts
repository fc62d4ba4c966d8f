/** Rules of what a Job says, also in the template of a CronJob. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, notSupported, required, tooLong } from '#machinery/errors/field-errors.ts'
import { validateDomainPrefixedPath } from '#machinery/meta/validate-domains.ts'
import { validatePodTemplateSpec } from '../../core/pod/pod.validation.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { JobSpec } from '../../gen/batch-v1.ts'
import type { PodTemplateSpec } from '../../gen/core-v1.ts'
import { validateNonNegative } from '../../numbers.validation.ts'
import { validateFailurePolicy, validateSuccessPolicy } from './failure-policy.validation.ts'

const maxIndexed = 100_000
const maxBeyondSoftLimit = 10_000
const maxManagedByLength = 63
const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
] as const

/** `old`: the stored template of the pods. */
export function validateJobSpec(
  spec: JobSpec, path: string, old: DeepReadonly<PodTemplateSpec> | undefined,
): FieldError[] {
  const { maxFailedIndexes, backoffLimitPerIndex, managedBy } = spec
  const errors = counts.flatMap((field) => validateNonNegative(spec[field], `${path}.${field}`))
  if (maxFailedIndexes !== undefined) {
    errors.push(...validateNonNegative(maxFailedIndexes, `${path}.maxFailedIndexes`))
    if (backoffLimitPerIndex === undefined) {
      errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'))
    }
  }
  if (managedBy !== undefined) {
    errors.push(...validateDomainPrefixedPath(managedBy, `${path}.managedBy`))
    if (managedBy.length > maxManagedByLength) errors.push(tooLong(`${path}.managedBy`, maxManagedByLength))
  }
  errors.push(...validateCompletionMode(spec, path))
  if (spec.podFailurePolicy) errors.push(...validateFailurePolicy(spec, `${path}.podFailurePolicy`))
  if (spec.successPolicy) {
    errors.push(...(spec.completionMode === 'Indexed'
      ? validateSuccessPolicy(spec, `${path}.successPolicy`)
      : [invalidValue(`${path}.successPolicy`, spec.successPolicy, 'requires indexed completion mode')]))
  }
  return [
    ...errors,
    ...validateReplacement(spec, `${path}.podReplacementPolicy`),
    ...validatePodTemplateSpec(spec.template ?? {}, `${path}.template`, old),
    ...validateRestartPolicy(spec, `${path}.template.spec.restartPolicy`),
  ]
}

function validateCompletionMode(spec: JobSpec, path: string): FieldError[] {
  const { completionMode, maxFailedIndexes, backoffLimitPerIndex } = spec
  if (completionMode === 'Indexed') return validateIndexed(spec, path)
  const errors: FieldError[] = []
  if (completionMode !== undefined && completionMode !== 'NonIndexed') {
    return [notSupported(`${path}.completionMode`, completionMode, ['NonIndexed', 'Indexed'])]
  }
  if (backoffLimitPerIndex !== undefined) {
    errors.push(invalidValue(`${path}.backoffLimitPerIndex`, backoffLimitPerIndex, 'requires indexed completion mode'))
  }
  if (maxFailedIndexes !== undefined) {
    errors.push(invalidValue(`${path}.maxFailedIndexes`, maxFailedIndexes, 'requires indexed completion mode'))
  }
  return errors
}

/** The indexes that succeeded and failed are listed in the status, which has to stay small. */
function validateIndexed(spec: JobSpec, path: string): FieldError[] {
  const { completions, parallelism, maxFailedIndexes, backoffLimitPerIndex } = spec
  const errors: FieldError[] = []
  const atMost = (field: 'parallelism' | 'maxFailedIndexes', limit: number, when = ''): void => {
    const value = spec[field]
    if (value !== undefined && value > limit) {
      errors.push(invalidValue(`${path}.${field}`, value, `must be less than or equal to ${limit}${when}`))
    }
  }
  if (completions === undefined) errors.push(required(`${path}.completions`, 'when completion mode is Indexed'))
  atMost('parallelism', maxIndexed, ' when completion mode is Indexed')
  if (completions !== undefined && maxFailedIndexes !== undefined && maxFailedIndexes > completions) {
    errors.push(
      invalidValue(`${path}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions'),
    )
  }
  atMost('maxFailedIndexes', maxIndexed)
  if (completions === undefined || completions <= maxIndexed || backoffLimitPerIndex === undefined) return errors
  if (maxFailedIndexes === undefined) {
    errors.push(required(`${path}.maxFailedIndexes`, `must be specified when completions is above ${maxIndexed}`))
  }
  const when = ` when completions are above ${maxIndexed} and used with backoff limit per index`
  if (parallelism !== undefined) atMost('parallelism', maxBeyondSoftLimit, when)
  atMost('maxFailedIndexes', maxBeyondSoftLimit, when)
  return errors
}

function validateReplacement({ podReplacementPolicy, podFailurePolicy }: JobSpec, path: string): FieldError[] {
  if (podReplacementPolicy === undefined) return []
  const supported = podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed']
  return supported.includes(podReplacementPolicy) ? [] : [notSupported(path, podReplacementPolicy, supported)]
}

/** Pods that are always restarted never end. */
function validateRestartPolicy({ template, podFailurePolicy }: JobSpec, path: string): FieldError[] {
  const policy = template?.spec?.restartPolicy
  if (!policy || policy === 'Always') return [required(path, 'valid values: "OnFailure", "Never"')]
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(path, policy, ['OnFailure', 'Never'])]
  return podFailurePolicy && policy !== 'Never'
    ? [invalidValue(path, policy, 'only "Never" is supported when podFailurePolicy is specified')] : []
}

/** What a template may not say, because the server says it. */
export function validateJobTemplate(
  spec: JobSpec, path: string, old: DeepReadonly<PodTemplateSpec> | undefined,
): FieldError[] {
  const errors = validateJobSpec(spec, path, old)
  if (spec.selector) errors.push(invalidValue(`${path}.selector`, spec.selector, '`selector` will be auto-generated'))
  if (spec.manualSelector) errors.push(notSupported(`${path}.manualSelector`, true, ['nil', 'false']))
  return errors
}
