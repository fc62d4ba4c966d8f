/** Validation of LimitRanges: known resources, and minimum ≤ default request ≤ default ≤ maximum. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, forbiddenValue, invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import { validateQualifiedName } from '#machinery/meta/validate-names.ts'
import { approximateQuantity, parseQuantity } from '#machinery/quantity.ts'
import type { LimitRange, LimitRangeItem } from '../../gen/core-v1.ts'
import { compareQuantities } from '../../quantities.ts'
import {
  isExtendedResource,
  isHugePages,
  isNativeResource,
  isOvercommitAllowed,
  validateResourceName,
} from '../pod/resources.validation.ts'

const types = new Set(['Pod', 'Container', 'PersistentVolumeClaim'])
const containerResources = new Set(['cpu', 'memory', 'ephemeral-storage'])

export function validateLimitRange({ spec }: LimitRange): FieldError[] {
  const seen = new Set<string>()
  return (spec?.limits ?? []).flatMap((item, index) => {
    const path = `spec.limits[${index}]`
    const errors = validateType(item.type, `${path}.type`)
    if (seen.has(item.type)) errors.push(duplicateValue(`${path}.type`, item.type))
    seen.add(item.type)
    return [...errors, ...validateItem(item, path)]
  })
}

function validateType(type: string, path: string): FieldError[] {
  const errors = invalidFor(path, type, validateQualifiedName(type ?? ''))
  if (errors.length > 0 || type.includes('/') || types.has(type)) return errors
  return [invalidValue(path, type, 'must be a standard limit type or fully qualified')]
}

function validateName(type: string, name: string, path: string): FieldError[] {
  const errors = validateResourceName(name, path)
  if (type !== 'Pod' && type !== 'Container') return errors
  if (!name.includes('/')) {
    if (!containerResources.has(name) && !isHugePages(name)) {
      errors.push(invalidValue(path, name, 'must be a standard resource for containers'))
    }
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    errors.push(invalidValue(path, name, "doesn't follow extended resource name standard"))
  }
  return errors
}

const lists = ['max', 'min', 'default', 'defaultRequest'] as const

function validateItem(item: LimitRangeItem, path: string): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  for (const list of lists) {
    const entries = Object.keys(item[list] ?? {})
    if (item.type === 'Pod' && (list === 'default' || list === 'defaultRequest')) {
      if (entries.length > 0) {
        errors.push(forbiddenValue(`${path}.${list}`, "may not be specified when `type` is 'Pod'"))
      }
      continue
    }
    for (const name of entries) {
      names.add(name)
      errors.push(...validateName(item.type, name, `${path}.${list}[${name}]`))
    }
  }
  if (item.type === 'PersistentVolumeClaim' && !item.min?.['storage'] && !item.max?.['storage']) {
    errors.push(
      required(`${path}.limits`, 'either minimum or maximum storage value is required, but neither was provided'),
    )
  }
  for (const name of Object.keys(item.maxLimitRequestRatio ?? {})) {
    names.add(name)
    errors.push(...validateName(item.type, name, `${path}.maxLimitRequestRatio[${name}]`))
  }
  for (const name of names) errors.push(...validateOrder(item, name, path))
  return errors
}

function validateOrder(item: LimitRangeItem, name: string, path: string): FieldError[] {
  const min = item.min?.[name]
  const max = item.max?.[name]
  const limit = item.type === 'Pod' ? undefined : item.default?.[name]
  const request = item.type === 'Pod' ? undefined : item.defaultRequest?.[name]
  const ratio = item.maxLimitRequestRatio?.[name]
  const errors: FieldError[] = []
  const exceeds = (a: string | undefined, b: string | undefined): boolean =>
    a !== undefined && b !== undefined && compareQuantities(a, b) > 0
  const fault = (list: string, value: string | undefined, detail: string): void => {
    errors.push(invalidValue(`${path}.${list}[${name}]`, value, detail))
  }
  if (exceeds(min, max)) fault('min', min, `min value ${min} is greater than max value ${max}`)
  if (exceeds(min, request)) {
    fault('defaultRequest', request, `min value ${min} is greater than default request value ${request}`)
  }
  if (exceeds(request, max)) {
    fault('defaultRequest', request, `default request value ${request} is greater than max value ${max}`)
  }
  if (exceeds(request, limit)) {
    fault('defaultRequest', request, `default request value ${request} is greater than default limit value ${limit}`)
  }
  // The values that these two show are upstream's choice.
  if (exceeds(min, limit)) fault('default', min, `min value ${min} is greater than default value ${limit}`)
  if (exceeds(limit, max)) fault('default', max, `default value ${limit} is greater than max value ${max}`)
  if (ratio !== undefined && compareQuantities(ratio, '1') < 0) {
    fault('maxLimitRequestRatio', ratio, `ratio ${ratio} is less than 1`)
  }
  if (ratio !== undefined && min !== undefined && max !== undefined) {
    const possible = approximateQuantity(parseQuantity(max)) / approximateQuantity(parseQuantity(min))
    if (approximateQuantity(parseQuantity(ratio)) > possible) {
      fault('maxLimitRequestRatio', ratio, `ratio ${ratio} is greater than max/min = ${possible.toFixed(6)}`)
    }
  }
  if (
    !isOvercommitAllowed(name)
    && limit !== undefined
    && request !== undefined
    && compareQuantities(limit, request) !== 0
  ) {
    fault('defaultRequest', request, `default value ${limit} must equal to defaultRequest value ${request} in ${name}`)
  }
  return errors
}
