/** Rules of what a driver is told about a device, and of selecting devices. */
import { faultOfDeviceExpression } from '#machinery/cel/devices.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue, required, tooLong } from '#machinery/errors/field-errors.ts'
import { validateList } from '../collections.validation.ts'
import type { DeviceConfiguration, DeviceSelector } from '../gen/resource-v1.ts'
import { validateDriverName } from './device-names.validation.ts'

export const maxConfigurations = 32
const maxSelectors = 32
const maxExpressionLength = 10 * 1024
const maxParametersLength = 10 * 1024

/** `stored`: what is stored already was good when it came, and limits that came later do not apply to it. */
export function validateDeviceConfiguration(
  { opaque }: DeviceConfiguration, path: string, stored = false,
): FieldError[] {
  if (!opaque) return [required(`${path}.opaque`)]
  return [
    ...validateDriverName(opaque.driver, `${path}.opaque.driver`),
    ...validateRawObject(opaque.parameters, `${path}.opaque.parameters`, stored ? Infinity : maxParametersLength),
  ]
}

/** A JSON object of the driver's own. `limit` counts its bytes. */
export function validateRawObject(value: unknown, path: string, limit: number): FieldError[] {
  if (value === undefined || value === null) return [required(path)]
  if (JSON.stringify(value).length > limit) return [tooLong(path, limit)]
  if (typeof value === 'object' && !Array.isArray(value)) return []
  return [invalidValue(path, '<value omitted>', 'must be a valid JSON object')]
}

/** Expressions of old are not asked again whether they compile. */
export function validateSelectors(
  selectors: readonly DeviceSelector[] | undefined, path: string, stored = false,
): FieldError[] {
  return validateList(selectors, maxSelectors, ({ cel }, at) => {
    if (!cel) return [required(`${at}.cel`)]
    const { expression = '' } = cel
    if (stored) return []
    if (expression.length > maxExpressionLength) return [tooLong(`${at}.cel.expression`, maxExpressionLength)]
    return validateExpression(expression, `${at}.cel.expression`)
  }, path)
}

function validateExpression(expression: string, path: string): FieldError[] {
  const fault = faultOfDeviceExpression(expression)
  if (!fault) return []
  return fault.type === 'costly' ? [forbiddenValue(path, 'too complex, exceeds cost limit')]
    : [invalidValue(path, expression, fault.detail)]
}
