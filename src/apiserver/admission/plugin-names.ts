/** The names of admission plugins that flags may say, and which of them run by default. */

/** As upstream has it on; those of features that are off there are not named. */
const onByDefault = [
  'CertificateApproval', 'CertificateSigning', 'CertificateSubjectRestriction', 'ClusterTrustBundleAttest',
  'DefaultIngressClass', 'DefaultStorageClass', 'DefaultTolerationSeconds', 'LimitRanger', 'MutatingAdmissionPolicy',
  'MutatingAdmissionWebhook', 'NamespaceLifecycle', 'NodeDeclaredFeatureValidator', 'PersistentVolumeClaimResize', 'PodSecurity', 'PodTopologyLabels',
  'Priority', 'ResourceQuota', 'RuntimeClass', 'ServiceAccount', 'StorageObjectInUseProtection',
  'TaintNodesByCondition', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionWebhook',
  // Upstream's default is off, but every installation of it turns this on.
  'NodeRestriction',
] as const

const offByDefault = [
  'AlwaysAdmit', 'AlwaysDeny', 'AlwaysPullImages', 'DenyServiceExternalIPs', 'EventRateLimit',
  'ExtendedResourceToleration', 'ImagePolicyWebhook', 'LimitPodHardAntiAffinityTopology', 'NamespaceAutoProvision',
  'NamespaceExists', 'OwnerReferencesPermissionEnforcement', 'PodNodeSelector', 'PodTolerationRestriction',
] as const

export const optionalPlugins: ReadonlySet<string> = new Set(offByDefault)
export const pluginNames: ReadonlySet<string> = new Set([...onByDefault, ...offByDefault])
