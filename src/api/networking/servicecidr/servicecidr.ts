/** ServiceCIDR: a range from which Services get their addresses. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { ServiceCIDR } from '../../gen/networking-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { separateStatus } from '../../strategy.ts'
import { validateServiceCidr, validateServiceCidrUpdate } from './servicecidr.validation.ts'

export const serviceCidr = defineKind<ServiceCIDR>({
  group: 'networking.k8s.io', kind: 'ServiceCIDR', plural: 'servicecidrs', scope: 'Cluster',
  versions: [
    { version: 'v1', schema: 'io.k8s.api.networking.v1.ServiceCIDR', served: true, stored: true },
    { version: 'v1beta1', schema: 'io.k8s.api.networking.v1beta1.ServiceCIDR', served: false },
  ],
  ...separateStatus<ServiceCIDR>({}),
  validate: validateServiceCidr,
  validateUpdate: validateServiceCidrUpdate,
  subresources: { status: true },
  columns: [
    nameColumn(),
    text('CIDRs', 'The ranges, one per IP family', ({ spec }) => spec?.cidrs?.join(',') ?? ''),
    ageColumn(),
  ],
})
