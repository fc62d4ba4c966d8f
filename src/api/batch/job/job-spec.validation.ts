/** Rules of what a Job says, also in the template of a CronJob. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  duplicateValue,
  invalidFor,
  invalidValue,
  notSupported,
  required,
  tooMany,
} from '#machinery/errors/field-errors.ts'
import { validateQualifiedName } from '#machinery/meta/validate-names.ts'
import { validatePodTemplateSpec } from '../../core/pod/pod.validation.ts'
import type { JobSpec, PodFailurePolicyRule } from '../../gen/batch-v1.ts'
import { validateNonNegative } from '../../numbers.validation.ts'

const maxParallelismOfIndexed = 100000
const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
] as const

export function validateJobSpec(spec: JobSpec, path: string): FieldError[] {
  const errors = counts.flatMap((field) => validateNonNegative(spec[field], `${path}.${field}`))
  errors.push(...validateIndexed(spec, path))
  if (spec.podFailurePolicy) errors.push(...validateFailurePolicy(spec, `${path}.podFailurePolicy`))
  if (spec.managedBy !== undefined) errors.push(...validateManagedBy(spec.managedBy, `${path}.managedBy`))
  errors.push(...validateReplacement(spec, path), ...validatePodTemplateSpec(spec.template ?? {}, `${path}.template`))
  return [...errors, ...validateRestartPolicy(spec, `${path}.template.spec.restartPolicy`)]
}

function validateIndexed(spec: JobSpec, path: string): FieldError[] {
  const { completionMode, completions, parallelism, maxFailedIndexes, backoffLimitPerIndex, successPolicy } = spec
  const errors: FieldError[] = []
  if (completionMode !== undefined && completionMode !== 'NonIndexed' && completionMode !== 'Indexed') {
    errors.push(notSupported(`${path}.completionMode`, completionMode, ['NonIndexed', 'Indexed']))
  }
  if (completionMode === 'Indexed') {
    if (completions === undefined) errors.push(required(`${path}.completions`, 'when completion mode is Indexed'))
    if (parallelism !== undefined && parallelism > maxParallelismOfIndexed) {
      errors.push(invalidValue(`${path}.parallelism`, parallelism,
        `must be less than or equal to ${maxParallelismOfIndexed} when completion mode is Indexed`))
    }
  } else {
    if (backoffLimitPerIndex !== undefined) {
      errors.push(
        invalidValue(`${path}.backoffLimitPerIndex`, backoffLimitPerIndex, 'requires indexed completion mode'),
      )
    }
    if (maxFailedIndexes !== undefined) {
      errors.push(invalidValue(`${path}.maxFailedIndexes`, maxFailedIndexes, 'requires indexed completion mode'))
    }
    if (successPolicy) {
      errors.push(invalidValue(`${path}.successPolicy`, successPolicy, 'requires indexed completion mode'))
    }
  }
  if (maxFailedIndexes !== undefined) {
    if (backoffLimitPerIndex === undefined) {
      errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'))
    }
    errors.push(...validateNonNegative(maxFailedIndexes, `${path}.maxFailedIndexes`))
    if (completions !== undefined && maxFailedIndexes > completions) {
      errors.push(
        invalidValue(`${path}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions'),
      )
    }
  }
  return errors
}

function validateManagedBy(value: string, path: string): FieldError[] {
  if (value === '') return [required(path)]
  const errors = invalidFor(path, value, validateQualifiedName(value))
  if (errors.length === 0 && !value.includes('/')) {
    errors.push(invalidValue(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")'))
  }
  if (value.length > 63) {
    errors.push({ type: 'FieldValueTooLong', field: path, message: 'Too long: may not be more than 63 bytes' })
  }
  return errors
}

function validateReplacement({ podReplacementPolicy, podFailurePolicy }: JobSpec, path: string): FieldError[] {
  if (podReplacementPolicy === undefined) return []
  const supported = podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed']
  return supported.includes(podReplacementPolicy) ? []
    : [notSupported(`${path}.podReplacementPolicy`, podReplacementPolicy, supported)]
}

/** Pods that are always restarted never end. */
function validateRestartPolicy({ template, podFailurePolicy }: JobSpec, path: string): FieldError[] {
  const policy = template?.spec?.restartPolicy
  if (!policy || policy === 'Always') return [required(path, 'valid values: "OnFailure", "Never"')]
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(path, policy, ['OnFailure', 'Never'])]
  return podFailurePolicy && policy !== 'Never'
    ? [invalidValue(path, policy, 'only "Never" is supported when podFailurePolicy is specified')] : []
}

