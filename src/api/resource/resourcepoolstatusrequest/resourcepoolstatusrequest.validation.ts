/** Validation of ResourcePoolStatusRequests: what upstream declares beside the type's fields, in their order. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, required, tooLong, tooMany } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { validateCaselessDns1123Subdomain, validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { validateList } from '../../collections.validation.ts'
import { validateConditions } from '../../conditions.validation.ts'
import type { PoolStatus, ResourcePoolStatusRequest, ResourcePoolStatusRequestStatus } from '../../gen/resource-v1alpha3.ts'

const maxLimit = 1000
const maxPools = 1000
const maxConditions = 10
const maxValidationErrorLength = 256
const maxPoolNameLength = 253

export function validateNewResourcePoolStatusRequest({ spec }: ResourcePoolStatusRequest): FieldError[] {
  const { driver, poolName, limit } = spec ?? {}
  return [
    ...validateDriver(driver, 'spec.driver'),
    ...(poolName === undefined ? [] : validatePoolSegments(poolName, 'spec.poolName')),
    ...((limit ?? 0) > maxLimit
      ? [invalidValue('spec.limit', limit, `must be less than or equal to ${maxLimit}`)] : []),
    ...validateAtLeast(limit, 1, 'spec.limit'),
  ]
}

/** The fault does not show what was wanted. */
export function validateResourcePoolStatusRequestUpdate(
  { spec }: ResourcePoolStatusRequest, old: Stored<ResourcePoolStatusRequest>,
): FieldError[] {
  return semanticEqual(spec, old.spec) ? [] : [invalidValue('spec', undefined, 'field is immutable')]
}

/** Answered once: a status that is there stays as it is. */
export function validateResourcePoolStatus(
  { status }: ResourcePoolStatusRequest, old: Stored<ResourcePoolStatusRequest>,
): FieldError[] {
  const errors = old.status ? validateImmutable(status, old.status, 'status')
    : validateConditions(status?.conditions, 'status.conditions')
  return status ? [...errors, ...validateChanges(status, old.status)] : errors
}

function validateChanges(
  { poolCount, pools, conditions = [] }: ResourcePoolStatusRequestStatus,
  old: DeepReadonly<ResourcePoolStatusRequestStatus> | undefined,
): FieldError[] {
  const errors: FieldError[] = []
  if (!old || poolCount !== old.poolCount) {
    errors.push(...(poolCount === undefined ? [required('status.poolCount')]
      : validateAtLeast(poolCount, 0, 'status.poolCount')))
  }
  if (!old || !semanticEqual(pools, old.pools)) {
    errors.push(...validateList(pools, maxPools, validatePool, 'status.pools'))
  }
  if (conditions.length > maxConditions && !(old && semanticEqual(conditions, old.conditions))) {
    errors.push(tooMany('status.conditions', conditions.length, maxConditions))
  }
  return errors
}

function validatePool(pool: PoolStatus, path: string): FieldError[] {
  const { poolName, generation, nodeName, validationError = '' } = pool
  return [
    ...validateDriver(pool.driver, `${path}.driver`),
    ...(poolName ? validatePoolSegments(poolName, `${path}.poolName`) : [required(`${path}.poolName`)]),
    // Zero cannot be told from an absent one.
    ...(generation ? validateAtLeast(generation, 0, `${path}.generation`) : [required(`${path}.generation`)]),
    ...validateAtLeast(pool.resourceSliceCount, 1, `${path}.resourceSliceCount`),
    ...(['totalDevices', 'allocatedDevices', 'availableDevices', 'unavailableDevices'] as const)
      .flatMap((field) => validateAtLeast(pool[field], 0, `${path}.${field}`)),
    ...(nodeName === undefined ? [] : invalidFor(`${path}.nodeName`, nodeName, validateDns1123Subdomain(nodeName))),
    ...(validationError.length > maxValidationErrorLength
      ? [tooLong(`${path}.validationError`, maxValidationErrorLength)] : []),
  ]
}

function validateDriver(driver: string | undefined, path: string): FieldError[] {
  return driver ? invalidFor(path, driver, validateCaselessDns1123Subdomain(driver)) : [required(path)]
}

/** Subdomains between slashes; faults say which one. */
function validatePoolSegments(name: string, path: string): FieldError[] {
  const errors = name.length > maxPoolNameLength ? [tooLong(path, maxPoolNameLength)] : []
  for (const [index, segment] of name.split('/').entries()) {
    if (segment === '') errors.push(invalidValue(path, name, `segment ${index}: must not be empty`))
    else {
      errors.push(...validateDns1123Subdomain(segment)
        .map((sentence) => invalidValue(path, segment, `segment ${index}: ${sentence}`)))
    }
  }
  return errors
}

function validateAtLeast(value: number | undefined, least: number, path: string): FieldError[] {
  return value !== undefined && value < least
    ? [invalidValue(path, value, `must be greater than or equal to ${least}`)]
    : []
}
