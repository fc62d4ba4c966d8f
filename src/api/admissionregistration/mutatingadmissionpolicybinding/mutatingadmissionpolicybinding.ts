/** MutatingAdmissionPolicyBinding: where a MutatingAdmissionPolicy holds, and with which parameters. */
import { defineKind } from '#machinery/schema/define-kind.ts'
import type { MutatingAdmissionPolicyBinding } from '../../gen/admissionregistration-v1.ts'
import { ageColumn, nameColumn, text } from '../../printing/columns.ts'
import { validateMutatingBinding } from '../policy-bindings.validation.ts'
import { formatParamRef } from '../policy-columns.ts'
import { reservedNameWarnings } from '../reserved-names.ts'
import { parameterDefaultOfAlpha } from '../v1alpha1-conversion.ts'
import { setMatchDefaults } from '../webhook-defaults.ts'

export const mutatingAdmissionPolicyBinding = defineKind<MutatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  kind: 'MutatingAdmissionPolicyBinding',
  plural: 'mutatingadmissionpolicybindings',
  categories: ['api-extensions'], scope: 'Cluster', unconditionalUpdate: false,
  versions: [
    {
      version: 'v1',
      schema: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding',
      served: true,
      stored: true,
    },
    {
      version: 'v1beta1',
      schema: 'io.k8s.api.admissionregistration.v1beta1.MutatingAdmissionPolicyBinding',
      served: false,
    },
    {
      version: 'v1alpha1',
      schema: 'io.k8s.api.admissionregistration.v1alpha1.MutatingAdmissionPolicyBinding',
      served: false,
      conversion: parameterDefaultOfAlpha,
    },
  ],
  setDefaults: ({ spec }) => setMatchDefaults(spec?.matchResources),
  validate: validateMutatingBinding,
  warnings: reservedNameWarnings,
  generation: 'spec',
  columns: [
    nameColumn(),
    text(
      'PolicyName',
      'PolicyName indicates the policy definition which the policy binding binded to',
      ({ spec }) => spec?.policyName ?? '',
    ),
    text('ParamRef', 'ParamRef indicates the param resource which sets the configration param', ({ spec }) =>
      formatParamRef(spec?.paramRef),
    ),
    ageColumn(),
  ],
})
