/** Validation of StorageVersionMigrations. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import { isConditionTrue } from '#machinery/meta/conditions.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateDns1035Label, validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { validateConditions } from '../../conditions.validation.ts'
import type { StorageVersionMigration } from '../../gen/storagemigration-v1beta1.ts'

export function validateMigration({ spec }: StorageVersionMigration): FieldError[] {
  const { group = '', resource = '' } = spec?.resource ?? {}
  const path = 'spec.resource'
  const problems = validateDns1035Label(resource)
  const groupProblems = group === '' ? [] : validateDns1123Subdomain(group)
  return [
    ...(resource === '' ? [required(`${path}.resource`, 'resource is required to be set')]
      : problems.length > 0 ? [invalidValue(`${path}.resource`, resource, problems.join(','))] : []),
    ...(groupProblems.length > 0 ? [invalidValue(`${path}.group`, group, groupProblems.join(','))] : []),
  ]
}

export function validateMigrationUpdate(
  { spec }: StorageVersionMigration, old: Stored<StorageVersionMigration>,
): FieldError[] {
  const { group = '', resource = '' } = spec?.resource ?? {}
  const { group: oldGroup = '', resource: oldResource = '' } = old.spec?.resource ?? {}
  // Upstream shows its own struct.
  return group === oldGroup && resource === oldResource ? []
    : [invalidValue('spec', { Resource: { group, resource } }, 'field is immutable')]
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
    errors.push(invalidValue('status.resourceVersion', resourceVersion, 'field is immutable'))
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

/** None yet is fine: a migration of what nobody serves fails without one. */
function validateResourceVersion(text: string): FieldError[] {
  return text === '' || /^[1-9]\d*$/.test(text) ? []
    : [invalidValue('status.resourceVersion', text, `resource version is not well formed: ${text}`)]
}
