/** Rules of how a Job takes the end of its pods: as failures of what kind, and as success when. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  duplicateValue,
  invalidFor,
  invalidValue,
  invalidWithoutValue,
  notSupported,
  quoteGo,
  required,
  tooLong,
  tooMany,
} from '#machinery/errors/field-errors.ts'
import { validateQualifiedName } from '#machinery/meta/validate-names.ts'
import type { JobSpec, PodFailurePolicyRule, SuccessPolicyRule } from '../../gen/batch-v1.ts'
import { validateNonNegative } from '../../numbers.validation.ts'
import { countIndexes } from './indexes.ts'

const maxRules = 20
const maxValues = 255
const maxPatterns = 20
const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const statuses = ['False', 'True', 'Unknown']
const operators = ['In', 'NotIn']

export function validateFailurePolicy(spec: JobSpec, path: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? []
  const containers = new Set([
    ...(spec.template?.spec?.containers ?? []), ...(spec.template?.spec?.initContainers ?? []),
  ].map(({ name }) => name))
  return [
    ...(rules.length > maxRules ? [tooMany(`${path}.rules`, rules.length, maxRules)] : []),
    ...rules.flatMap((rule, index) => validateFailureRule(rule, spec, containers, `${path}.rules[${index}]`)),
  ]
}

function validateFailureRule(
  rule: PodFailurePolicyRule, spec: JobSpec, containers: ReadonlySet<string>, path: string,
): FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule
  const errors: FieldError[] = []
  if (action === 'FailIndex') {
    if (spec.backoffLimitPerIndex === undefined) {
      errors.push(invalidValue(`${path}.action`, action, 'requires the backoffLimitPerIndex to be set'))
    }
  } else errors.push(...validateListedChoice(action, actions, `${path}.action`))
  if (onExitCodes) errors.push(...validateExitCodes(onExitCodes, containers, `${path}.onExitCodes`))
  if (onPodConditions.length > maxPatterns) {
    errors.push(tooMany(`${path}.onPodConditions`, onPodConditions.length, maxPatterns))
  }
  for (const [index, { type, status }] of onPodConditions.entries()) {
    const at = `${path}.onPodConditions[${index}]`
    errors.push(
      ...invalidFor(`${at}.type`, type ?? '', validateQualifiedName(type ?? '')),
      ...validateListedChoice(status, statuses, `${at}.status`),
    )
  }
  if (onExitCodes && onPodConditions.length > 0) {
    errors.push(invalidWithoutValue(path, 'specifying both OnExitCodes and OnPodConditions is not supported'))
  } else if (!onExitCodes && onPodConditions.length === 0) {
    errors.push(invalidWithoutValue(path, 'specifying one of OnExitCodes and OnPodConditions is required'))
  }
  return errors
}

/** Upstream lists the choices as Go prints a list. */
function validateListedChoice(value: string | undefined, choices: readonly string[], path: string): FieldError[] {
  if (!value) return [required(path, `valid values: [${choices.map(quoteGo).join(' ')}]`)]
  return choices.includes(value) ? [] : [notSupported(path, value, choices)]
}

type ExitCodes = NonNullable<PodFailurePolicyRule['onExitCodes']>

function validateExitCodes(
  { operator, values = [], containerName }: ExitCodes, containers: ReadonlySet<string>, path: string,
): FieldError[] {
  const errors = validateListedChoice(operator, operators, `${path}.operator`)
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
  const seen = new Set<number>()
  for (const [index, value] of values.entries()) {
    const at = `${path}.values[${index}]`
    if (operator === 'In' && value === 0) errors.push(invalidValue(at, value, 'must not be 0 for the In operator'))
    if (seen.has(value)) errors.push(duplicateValue(at, value))
    seen.add(value)
  }
  if (values.some((value, index) => index > 0 && value < values[index - 1]!)) {
    errors.push(invalidValue(`${path}.values`, values, 'must be ordered'))
  }
  return errors
}

const maxSucceededIndexesLength = 64 * 1024

export function validateSuccessPolicy(spec: JobSpec, path: string): FieldError[] {
  const rules = spec.successPolicy?.rules ?? []
  const errors: FieldError[] = []
  if (rules.length === 0) {
    errors.push(
      required(`${path}.rules`, 'at least one rules must be specified when the successPolicy is specified'),
    )
  }
  if (rules.length > maxRules) errors.push(tooMany(`${path}.rules`, rules.length, maxRules))
  return [
    ...errors,
    ...rules.flatMap((rule, index) => validateSuccessRule(rule, spec.completions ?? 0, `${path}.rules[${index}]`)),
  ]
}

function validateSuccessRule(
  { succeededCount, succeededIndexes }: SuccessPolicyRule, completions: number, path: string,
): FieldError[] {
  const errors: FieldError[] = []
  if (succeededCount === undefined && succeededIndexes === undefined) {
    errors.push(required(path, 'at least one of succeededCount or succeededIndexes must be specified'))
  }
  let named = 0
  if (succeededIndexes !== undefined) {
    const at = `${path}.succeededIndexes`
    if (succeededIndexes.length > maxSucceededIndexesLength) errors.push(tooLong(at, maxSucceededIndexesLength))
    const count = countIndexes(succeededIndexes, completions)
    if (typeof count === 'number') named = count
    else errors.push(invalidValue(at, succeededIndexes, `error parsing succeededIndexes: ${count.problem}`))
  }
  if (succeededCount === undefined) return errors
  const at = `${path}.succeededCount`
  errors.push(...validateNonNegative(succeededCount, at))
  if (succeededCount > completions) {
    errors.push(invalidValue(at, succeededCount,
      `must be less than or equal to ${completions} (the number of specified completions)`))
  }
  if (succeededIndexes !== undefined && succeededCount > named) {
    errors.push(invalidValue(at, succeededCount,
      `must be less than or equal to ${named} (the number of indexes in the specified succeededIndexes field)`))
  }
  return errors
}
