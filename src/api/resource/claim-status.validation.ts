/** Rules of which devices a claim got, who uses them, and what drivers tell about them. */
import { formatIp, parseCidr } from '#base/ip.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  quoteGo,
  required,
  tooLong,
  tooMany,
} from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { validateList, validateSet } from '../collections.validation.ts'
import { validateConditions } from '../conditions.validation.ts'
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaim,
  ResourceClaimConsumerReference,
  ResourceClaimStatus,
} from '../gen/resource-v1.ts'
import { validateRequiredChoice } from '../numbers.validation.ts'
import { validateNodeSelector } from '../selectors.validation.ts'
import { maxConfigurations, validateDeviceConfiguration, validateRawObject } from './device-configuration.validation.ts'
import { validateDriverName, validateLabelName, validatePoolName, validateUid } from './device-names.validation.ts'
import {
  requestNamesOf,
  validateRequestReference,
  validateRequestReferences,
  type RequestNames,
} from './device-requests.validation.ts'
import { validateBindingParameters, validateDeviceTolerations } from './device-taints.validation.ts'

const maxReservations = 256
const maxResults = 32
const maxConditions = 8
const maxDataLength = 10 * 1024
const maxAddresses = 16
const maxInterfaceNameLength = 256
const maxHardwareAddressLength = 128

export function validateResourceClaimStatusUpdate(object: ResourceClaim, old: Stored<ResourceClaim>): FieldError[] {
  const status = object.status ?? {}
  const before: Stored<ResourceClaim>['status'] = old.status ?? {}
  const names = requestNamesOf(object.spec?.devices ?? {})
  const errors = validateSet(
    status.reservedFor, maxReservations, validateConsumer, ({ uid }) => uid, 'status.reservedFor',
  )
  errors.push(...validateDevices(status), ...validateReservations(status, before, object))
  if (status.allocation && before.allocation) {
    errors.push(...validateImmutable(status.allocation, before.allocation, 'status.allocation'))
  } else if (status.allocation) errors.push(...validateAllocation(status.allocation, names, 'status.allocation'))
  return errors
}

function validateConsumer(consumer: ResourceClaimConsumerReference, path: string): FieldError[] {
  return (['resource', 'name', 'uid'] as const)
    .flatMap((field) => consumer[field] ? [] : [required(`${path}.${field}`)])
}

/** Only what is allocated can be used, and nobody new may begin while the claim goes away. */
function validateReservations(
  { reservedFor = [], allocation }: ResourceClaimStatus,
  old: Stored<ResourceClaim>['status'],
  { metadata }: ResourceClaim,
): FieldError[] {
  if (reservedFor.length === 0) return []
  const path = 'status.reservedFor'
  if (!allocation) return [forbiddenValue(path, 'may not be specified when `allocated` is not set')]
  const known = new Set(old?.reservedFor?.map((consumer) => JSON.stringify(consumer)))
  const added = reservedFor.some((consumer) => !known.has(JSON.stringify(consumer)))
  return metadata?.deletionTimestamp && added
    ? [forbiddenValue(path,
      'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set')]
    : []
}

interface DeviceReference {
  readonly driver: string
  readonly pool: string
  readonly device: string
  readonly shareID?: string
}

/** By which a device and a share of it are known in a claim. */
export function deviceKey({ driver, pool, device, shareID }: DeviceReference): string {
  const id = `${driver}/${pool}/${device}`
  return shareID === undefined ? id : `${id}/${shareID}`
}

function validateDevices({ devices, allocation }: ResourceClaimStatus): FieldError[] {
  const allocated = new Set(allocation?.devices?.results?.map(deviceKey))
  const path = 'status.devices'
  const errors = validateList(devices, Infinity, (device, at) => validateDevice(device, allocated, at), path)
  const seen = new Set<string>()
  for (const [index, device] of (devices ?? []).entries()) {
    const key = deviceKey(device)
    if (seen.has(key)) errors.push(duplicateValue(`${path}[${index}]`, sharedDeviceId(device)))
    seen.add(key)
  }
  return errors
}

