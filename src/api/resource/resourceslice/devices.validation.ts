/** Rules of one device of a slice: its attributes, capacities, taints, counters and place. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, required, tooLong } from '#machinery/errors/field-errors.ts'
import { validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { validateList, validateMap, validateSet } from '../../collections.validation.ts'
import type { Device, DeviceAttribute } from '../../gen/resource-v1.ts'
import { validateNodeSelector } from '../../selectors.validation.ts'
import { maxQualifiedNameLength, validateLabelName, validateQualifiedName } from '../device-names.validation.ts'
import { validateBindingParameters, validateDeviceTaint } from '../device-taints.validation.ts'
import { validateCapacity } from './capacity.validation.ts'
import { validateCounterConsumption } from './counters.validation.ts'

const maxAttributesAndCapacities = 32
const maxAttributeValues = 48
const maxValueLength = 64
const maxTaints = 16
const maxCounterConsumptions = 2

const qualifiedNames = {
  limit: Infinity, shownKeyLength: maxQualifiedNameLength, key: validateQualifiedName,
}

/** `old`: the device of that name before; its capacities and taints may stay as they were. */
export function validateDevice(
  device: Device, old: Device | undefined, placedByItself: boolean, path: string,
): FieldError[] {
  const changed = (field: 'capacity' | 'taints'): boolean =>
    old === undefined || validateImmutable(device[field], old[field], field).length > 0
  const shared = device.allowMultipleAllocations === true
  return [
    ...validateLabelName(device.name, `${path}.name`),
    ...validateAmounts(device, path),
    ...validateMap(device.attributes, { ...qualifiedNames, value: validateAttribute }, `${path}.attributes`),
    ...(changed('capacity')
      ? validateMap(device.capacity, {
        ...qualifiedNames, value: (capacity, at) => validateCapacity(capacity, shared, at),
      }, `${path}.capacity`)
      : []),
    ...(changed('taints')
      ? validateList(device.taints, maxTaints, (taint, at) => validateDeviceTaint(taint, at), `${path}.taints`) : []),
    ...validateSet(device.consumesCounters, maxCounterConsumptions, validateCounterConsumption,
      ({ counterSet }) => counterSet, `${path}.consumesCounters`),
    ...validatePlace(device, placedByItself, path),
    ...validateBindingParameters(device, path),
  ]
}

/** The total of values: one for a plain attribute, and one for each item of a list. */
function validateAmounts({ attributes = {}, capacity = {} }: Device, path: string): FieldError[] {
  const entries = Object.keys(attributes).length + Object.keys(capacity).length
  const values = Object.values(attributes).reduce((total, { bools = [], ints = [], strings = [], versions = [] }) =>
    total + (bools.length + ints.length + strings.length + versions.length || 1), 0)
  return [
    ...(entries > maxAttributesAndCapacities
      ? [invalidValue(path, entries,
        `the total number of attributes and capacities must not exceed ${maxAttributesAndCapacities}`)]
      : []),
    ...(values > maxAttributeValues
      ? [invalidValue(path, values, `the total number of attribute values must not exceed ${maxAttributeValues}`)]
      : []),
  ]
}

/** A value of exactly one type. */
function validateAttribute(attribute: DeviceAttribute, path: string): FieldError[] {
  const { string, version, strings, versions } = attribute
  const errors: FieldError[] = []
  if (string !== undefined) errors.push(...validateText(string, `${path}.string`))
  if (version !== undefined) errors.push(...validateVersion(version, `${path}.version`))
  for (const field of ['bools', 'ints', 'strings', 'versions'] as const) {
    if (attribute[field]?.length === 0) {
      errors.push(invalidValue(`${path}.${field}`, attribute[field], 'must not be empty if specified'))
    }
  }
  errors.push(
    ...validateList(strings, Infinity, validateText, `${path}.strings`),
    ...validateList(versions, Infinity, validateVersion, `${path}.versions`),
  )
  const set = Object.values(attribute).filter((value) => value !== undefined).length
  if (set !== 1) errors.push(invalidValue(path, set === 0 ? '' : attribute, 'exactly one value must be specified'))
  return errors
}

function validateText(value: string, path: string): FieldError[] {
  return value.length > maxValueLength ? [tooLong(path, maxValueLength)] : []
}

const numeric = '(0|[1-9]\\d*)'
const preRelease = '(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)'
const build = '[0-9a-zA-Z-]+'
const semanticVersion = new RegExp(
  `^${numeric}\\.${numeric}\\.${numeric}(-${preRelease}(\\.${preRelease})*)?(\\+${build}(\\.${build})*)?$`,
)

function validateVersion(value: string, path: string): FieldError[] {
  // A long text is not matched at all: the pattern could take long over it.
  const matches = value.length <= maxValueLength * 16 && semanticVersion.test(value)
  return [
    ...(matches ? [] : [invalidValue(path, value, 'must be a string compatible with semver.org spec 2.0.0')]),
    ...validateText(value, path),
  ]
}

/** A device says where it is if, and only if, its slice leaves that to it. */
function validatePlace(device: Device, placedByItself: boolean, path: string): FieldError[] {
  const { nodeName, nodeSelector, allNodes } = device
  if (!placedByItself) {
    return nodeName === undefined && nodeSelector === undefined && allNodes === undefined ? []
      : [invalidValue(path, undefined, '`nodeName`, `nodeSelector` and `allNodes` can only be set if '
        + '`perDeviceNodeSelection` is set to true in the ResourceSlice spec')]
  }
  const errors: FieldError[] = []
  if (nodeName === '') errors.push(invalidValue(`${path}.nodeName`, nodeName, 'must not be empty'))
  else if (nodeName) errors.push(...invalidFor(`${path}.nodeName`, nodeName, validateDns1123Subdomain(nodeName)))
  if (nodeSelector) errors.push(...validateNodeSelector(nodeSelector, `${path}.nodeSelector`))
  if (allNodes === false) {
    errors.push(invalidValue(`${path}.allNodes`, allNodes, 'must be either unset or set to true'))
  }
  const set = (['nodeName', 'nodeSelector', 'allNodes'] as const).filter((field) => device[field])
  const sentence = 'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when '
    + '`perDeviceNodeSelection` is set to true in the ResourceSlice spec'
  if (set.length === 0) errors.push(required(path, sentence))
  if (set.length > 1) {
    errors.push(invalidValue(path, `{${set.map((field) => `\`${field}\``).join(', ')}}`, sentence))
  }
  return errors
}
