/** MutatingAdmissionPolicy: changes in CEL that are made to objects. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { MutatingAdmissionPolicy } from '../../gen/admissionregistration-v1.ts'
import { ageColumn, integer, nameColumn, text } from '../../printing/columns.ts'
import { validateNewMutatingPolicy, validateMutatingPolicyUpdate } from '../policies.validation.ts'
import { formatParamKind } from '../policy-columns.ts'
import { reservedNameWarnings } from '../reserved-names.ts'
import { setMatchDefaults } from '../webhook-defaults.ts'

export const mutatingAdmissionPolicy = defineKind<MutatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io', kind: 'MutatingAdmissionPolicy', plural: 'mutatingadmissionpolicies',
  categories: ['api-extensions'], scope: 'Cluster', unconditionalUpdate: false,
  versions: [
    {
      version: 'v1', schema: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy', served: true, stored: true,
    },
    { version: 'v1beta1', schema: 'io.k8s.api.admissionregistration.v1beta1.MutatingAdmissionPolicy', served: false },
    { version: 'v1alpha1', schema: 'io.k8s.api.admissionregistration.v1alpha1.MutatingAdmissionPolicy', served: false },
  ],
  setDefaults: ({ spec }) => {
    if (!spec) return
    spec.failurePolicy ??= 'Fail'
    setMatchDefaults(spec.matchConstraints)
  },
  validateCreate: validateNewMutatingPolicy,
  validateUpdate: validateMutatingPolicyUpdate,
  warnings: reservedNameWarnings,
  generation: 'spec',
  columns: [
    nameColumn(),
    integer('Mutations', 'Mutations indicates the number of mutations rules defined in this configuration',
      ({ spec }) => spec?.mutations?.length ?? 0),
    text('ParamKind', 'ParamKind specifies the kind of resources used to parameterize this policy', ({ spec }) =>
      formatParamKind(spec?.paramKind),
    ),
    ageColumn(),
  ],
})