/** As upstream's structured.SharedDeviceID looks in JSON. */
function sharedDeviceId({ driver, pool, device, shareID }: DeviceReference): object {
  return { Driver: driver, Pool: pool, Device: device, ShareID: shareID ?? '' }
}

function validateDevice(device: AllocatedDeviceStatus, allocated: ReadonlySet<string>, path: string): FieldError[] {
  const { conditions = [], data, networkData, shareID } = device
  return [
    ...validateDriverName(device.driver, `${path}.driver`),
    ...validatePoolName(device.pool, `${path}.pool`),
    ...validateLabelName(device.device, `${path}.device`),
    ...(shareID === undefined ? [] : validateUid(shareID, `${path}.shareID`)),
    ...(allocated.has(deviceKey(device)) ? []
      : [invalidValue(path, sharedDeviceId(device), 'must be an allocated device in the claim')]),
    ...(conditions.length > maxConditions
      ? [tooMany(`${path}.conditions`, conditions.length, maxConditions)] : []),
    ...validateConditions(conditions, `${path}.conditions`),
    ...(data === undefined ? [] : validateRawObject(data, `${path}.data`, maxDataLength)),
    ...(networkData ? validateNetworkData(networkData, `${path}.networkData`) : []),
  ]
}

function validateNetworkData(data: NetworkDeviceData, path: string): FieldError[] {
  const { interfaceName = '', hardwareAddress = '', ips } = data
  return [
    ...(interfaceName.length > maxInterfaceNameLength
      ? [tooLong(`${path}.interfaceName`, maxInterfaceNameLength)] : []),
    ...(hardwareAddress.length > maxHardwareAddressLength
      ? [tooLong(`${path}.hardwareAddress`, maxHardwareAddressLength)] : []),
    ...validateSet(ips, maxAddresses, validateInterfaceAddress, (address) => address, `${path}.ips`),
  ]
}

/** An address with the length of its network's prefix, in the one canonical spelling. */
function validateInterfaceAddress(value: string, path: string): FieldError[] {
  const range = parseCidr(value)
  if (!range) {
    return [invalidValue(path, value,
      'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)')]
  }
  const canonical = `${formatIp(range.address)}/${range.prefixLength}`
  return value === canonical ? [] : [invalidValue(path, value, `must be in canonical form (${quoteGo(canonical)})`)]
}

function validateAllocation(
  { devices, nodeSelector }: AllocationResult, names: RequestNames, path: string,
): FieldError[] {
  return [
    ...validateList(devices?.results, maxResults, (result, at) => validateResult(result, names, at),
      `${path}.devices.results`),
    // Those of the class and those of the claim.
    ...validateList(devices?.config, 2 * maxConfigurations, (config, at) => validateAllocated(config, names, at),
      `${path}.devices.config`),
    ...(nodeSelector ? validateNodeSelector(nodeSelector, `${path}.nodeSelector`) : []),
  ]
}

function validateResult(result: DeviceRequestAllocationResult, names: RequestNames, path: string): FieldError[] {
  return [
    ...validateRequestReference(result.request ?? '', names, `${path}.request`),
    ...validateDriverName(result.driver, `${path}.driver`),
    ...validatePoolName(result.pool, `${path}.pool`),
    ...validateLabelName(result.device, `${path}.device`),
    ...validateBindingParameters(result, path),
    ...validateDeviceTolerations(result.tolerations, `${path}.tolerations`),
    ...(result.shareID === undefined ? [] : validateUid(result.shareID, `${path}.shareID`)),
  ]
}

function validateAllocated(config: DeviceAllocationConfiguration, names: RequestNames, path: string): FieldError[] {
  return [
    ...validateRequiredChoice(config.source, ['FromClaim', 'FromClass'], `${path}.source`),
    ...validateRequestReferences(config.requests, names, `${path}.requests`),
    ...validateDeviceConfiguration(config, path),
  ]
}
