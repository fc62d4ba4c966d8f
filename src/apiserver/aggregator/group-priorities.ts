/**
 * In which order clients see groups and their versions: upstream's numbers (aggregator.go in pkg/controlplane/apiserver
 * and in cmd/kube-apiserver/app).
 */

export interface GroupVersionPriority {
  readonly group: number
  readonly version: number
}

const groups: Readonly<Record<string, number>> = {
  '': 18_000,
  apps: 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  policy: 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'apiextensions.k8s.io': 16_700,
  'admissionregistration.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'resource.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
  'internal.apiserver.k8s.io': 16_000,
  'storagemigration.k8s.io': 15_800,
  // As metrics-server registers it.
  'metrics.k8s.io': 100,
}

/** Where a version's place does not follow from its level. */
const versions: Readonly<Record<string, number>> = {
  '/v1': 1,
  'autoscaling/v2': 30,
  'autoscaling/v2beta2': 1,
  'events.k8s.io/v1beta1': 5,
  'admissionregistration.k8s.io/v1beta1': 12,
  'admissionregistration.k8s.io/v1alpha1': 9,
  'coordination.k8s.io/v1beta1': 13,
  'coordination.k8s.io/v1alpha2': 12,
  'discovery.k8s.io/v1beta1': 12,
  'flowcontrol.apiserver.k8s.io/v1': 21,
  'flowcontrol.apiserver.k8s.io/v1beta3': 18,
  'flowcontrol.apiserver.k8s.io/v1beta2': 15,
  'flowcontrol.apiserver.k8s.io/v1beta1': 12,
  'internal.apiserver.k8s.io/v1alpha1': 9,
  'metrics.k8s.io/v1beta1': 100,
  'resource.k8s.io/v1': 20,
  'resource.k8s.io/v1beta2': 15,
}

/** Undefined: not a built-in group. */
export function builtInPriority(group: string, version: string): GroupVersionPriority | undefined {
  const ofGroup = groups[group]
  if (ofGroup === undefined) return undefined
  const ofLevel = version.includes('alpha') ? 1 : version.includes('beta') ? 9 : 15
  return { group: ofGroup, version: versions[`${group}/${version}`] ?? ofLevel }
}

/** Of every group that custom resource definitions make. */
export const customPriority: GroupVersionPriority = { group: 1000, version: 100 }
