/** Validation of DeviceTaintRules. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { tooMany } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateConditions } from '../../conditions.validation.ts'
import type { DeviceTaintRule } from '../../gen/resource-v1alpha3.ts'
import { validateDriverName, validateLabelName, validatePoolName } from '../device-names.validation.ts'
import { validateDeviceTaint } from '../device-taints.validation.ts'

const maxConditions = 8

export function validateDeviceTaintRule({ spec }: DeviceTaintRule, old?: Stored<DeviceTaintRule>): FieldError[] {
  const { driver, pool, device } = spec?.deviceSelector ?? {}
  const path = 'spec.deviceSelector'
  return [
    ...(driver === undefined ? [] : validateDriverName(driver, `${path}.driver`)),
    ...(pool === undefined ? [] : validatePoolName(pool, `${path}.pool`)),
    ...(device === undefined ? [] : validateLabelName(device, `${path}.device`)),
    ...validateDeviceTaint(spec?.taint ?? { key: '', effect: '' as never }, 'spec.taint', old?.spec?.taint?.effect),
  ]
}

export function validateDeviceTaintRuleStatus({ status }: DeviceTaintRule): FieldError[] {
  const { conditions = [] } = status ?? {}
  const path = 'status.conditions'
  return [
    ...validateConditions(conditions, path),
    ...(conditions.length > maxConditions ? [tooMany(path, conditions.length, maxConditions)] : []),
  ]
}
