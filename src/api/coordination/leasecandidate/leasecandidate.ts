/** LeaseCandidate: one that could lead, for the coordinated election of leaders. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { LeaseCandidate } from '../../gen/coordination-v1beta1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { validateLeaseCandidate, validateLeaseCandidateUpdate } from './leasecandidate.validation.ts'

export const leaseCandidate = defineKind<LeaseCandidate>({
  group: 'coordination.k8s.io',
  kind: 'LeaseCandidate',
  plural: 'leasecandidates',
  scope: 'Namespaced',
  nameRule: 'configMapKey',
  createOnUpdate: true,
  unconditionalUpdate: false,
  versions: [
    { version: 'v1beta1', schema: 'io.k8s.api.coordination.v1beta1.LeaseCandidate', served: false, stored: true },
    { version: 'v1alpha2', schema: 'io.k8s.api.coordination.v1alpha2.LeaseCandidate', served: false },
  ],
  validate: validateLeaseCandidate,
  validateUpdate: validateLeaseCandidateUpdate,
  columns: [
    nameColumn(),
    text('LeaseName', 'What it could lead', ({ spec }) => spec.leaseName),
    text('BinaryVersion', 'Its version', ({ spec }) => spec.binaryVersion),
    text('EmulationVersion', 'The version that it acts as', ({ spec }) => spec.emulationVersion ?? ''),
    ageColumn(),
  ],
})
