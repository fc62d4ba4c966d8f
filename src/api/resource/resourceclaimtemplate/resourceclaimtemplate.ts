/** ResourceClaimTemplate: from which each pod gets a ResourceClaim of its own. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { ResourceClaimTemplate } from '../../gen/resource-v1.ts'
import { ageColumn, nameColumn } from '../../printing/columns.ts'
import { setDeviceClaimDefaults } from '../claim-defaults.ts'
import { validateNewResourceClaimTemplate, validateResourceClaimTemplateUpdate } from '../claims.validation.ts'
import { resourceClaimTemplateConversion } from '../v1beta1-conversion.ts'

export const resourceClaimTemplate = defineKind<ResourceClaimTemplate>({
  group: 'resource.k8s.io', kind: 'ResourceClaimTemplate', plural: 'resourceclaimtemplates', scope: 'Namespaced',
  versions: [
    { version: 'v1', schema: 'io.k8s.api.resource.v1.ResourceClaimTemplate', served: true, stored: true },
    { version: 'v1beta2', schema: 'io.k8s.api.resource.v1beta2.ResourceClaimTemplate', served: false },
    {
      version: 'v1beta1',
      schema: 'io.k8s.api.resource.v1beta1.ResourceClaimTemplate',
      served: false,
      conversion: resourceClaimTemplateConversion,
    },
  ],
  setDefaults: ({ spec }) => setDeviceClaimDefaults(spec?.spec),
  validateCreate: validateNewResourceClaimTemplate,
  validateUpdate: validateResourceClaimTemplateUpdate,
  columns: [nameColumn(), ageColumn()],
})
