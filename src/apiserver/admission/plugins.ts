/**
 * THE ordered list of admission plugins: upstream's order, so that the same plugin refuses first and the same one
 * changes last.
 */
import type { Authorizer } from '../authz/authorizer.ts'
import type { RuleResolver } from '../authz/rbac.ts'
import type { AdmissionPlugin } from './admission.ts'
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './plugins/certificates.ts'
import { defaultIngressClass } from './plugins/default-ingress-class.ts'
import { defaultTolerationSeconds } from './plugins/default-toleration-seconds.ts'
import { limitRanger } from './plugins/limit-ranger.ts'
import { namespaceLifecycle } from './plugins/namespace-lifecycle.ts'
import { nodeRestriction } from './plugins/node-restriction.ts'
import { podSecurity } from './plugins/pod-security.ts'
import { podTopologyLabels } from './plugins/pod-topology-labels.ts'
import { priorityAdmission } from './plugins/priority.ts'
import { rbacEscalation } from './plugins/rbac-escalation.ts'
import { resourceQuotaAdmission } from './plugins/resource-quota.ts'
import { runtimeClassAdmission } from './plugins/runtime-class.ts'
import { serviceAccountAdmission } from './plugins/service-account.ts'
import { defaultStorageClass, persistentVolumeClaimResize, storageObjectInUseProtection } from './plugins/storage.ts'
import { taintNodesByCondition } from './plugins/taint-nodes-by-condition.ts'

/**
 * `beforeQuota` are those that come from outside (webhooks, policies): after all that is built in, before usage is
 * counted.
 */
export function admissionPlugins(
  authorizer: Authorizer, resolver: RuleResolver, beforeQuota: readonly AdmissionPlugin[] = [],
): readonly AdmissionPlugin[] {
  return [
    namespaceLifecycle,
    limitRanger,
    serviceAccountAdmission,
    nodeRestriction,
    taintNodesByCondition,
    podSecurity,
    priorityAdmission,
    defaultTolerationSeconds,
    defaultStorageClass,
    storageObjectInUseProtection,
    persistentVolumeClaimResize,
    runtimeClassAdmission,
    certificateApproval(authorizer),
    certificateSigning(authorizer),
    certificateSubjectRestriction,
    defaultIngressClass,
    podTopologyLabels,
    // Upstream's storage layer does this, which is after every plugin but quota that only judges.
    rbacEscalation(authorizer, resolver),
    ...beforeQuota,
    resourceQuotaAdmission(),
  ]
}
