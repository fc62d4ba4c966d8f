/** ResourceClaim: a request for devices, and which ones it got. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { ResourceClaim } from '../../gen/resource-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { separateStatus } from '../../strategy.ts'
import { setDeviceClaimDefaults } from '../claim-defaults.ts'
import { deviceKey, validateResourceClaimStatusUpdate } from '../claim-status.validation.ts'
import { validateNewResourceClaim, validateResourceClaimUpdate } from '../claims.validation.ts'
import { resourceClaimConversion } from '../v1beta1-conversion.ts'

const parts = separateStatus<ResourceClaim>({})

export const resourceClaim = defineKind<ResourceClaim>({
  group: 'resource.k8s.io', kind: 'ResourceClaim', plural: 'resourceclaims', scope: 'Namespaced',
  versions: [
    { version: 'v1', schema: 'io.k8s.api.resource.v1.ResourceClaim', served: true, stored: true },
    { version: 'v1beta2', schema: 'io.k8s.api.resource.v1beta2.ResourceClaim', served: false },
    {
      version: 'v1beta1',
      schema: 'io.k8s.api.resource.v1beta1.ResourceClaim',
      served: false,
      conversion: resourceClaimConversion,
    },
  ],
  setDefaults: ({ spec }) => setDeviceClaimDefaults(spec),
  prepareForCreate: parts.prepareForCreate,
  prepareForUpdate: (claim, old, context) => {
    parts.prepareForUpdate(claim, old, context)
    if (context.subresource === 'status') dropDeallocatedDevices(claim, old)
  },
  validateCreate: validateNewResourceClaim,
  validateUpdate: validateResourceClaimUpdate,
  validateStatusUpdate: validateResourceClaimStatusUpdate,
  subresources: { status: true },
  columns: [
    nameColumn(),
    text('State', 'A summary of the current state (allocated, pending, reserved, etc.).', formatState),
    ageColumn(),
  ],
})

/** What drivers told of devices goes with their allocation. */
function dropDeallocatedDevices({ status }: ResourceClaim, old: Stored<ResourceClaim>): void {
  if (!status?.devices) return
  const gone = new Set(old.status?.allocation?.devices?.results?.map(deviceKey))
  for (const result of status.allocation?.devices?.results ?? []) gone.delete(deviceKey(result))
  const devices = status.devices.filter((device) => !gone.has(deviceKey(device)))
  if (devices.length > 0) status.devices = devices
  else delete status.devices
}

/** `deleted,allocated,reserved`, or `pending`. */
function formatState({ metadata, status }: Stored<ResourceClaim>): string {
  const states: string[] = []
  if (metadata.deletionTimestamp) states.push('deleted')
  if (!status?.allocation) {
    if (!metadata.deletionTimestamp) states.push('pending')
  } else {
    states.push('allocated')
    if (status.reservedFor?.length) states.push('reserved')
  }
  return states.join(',')
}
