/** ValidatingAdmissionPolicy: rules in CEL that objects must meet. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { ValidatingAdmissionPolicy } from '../../gen/admissionregistration-v1.ts'
import { ageColumn, integer, nameColumn, text } from '../../printing/columns.ts'
import { separateStatus } from '../../strategy.ts'
import { validateNewValidatingPolicy, validateValidatingPolicyUpdate } from '../policies.validation.ts'
import { formatParamKind } from '../policy-columns.ts'
import { validateValidatingPolicyStatus } from '../policy-status.validation.ts'
import { reservedNameWarnings } from '../reserved-names.ts'
import { setMatchDefaults } from '../webhook-defaults.ts'

export const validatingAdmissionPolicy = defineKind<ValidatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io', kind: 'ValidatingAdmissionPolicy', plural: 'validatingadmissionpolicies',
  categories: ['api-extensions'], scope: 'Cluster', unconditionalUpdate: false,
  versions: [
    {
      version: 'v1',
      schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy',
      served: true,
      stored: true,
    },
    { version: 'v1beta1', schema: 'io.k8s.api.admissionregistration.v1beta1.ValidatingAdmissionPolicy', served: false },
    {
      version: 'v1alpha1', schema: 'io.k8s.api.admissionregistration.v1alpha1.ValidatingAdmissionPolicy', served: false,
    },
  ],
  setDefaults: ({ spec }) => {
    if (!spec) return
    spec.failurePolicy ??= 'Fail'
    setMatchDefaults(spec.matchConstraints)
  },
  ...separateStatus<ValidatingAdmissionPolicy>({}),
  validateCreate: validateNewValidatingPolicy,
  validateUpdate: validateValidatingPolicyUpdate,
  validateStatusUpdate: validateValidatingPolicyStatus,
  warnings: reservedNameWarnings,
  generation: 'spec',
  subresources: { status: true },
  columns: [
    nameColumn(),
    integer('Validations', 'Validations indicates the number of validation rules defined in this configuration',
      ({ spec }) => spec?.validations?.length ?? 0),
    text('ParamKind', 'ParamKind specifies the kind of resources used to parameterize this policy', ({ spec }) =>
      formatParamKind(spec?.paramKind),
    ),
    ageColumn(),
  ],
})
