/** ResourcePoolStatusRequest: asks how much of a pool of devices is free. */
import { isConditionTrue } from '#machinery/meta/conditions.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { ResourcePoolStatusRequest } from '../../gen/resource-v1alpha3.ts'
import { ageColumn, integer, nameColumn, text } from '../../printing/columns.ts'
import { keep } from '../../strategy.ts'
import {
  validateNewResourcePoolStatusRequest, validateResourcePoolStatus, validateResourcePoolStatusRequestUpdate,
} from './resourcepoolstatusrequest.validation.ts'

const defaultLimit = 100

export const resourcePoolStatusRequest = defineKind<ResourcePoolStatusRequest>({
  group: 'resource.k8s.io', kind: 'ResourcePoolStatusRequest', plural: 'resourcepoolstatusrequests', scope: 'Cluster',
  versions: [
    {
      version: 'v1alpha3',
      schema: 'io.k8s.api.resource.v1alpha3.ResourcePoolStatusRequest',
      served: false,
      stored: true,
    },
  ],
  setDefaults: ({ spec }) => { if (spec) spec.limit ??= defaultLimit },
  unconditionalUpdate: false,
  prepareForCreate: (object) => { delete object.status },
  prepareForUpdate: (object, old, { subresource }) => keep(object, old, subresource === 'status' ? 'spec' : 'status'),
  validateCreate: validateNewResourcePoolStatusRequest,
  validateUpdate: validateResourcePoolStatusRequestUpdate,
  validateStatusUpdate: validateResourcePoolStatus,
  subresources: { status: true },
  columns: [
    nameColumn(),
    text('Driver', 'The driver to query pools for.', ({ spec }) => spec?.driver ?? ''),
    integer('Pools', 'Total number of matching pools.', ({ status }) => status?.poolCount ?? 0),
    text('Status', 'Processing status (Complete, Pending).', ({ status }) =>
      isConditionTrue(status?.conditions, 'Complete') ? 'Complete' : 'Pending'),
    ageColumn(),
  ],
})
