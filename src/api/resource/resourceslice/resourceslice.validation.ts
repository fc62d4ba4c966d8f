/** Validation of ResourceSlices: where the devices are, and which ones they are. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateDns1123Subdomain } from '#machinery/meta/validate-names.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { validateSet } from '../../collections.validation.ts'
import type { Device, ResourcePool, ResourceSlice, ResourceSliceSpec } from '../../gen/resource-v1.ts'
import { validateNodeSelector } from '../../selectors.validation.ts'
import { validateDriverName, validatePoolName } from '../device-names.validation.ts'
import { validateCounterSet } from './counters.validation.ts'
import { validateDevice } from './devices.validation.ts'

const maxDevices = 128
/** Of devices with taints, shared counters or lists of values. */
const maxElaborateDevices = 64
const maxCounterSets = 8

export function validateResourceSlice({ spec }: ResourceSlice, old?: Stored<ResourceSlice>): FieldError[] {
  if (!spec) return [required('spec')]
  const { sharedCounters, devices } = spec
  const oldDevices = new Map(old?.spec?.devices?.map((device) => [device.name, device as Device]))
  const limit = devices?.some(isElaborate) ? maxElaborateDevices : maxDevices
  return [
    ...validateDriverName(spec.driver, 'spec.driver'),
    ...validatePool(spec.pool, 'spec.pool'),
    ...(old ? validateIdentity(spec, old) : []),
    ...validatePlace(spec),
    ...(sharedCounters && devices
      ? [invalidValue('spec', '', 'only one of `sharedCounters` or `devices` is allowed')] : []),
    ...validateSet(devices, limit,
      (device, at) => validateDevice(device, oldDevices.get(device.name), spec.perDeviceNodeSelection === true, at),
      ({ name }) => name, 'spec.devices'),
    ...validateSet(sharedCounters, maxCounterSets, validateCounterSet, ({ name }) => name, 'spec.sharedCounters'),
  ]
}

function validatePool(pool: ResourcePool | undefined, path: string): FieldError[] {
  const { name, resourceSliceCount = 0, generation = 0 } = pool ?? {}
  const errors = validatePoolName(name, `${path}.name`)
  if (resourceSliceCount <= 0) {
    errors.push(invalidValue(`${path}.resourceSliceCount`, resourceSliceCount, 'must be greater than zero'))
  }
  if (generation < 0) {
    errors.push(invalidValue(`${path}.generation`, generation, 'must be greater than or equal to zero'))
  }
  return errors
}

function validateIdentity({ pool, driver, nodeName }: ResourceSliceSpec, old: Stored<ResourceSlice>): FieldError[] {
  return [
    ...validateImmutable(pool?.name, old.spec?.pool?.name, 'spec.pool.name'),
    ...validateImmutable(driver, old.spec?.driver, 'spec.driver'),
    ...validateImmutable(nodeName, old.spec?.nodeName, 'spec.nodeName'),
  ]
}

/** The devices are on one node, on the nodes of one selector term, on all nodes, or each says where it is. */
function validatePlace(spec: ResourceSliceSpec): FieldError[] {
  const { nodeName, nodeSelector, allNodes, perDeviceNodeSelection } = spec
  const errors: FieldError[] = []
  if (nodeName === '') {
    errors.push(invalidValue('spec.nodeName', nodeName, 'must be either unset or set to a non-empty string'))
  } else if (nodeName) errors.push(...invalidFor('spec.nodeName', nodeName, validateDns1123Subdomain(nodeName)))
  if (nodeSelector) {
    const path = 'spec.nodeSelector'
    const terms = nodeSelector.nodeSelectorTerms ?? []
    errors.push(...validateNodeSelector(nodeSelector, path))
    if (terms.length !== 1) {
      errors.push(invalidValue(`${path}.nodeSelectorTerms`, nodeSelector.nodeSelectorTerms,
        'must have exactly one node selector term'))
    }
  }
  for (const [name, value] of [['allNodes', allNodes], ['perDeviceNodeSelection', perDeviceNodeSelection]] as const) {
    if (value === false) errors.push(invalidValue(`spec.${name}`, value, 'must be either unset or set to true'))
  }
  const set = (['nodeName', 'nodeSelector', 'allNodes', 'perDeviceNodeSelection'] as const)
    .filter((field) => spec[field]).map((field) => `\`${field}\``)
  const sentence =
    'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'
  if (set.length === 0) errors.push(required('spec', sentence))
  if (set.length > 1) {
    errors.push(invalidValue('spec', `{${set.join(', ')}}`, `${sentence}, but multiple fields are set`))
  }
  return errors
}

function isElaborate({ taints = [], consumesCounters = [], attributes = {} }: Device): boolean {
  return taints.length > 0 || consumesCounters.length > 0
    || Object.values(attributes).some(({ bools, ints, strings, versions }) => bools ?? ints ?? strings ?? versions)
}