const maxRules = 20
const maxValues = 255
const maxPatterns = 20
const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore']

function validateFailurePolicy(spec: JobSpec, path: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? []
  if (rules.length > maxRules) return [tooMany(`${path}.rules`, rules.length, maxRules)]
  const containers = new Set([
    ...(spec.template?.spec?.containers ?? []), ...(spec.template?.spec?.initContainers ?? []),
  ].map(({ name }) => name))
  return rules.flatMap((rule, index) => validateRule(rule, spec, containers, `${path}.rules[${index}]`))
}

function validateRule(
  rule: PodFailurePolicyRule, spec: JobSpec, containers: ReadonlySet<string>, path: string,
): FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule
  const errors: FieldError[] = []
  if (!action) {
    errors.push(required(`${path}.action`, `valid values: ${actions.map((value) => `"${value}"`).join(', ')}`))
  } else if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    errors.push(invalidValue(`${path}.action`, action, 'requires the backoffLimitPerIndex to be set'))
  } else if (!actions.includes(action)) errors.push(notSupported(`${path}.action`, action, actions))
  if (onExitCodes) errors.push(...validateExitCodes(onExitCodes, containers, `${path}.onExitCodes`))
  if (onPodConditions.length > maxPatterns) {
    errors.push(tooMany(`${path}.onPodConditions`, onPodConditions.length, maxPatterns))
  }
  for (const [index, { type, status }] of onPodConditions.entries()) {
    const at = `${path}.onPodConditions[${index}]`
    errors.push(...invalidFor(`${at}.type`, type, validateQualifiedName(type)))
    if (!status) errors.push(required(`${at}.status`, 'valid values: "False", "True", "Unknown"'))
    else if (!['False', 'True', 'Unknown'].includes(status)) {
      errors.push(notSupported(`${at}.status`, status, ['False', 'True', 'Unknown']))
    }
  }
  if (onExitCodes && onPodConditions.length > 0) {
    errors.push(invalidValue(path, rule, 'specifying both OnExitCodes and OnPodConditions is not supported'))
  } else if (!onExitCodes && onPodConditions.length === 0) {
    errors.push(invalidValue(path, rule, 'specifying one of OnExitCodes and OnPodConditions is required'))
  }
  return errors
}

type ExitCodes = NonNullable<PodFailurePolicyRule['onExitCodes']>

function validateExitCodes(
  { operator, values = [], containerName }: ExitCodes, containers: ReadonlySet<string>, path: string,
): FieldError[] {
  const errors: FieldError[] = []
  if (!operator) errors.push(required(`${path}.operator`, 'valid values: "In", "NotIn"'))
  else if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(notSupported(`${path}.operator`, operator, ['In', 'NotIn']))
  }
  if (containerName !== undefined && !containers.has(containerName)) {
    errors.push(
      invalidValue(
        `${path}.containerName`,
        containerName,
        'must be one of the container or initContainer names in the pod template',
      ),
    )
  }
  if (values.length === 0) errors.push(invalidValue(`${path}.values`, values, 'at least one value is required'))
  else if (values.length > maxValues) errors.push(tooMany(`${path}.values`, values.length, maxValues))
  for (const [index, value] of values.entries()) {
    const at = `${path}.values[${index}]`
    if (operator === 'In' && value === 0) errors.push(invalidValue(at, value, 'must not be 0 for the In operator'))
    if (values.indexOf(value) < index) errors.push(duplicateValue(at, value))
  }
  if (values.some((value, index) => index > 0 && value < values[index - 1]!)) {
    errors.push(invalidValue(`${path}.values`, values, 'must be ordered'))
  }
  return errors
}

/** What a template may not say, because the server says it. */
export function validateJobTemplate(spec: JobSpec, path: string): FieldError[] {
  const errors = validateJobSpec(spec, path)
  if (spec.selector) errors.push(invalidValue(`${path}.selector`, spec.selector, '`selector` will be auto-generated'))
  if (spec.manualSelector) errors.push(notSupported(`${path}.manualSelector`, true, ['nil', 'false']))
  return errors
}
