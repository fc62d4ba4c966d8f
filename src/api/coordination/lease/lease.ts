/** Lease: who leads, or that a node lives, until when. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { Lease } from '../../gen/coordination-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { validateLease } from './lease.validation.ts'

export const lease = defineKind<Lease>({
  group: 'coordination.k8s.io',
  kind: 'Lease',
  plural: 'leases',
  scope: 'Namespaced',
  createOnUpdate: true,
  unconditionalUpdate: false,
  versions: [{ version: 'v1', schema: 'io.k8s.api.coordination.v1.Lease', served: true, stored: true }],
  validate: validateLease,
  columns: [nameColumn(), text('Holder', 'Who has the lease', ({ spec }) => spec?.holderIdentity ?? ''), ageColumn()],
})
