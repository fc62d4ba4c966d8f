/**
 * Versions that upstream has removed and whose meaning is unchanged, for old clients:
 * `--runtime-config=api/legacy=true` serves them. Written as the default versions are; nothing is stored in them.
 */
import type { Conversion, KindVersion } from '#machinery/schema/define-kind.ts'
import { webhookConfigurationConversion } from './admissionregistration/v1beta1-conversion.ts'
import { customResourceDefinitionConversion } from './apiextensions/v1beta1-conversion.ts'
import { accessReviewConversion } from './authorization/v1beta1-conversion.ts'
import { autoscalingV2beta1Conversion } from './autoscaling/v2beta1-conversion.ts'
import { signingRequestConversion } from './certificates/v1beta1-conversion.ts'
import { endpointSliceConversion } from './discovery/v1beta1-conversion.ts'
import { assuredSharesConversion, zeroSharesConversion } from './flowcontrol/beta-conversion.ts'
import { ingressConversion } from './networking/v1beta1-conversion.ts'
import { podDisruptionBudgetConversion } from './policy/v1beta1-conversion.ts'

type Row = readonly [
  group: string,
  schemaGroup: string,
  version: string,
  kinds: Readonly<Record<string, Conversion | undefined>>,
]

const same = undefined

const rows: readonly Row[] = [
  ['policy', 'api.policy', 'v1beta1', { PodDisruptionBudget: podDisruptionBudgetConversion }],
  ['batch', 'api.batch', 'v1beta1', { CronJob: same }],
  ['discovery.k8s.io', 'api.discovery', 'v1beta1', { EndpointSlice: endpointSliceConversion }],
  ['events.k8s.io', 'api.events', 'v1beta1', { Event: same }],
  ['autoscaling', 'api.autoscaling', 'v2beta2', { HorizontalPodAutoscaler: same }],
  ['autoscaling', 'api.autoscaling', 'v2beta1', { HorizontalPodAutoscaler: autoscalingV2beta1Conversion }],
  ['networking.k8s.io', 'api.networking', 'v1beta1', { Ingress: ingressConversion, IngressClass: same }],
  ['storage.k8s.io', 'api.storage', 'v1beta1', {
    CSIDriver: same, CSINode: same, CSIStorageCapacity: same, StorageClass: same, VolumeAttachment: same,
  }],
  ['certificates.k8s.io', 'api.certificates', 'v1beta1', { CertificateSigningRequest: signingRequestConversion }],
  ['authentication.k8s.io', 'api.authentication', 'v1beta1', { SelfSubjectReview: same, TokenReview: same }],
  ['authentication.k8s.io', 'api.authentication', 'v1alpha1', { SelfSubjectReview: same }],
  ['authorization.k8s.io', 'api.authorization', 'v1beta1', {
    LocalSubjectAccessReview: accessReviewConversion, SelfSubjectAccessReview: same, SelfSubjectRulesReview: same,
    SubjectAccessReview: accessReviewConversion,
  }],
  ['coordination.k8s.io', 'api.coordination', 'v1beta1', { Lease: same }],
  ['rbac.authorization.k8s.io', 'api.rbac', 'v1beta1', {
    ClusterRole: same, ClusterRoleBinding: same, Role: same, RoleBinding: same,
  }],
  ['node.k8s.io', 'api.node', 'v1beta1', { RuntimeClass: same }],
  ['scheduling.k8s.io', 'api.scheduling', 'v1beta1', { PriorityClass: same }],
  ['apiextensions.k8s.io', 'apiextensions-apiserver.pkg.apis.apiextensions', 'v1beta1', {
    CustomResourceDefinition: customResourceDefinitionConversion,
  }],
  [
    'admissionregistration.k8s.io',
    'api.admissionregistration',
    'v1beta1',
    {
      MutatingWebhookConfiguration: webhookConfigurationConversion,
      ValidatingWebhookConfiguration: webhookConfigurationConversion,
    },
  ],
  [
    'flowcontrol.apiserver.k8s.io',
    'api.flowcontrol',
    'v1beta3',
    { FlowSchema: same, PriorityLevelConfiguration: zeroSharesConversion },
  ],
  [
    'flowcontrol.apiserver.k8s.io',
    'api.flowcontrol',
    'v1beta2',
    { FlowSchema: same, PriorityLevelConfiguration: assuredSharesConversion },
  ],
  [
    'flowcontrol.apiserver.k8s.io',
    'api.flowcontrol',
    'v1beta1',
    { FlowSchema: same, PriorityLevelConfiguration: assuredSharesConversion },
  ],
]

/** The removed versions of one kind, the newest first; none is marked as served. */
export function legacyVersionsOf(group: string, kind: string): readonly KindVersion[] {
  return rows.flatMap(([rowGroup, schemaGroup, version, kinds]) => {
    if (rowGroup !== group || !(kind in kinds)) return []
    const conversion = kinds[kind]
    return [
      { version, schema: `io.k8s.${schemaGroup}.${version}.${kind}`, served: false, ...(conversion && { conversion }) },
    ]
  })
}
