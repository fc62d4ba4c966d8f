/** What device requests get when the client leaves it out. */
import type { DeviceSubRequest, DeviceToleration, ExactDeviceRequest, ResourceClaimSpec } from '../gen/resource-v1.ts'

export function setDeviceClaimDefaults(spec: ResourceClaimSpec | undefined): void {
  for (const request of spec?.devices?.requests ?? []) {
    if (request.exactly) setRequestDefaults(request.exactly)
    for (const alternative of request.firstAvailable ?? []) setRequestDefaults(alternative)
  }
}

/** Exactly one device, unless the request says otherwise. */
function setRequestDefaults(request: ExactDeviceRequest | DeviceSubRequest): void {
  request.allocationMode ||= 'ExactCount'
  if (request.allocationMode === 'ExactCount') request.count ||= 1
  for (const toleration of request.tolerations ?? []) setTolerationDefaults(toleration)
}

function setTolerationDefaults(toleration: DeviceToleration): void {
  toleration.operator ||= 'Equal'
}
