/** Lease: who leads, or that a node lives, until when. */
import type { Stored } from '#machinery/meta/object.ts'
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
  prepareForCreate: (object) => { dropElectionFields(object, undefined) },
  prepareForUpdate: dropElectionFields,
  validate: validateLease,
  columns: [nameColumn(), text('Holder', 'Who has the lease', ({ spec }) => spec?.holderIdentity ?? ''), ageColumn()],
})

/** CoordinatedLeaderElection is off: its fields stay where they are already, and come nowhere else. */
function dropElectionFields(object: Lease, old: Stored<Lease> | undefined): void {
  if (!object.spec) return
  const spec = { ...object.spec }
  for (const field of ['strategy', 'preferredHolder'] as const) if (old?.spec?.[field] === undefined) delete spec[field]
  object.spec = spec
}
