/** APIService: a group and version that another server serves. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import { formatTime } from '#machinery/time.ts'
import type { APIService, APIServiceCondition } from '../../gen/apiregistration-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { separateStatus } from '../../strategy.ts'
import { validateApiService, validateApiServiceStatusUpdate } from './apiservice.validation.ts'

const statusStrategy = separateStatus<APIService>({})

export const apiService = defineKind<APIService>({
  group: 'apiregistration.k8s.io',
  kind: 'APIService',
  plural: 'apiservices',
  categories: ['api-extensions'],
  scope: 'Cluster',
  unconditionalUpdate: false, nameRule: 'pathSegment',
  versions: [{
    version: 'v1', schema: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService', served: true, stored: true,
  }],
  setDefaults: ({ spec }) => { if (spec?.service) spec.service.port ??= 443 },
  prepareForCreate: (object, { now }) => {
    statusStrategy.prepareForCreate(object)
    // What this server serves itself is available by definition.
    if (!object.spec?.service) object.status = { conditions: [localCondition(now)] }
  },
  prepareForUpdate: statusStrategy.prepareForUpdate,
  validate: validateApiService,
  validateStatusUpdate: validateApiServiceStatusUpdate,
  subresources: { status: true },
  columns: [
    nameColumn(),
    text('Service', 'The reference to the service that hosts this API endpoint.', ({ spec }) =>
      (spec?.service ? `${spec.service.namespace ?? ''}/${spec.service.name ?? ''}` : 'Local')),
    text('Available', 'Whether this service is available.', formatAvailable),
    ageColumn(),
  ],
})

function localCondition(now: number): APIServiceCondition {
  return {
    type: 'Available',
    status: 'True',
    lastTransitionTime: formatTime(now),
    reason: 'Local',
    message: 'Local APIServices are always available',
  }
}

/** `True`, or `False (ServiceNotFound)`. */
function formatAvailable({ status }: Stored<APIService>): string {
  const condition = status?.conditions?.find(({ type }) => type === 'Available')
  if (!condition) return 'Unknown'
  return condition.status === 'True' || !condition.reason
    ? condition.status
    : `${condition.status} (${condition.reason})`
}
