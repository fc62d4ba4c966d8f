/** ResourceClaim: a request for devices, and which ones it got. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { ResourceClaim } from '../../gen/resource-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { separateStatus } from '../../strategy.ts'
import { setDeviceClaimDefaults } from '../claim-defaults.ts'
import { validateResourceClaimStatusUpdate } from '../claim-status.validation.ts'
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
    // What drivers told of devices goes with their allocation.
    if (context.subresource === 'status' && old.status?.allocation && !claim.status?.allocation) {
      delete claim.status?.devices
    }
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
