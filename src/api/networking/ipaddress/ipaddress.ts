/** IPAddress: one address of a Service, so that no other Service gets it. Its name is the address. */
import type { Stored } from '#machinery/meta/object.ts'
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { IPAddress } from '../../gen/networking-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { validateIpAddress, validateIpAddressUpdate } from './ipaddress.validation.ts'

export const ipAddress = defineKind<IPAddress>({
  group: 'networking.k8s.io',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  shortNames: ['ip'],
  scope: 'Cluster',
  nameRule: 'pathSegment',
  versions: [
    { version: 'v1', schema: 'io.k8s.api.networking.v1.IPAddress', served: true, stored: true },
    { version: 'v1beta1', schema: 'io.k8s.api.networking.v1beta1.IPAddress', served: false },
  ],
  validate: validateIpAddress,
  validateUpdate: validateIpAddressUpdate,
  selectableFields: ({ spec }) => ({
    'spec.parentRef.group': spec?.parentRef?.group ?? '',
    'spec.parentRef.resource': spec?.parentRef?.resource ?? '',
    'spec.parentRef.namespace': spec?.parentRef?.namespace ?? '',
    'spec.parentRef.name': spec?.parentRef?.name ?? '',
  }),
  columns: [nameColumn(), text('ParentRef', 'What the address belongs to', formatParent), ageColumn()],
})

/** `services/default/kubernetes`. */
function formatParent({ spec }: Stored<IPAddress>): string {
  if (!spec?.parentRef) return '<none>'
  const { group, resource, namespace, name } = spec.parentRef
  return [(group ? `${resource}.${group}` : resource)?.toLowerCase(), namespace, name].filter(Boolean).join('/')
}
