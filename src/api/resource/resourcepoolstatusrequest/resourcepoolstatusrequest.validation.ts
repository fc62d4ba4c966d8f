/** Validation of ResourcePoolStatusRequests. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, required, tooLong, tooMany } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { validateList } from '../../collections.validation.ts'
import { validateConditions } from '../../conditions.validation.ts'
import type { PoolStatus, ResourcePoolStatusRequest } from '../../gen/resource-v1alpha3.ts'
import { validateDriverName, validatePoolName } from '../device-names.validation.ts'

const maxLimit = 1000
const maxPools = 1000
const maxConditions = 10
const maxValidationErrorLength = 256

export function validateNewResourcePoolStatusRequest({ spec }: ResourcePoolStatusRequest): FieldError[] {
  const { driver = '', poolName, limit } = spec ?? {}
  return [
    ...(driver ? validateDriverName(driver, 'spec.driver') : [required('spec.driver')]),
    ...(poolName === undefined ? [] : validatePoolName(poolName, 'spec.poolName')),
    ...validateAtLeast(limit, 1, 'spec.limit'),
    ...((limit ?? 0) > maxLimit
      ? [invalidValue('spec.limit', limit, `must be less than or equal to ${maxLimit}`)] : []),
  ]
}

/** Answered once: a status that is there stays as it is. */
export function validateResourcePoolStatus(
  { status }: ResourcePoolStatusRequest, old: Stored<ResourcePoolStatusRequest>,
): FieldError[] {
  if (old.status) return validateImmutable(status, old.status, 'status')
  const conditions = status?.conditions ?? []
  return [
    ...(status && status.poolCount === undefined ? [required('status.poolCount')] : []),
    ...validateAtLeast(status?.poolCount, 0, 'status.poolCount'),
    ...validateList(status?.pools, maxPools, validatePool, 'status.pools'),
    ...(conditions.length > maxConditions ? [tooMany('status.conditions', conditions.length, maxConditions)] : []),
    ...validateConditions(conditions, 'status.conditions'),
  ]
}

function validatePool(pool: PoolStatus, path: string): FieldError[] {
  const { nodeName, validationError = '' } = pool
  return [
    ...validateDriverName(pool.driver ?? '', `${path}.driver`),
    ...validatePoolName(pool.poolName, `${path}.poolName`),
    ...validateAtLeast(pool.generation, 0, `${path}.generation`),
    ...validateAtLeast(pool.resourceSliceCount, 1, `${path}.resourceSliceCount`),
    ...(['totalDevices', 'allocatedDevices', 'availableDevices', 'unavailableDevices'] as const)
      .flatMap((field) => validateAtLeast(pool[field], 0, `${path}.${field}`)),
    ...(nodeName === undefined ? [] : invalidFor(`${path}.nodeName`, nodeName, validateDns1123Subdomain(nodeName))),
    ...(validationError.length > maxValidationErrorLength
      ? [tooLong(`${path}.validationError`, maxValidationErrorLength)] : []),
  ]
}

function validateAtLeast(value: number | undefined, least: number, path: string): FieldError[] {
  return value !== undefined && value < least
    ? [invalidValue(path, value, `must be greater than or equal to ${least}`)]
    : []
}
