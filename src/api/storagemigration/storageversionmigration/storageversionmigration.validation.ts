/** Validation of StorageVersionMigrations. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, quoteGo, required } from '#machinery/errors/field-errors.ts'
import { isConditionTrue } from '#machinery/meta/conditions.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { validateConditions } from '../../conditions.validation.ts'
import type { StorageVersionMigration } from '../../gen/storagemigration-v1beta1.ts'

export function validateMigration({ spec }: StorageVersionMigration): FieldError[] {
  return spec?.resource?.resource ? [] : [required('spec.resource.resource', 'resource is required')]
}

export function validateMigrationUpdate(
  { spec }: StorageVersionMigration, old: Stored<StorageVersionMigration>,
): FieldError[] {
  return [
    ...validateImmutable(spec?.resource?.group ?? '', old.spec?.resource?.group ?? '', 'group'),
    ...validateImmutable(spec?.resource?.resource ?? '', old.spec?.resource?.resource ?? '', 'resource'),
  ]
}

/** A migration ends once, well or badly, and does not run on. */
export function validateMigrationStatus(
  { status }: StorageVersionMigration, old: Stored<StorageVersionMigration>,
): FieldError[] {
  const { resourceVersion = '', conditions = [] } = status ?? {}
  const path = 'status.conditions'
  const errors = [...validateResourceVersion(resourceVersion), ...validateConditions(conditions, path)]
  const before = old.status?.resourceVersion
  if (before && before !== resourceVersion) {
    errors.push(invalidValue('status.resourceVersion', resourceVersion, 'cannot be updated'))
  }
  const is = (type: string): boolean => isConditionTrue(conditions, type)
  const was = (type: string): boolean => isConditionTrue(old.status?.conditions ?? [], type)
  const rules: readonly (readonly [boolean, string])[] = [
    [is('Succeeded') && is('Failed'), 'Both success and failed conditions cannot be true at the same time'],
    [is('Succeeded') && is('Running'), 'Running condition cannot be true when success condition is true'],
    [is('Failed') && is('Running'), 'Running condition cannot be true when failed condition is true'],
    [was('Succeeded') && !is('Succeeded'), 'Success condition cannot be set to false once it is true'],
    [was('Failed') && !is('Failed'), 'Failed condition cannot be set to false once it is true'],
  ]
  for (const [broken, sentence] of rules) if (broken) errors.push(invalidValue(path, conditions, sentence))
  return errors
}

const maxInt64 = 2n ** 63n - 1n

function validateResourceVersion(text: string): FieldError[] {
  if (text === '') return []
  const path = 'status.resourceVersion'
  const fail = (why: string): FieldError[] => [invalidValue(path, text,
    `failed to parse resource version ${quoteGo(text)}: strconv.ParseInt: parsing ${quoteGo(text)}: ${why}`)]
  if (!/^[+-]?\d+$/.test(text)) return fail('invalid syntax')
  const value = BigInt(text.replace('+', ''))
  if (value > maxInt64 || value < -maxInt64 - 1n) return fail('value out of range')
  return value < 0n ? [invalidValue(path, value, 'must be greater than or equal to 0')] : []
}
