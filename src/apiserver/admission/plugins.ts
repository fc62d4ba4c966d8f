/**
 * THE ordered list of admission plugins: upstream's order, so that the same plugin refuses first and the same one
 * changes last.
 */
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { Authorizer } from '../authz/authorizer.ts'
import type { RuleResolver } from '../authz/rbac.ts'
import type { AdmissionPlugin } from './admission.ts'
import type { ConfiguredAdmission } from './open-admission.ts'
import { optionalPlugins } from './plugin-names.ts'
import { alwaysPullImages } from './plugins/always-pull-images.ts'
import { alwaysAdmit, alwaysDeny } from './plugins/always.ts'
import {
  certificateApproval, certificateSigning, certificateSubjectRestriction, clusterTrustBundleAttest,
} from './plugins/certificates.ts'
import { defaultIngressClass } from './plugins/default-ingress-class.ts'
import { defaultTolerationSeconds } from './plugins/default-toleration-seconds.ts'
import { denyServiceExternalIps } from './plugins/deny-service-external-ips.ts'
import { extendedResourceToleration } from './plugins/extended-resource-toleration.ts'
import { limitHardAntiAffinityTopology } from './plugins/hard-anti-affinity-topology.ts'
import { limitRanger } from './plugins/limit-ranger.ts'
import { namespaceAutoProvision, namespaceExists } from './plugins/namespace-existence.ts'
import { namespaceLifecycle } from './plugins/namespace-lifecycle.ts'
import { nodeDeclaredFeatureValidator } from './plugins/node-declared-features.ts'
import { nodeRestriction } from './plugins/node-restriction.ts'
import { ownerReferencesPermission } from './plugins/owner-references.ts'
import { podSecurityAdmission } from './plugins/pod-security.ts'
import { podTopologyLabels } from './plugins/pod-topology-labels.ts'
import { policyParameters } from './plugins/policy-parameters.ts'
import { priorityAdmission } from './plugins/priority.ts'
import { rbacEscalation } from './plugins/rbac-escalation.ts'
import { resourceQuotaAdmission } from './plugins/resource-quota.ts'
import { runtimeClassAdmission } from './plugins/runtime-class.ts'
import { serviceAccountAdmission } from './plugins/service-account.ts'
import { defaultStorageClass, persistentVolumeClaimResize, storageObjectInUseProtection } from './plugins/storage.ts'
import { taintNodesByCondition } from './plugins/taint-nodes-by-condition.ts'
import { defaultConfiguration } from './pod-security/policy.ts'

export interface PluginTools {
  readonly authorizer: Authorizer
  readonly resolver: RuleResolver
  /** The kinds that are served now. */
  readonly kinds: () => readonly AnyKind[]
  /** Makes a namespace, as the server itself. */
  readonly createNamespace: (name: string) => Promise<unknown>
  /** Those that come from outside (webhooks, policies): after all that is built in, before usage is counted. */
  readonly beforeQuota?: readonly AdmissionPlugin[]
  /** What flags say; absent: upstream's defaults. */
  readonly configured?: ConfiguredAdmission | undefined
}

/** The plugins that run. */
export function admissionPlugins(tools: PluginTools): readonly AdmissionPlugin[] {
  const { authorizer, resolver, configured } = tools
  const own = (name: string): readonly AdmissionPlugin[] => {
    const plugin = configured?.plugins.get(name)
    return plugin ? [plugin] : []
  }
  const all: readonly AdmissionPlugin[] = [
    // Upstream does this with validation, which is before every plugin that only judges.
    policyParameters({ authorizer, kinds: tools.kinds }),
    alwaysAdmit,
    namespaceAutoProvision(tools.createNamespace),
    namespaceLifecycle,
    namespaceExists,
    limitHardAntiAffinityTopology,
    limitRanger,
    serviceAccountAdmission,
    nodeRestriction,
    taintNodesByCondition,
    alwaysPullImages,
    ...own('ImagePolicyWebhook'),
    configured?.plugins.get('PodSecurity') ?? podSecurityAdmission(defaultConfiguration),
    ...own('PodNodeSelector'),
    priorityAdmission,
    defaultTolerationSeconds,
    ...own('PodTolerationRestriction'),
    ...own('EventRateLimit'),
    extendedResourceToleration,
    defaultStorageClass,
    storageObjectInUseProtection,
    ownerReferencesPermission(authorizer, tools.kinds),
    persistentVolumeClaimResize,
    runtimeClassAdmission,
    certificateApproval(authorizer),
    certificateSigning(authorizer),
    clusterTrustBundleAttest(authorizer),
    certificateSubjectRestriction,
    defaultIngressClass,
    denyServiceExternalIps,
    podTopologyLabels,
    nodeDeclaredFeatureValidator,
    // Upstream's storage layer does this, which is after every plugin but quota that only judges.
    rbacEscalation(authorizer, resolver),
    ...(tools.beforeQuota ?? []),
    resourceQuotaAdmission(),
    alwaysDeny,
  ]
  return all.filter(({ name }) => (
    optionalPlugins.has(name) ? configured?.enabled.has(name) : !configured?.disabled.has(name)
  ))
}
