/**
 * resource.k8s.io/v1beta1 ⇄ v1: requests had their exact form's fields in themselves, and devices theirs in `basic`.
 */
import type { KubeObject } from '#machinery/meta/object.ts'
import type { Conversion } from '#machinery/schema/define-kind.ts'
import type * as v1 from '../gen/resource-v1.ts'
import type * as v1beta1 from '../gen/resource-v1beta1.ts'

type ClaimSpec<Request> = { readonly devices?: { readonly requests?: Request[] } }

export const resourceClaimConversion: Conversion = {
  toStored: (object) => {
    const { spec, ...rest } = object as v1beta1.ResourceClaim
    return { ...rest, ...(spec && { spec: convertRequests(spec, requestToV1) }) } as KubeObject
  },
  fromStored: (object) => {
    const { spec, ...rest } = object as v1.ResourceClaim
    return { ...rest, ...(spec && { spec: convertRequests(spec, requestFromV1) }) } as KubeObject
  },
}

export const resourceClaimTemplateConversion: Conversion = {
  toStored: (object) => {
    const { spec, ...rest } = object as v1beta1.ResourceClaimTemplate
    return {
      ...rest,
      ...(spec && { spec: { ...spec, ...(spec.spec && { spec: convertRequests(spec.spec, requestToV1) }) } }),
    }
  },
  fromStored: (object) => {
    const { spec, ...rest } = object as v1.ResourceClaimTemplate
    return {
      ...rest,
      ...(spec && { spec: { ...spec, ...(spec.spec && { spec: convertRequests(spec.spec, requestFromV1) }) } }),
    }
  },
}

export const resourceSliceConversion: Conversion = {
  toStored: (object) => {
    const { spec, ...rest } = object as v1beta1.ResourceSlice
    const devices = spec?.devices?.map(({ basic, ...device }): v1.Device => ({ ...device, ...basic }))
    return { ...rest, ...(spec && { spec: { ...spec, ...(devices && { devices }) } }) } as KubeObject
  },
  fromStored: (object) => {
    const { spec, ...rest } = object as v1.ResourceSlice
    const devices = spec?.devices?.map(({ name, ...basic }): v1beta1.Device => ({ name, basic }))
    return { ...rest, ...(spec && { spec: { ...spec, ...(devices && { devices }) } }) } as KubeObject
  },
}

function convertRequests<From, To>(spec: ClaimSpec<From>, convert: (request: From) => To): ClaimSpec<To> {
  const { devices, ...rest } = spec
  if (!devices) return rest
  const { requests, ...others } = devices
  return { ...rest, devices: { ...(requests && { requests: requests.map(convert) }), ...others } }
}

/** A request that asks for nothing exact has alternatives only. */
function requestToV1({ name, firstAvailable, ...exactly }: v1beta1.DeviceRequest): v1.DeviceRequest {
  return {
    name,
    ...(Object.keys(exactly).length > 0 && { exactly: { ...exactly, deviceClassName: exactly.deviceClassName ?? '' } }),
    ...(firstAvailable && { firstAvailable }),
  }
}

function requestFromV1({ name, exactly, firstAvailable }: v1.DeviceRequest): v1beta1.DeviceRequest {
  return { name, ...exactly, ...(firstAvailable && { firstAvailable }) }
}
