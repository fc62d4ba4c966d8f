/** What the rules of pods forgive an object because the stored one has the fault already. */
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { PodSpec } from '../../gen/core-v1.ts'
import { hasInvalidLabelValue, validateLabelSelector } from '../../selectors.validation.ts'
import { containersOf } from './all-containers.ts'
import { hasGoodDeletionCost } from './annotations.validation.ts'
import { hasNonLocalTokenPath } from './projections.validation.ts'
import type { PodValidationOptions } from './pod-options.ts'
import { isDivisibleHugePages } from './resources.validation.ts'
import { podAffinityTerms, validateMatchKeys } from './scheduling.validation.ts'
import { hasHostSysctl } from './security.validation.ts'

/** A stored pod, or a stored template. */
export type OldPod = DeepReadonly<{
  metadata?: { annotations?: Record<string, string> }
  spec?: PodSpec
}>

/** `old` is absent for a new object, of which nothing is forgiven. */
export function podValidationOptions(resourceIsPod: boolean, old: OldPod | undefined): PodValidationOptions {
  if (!old?.spec) return { resourceIsPod }
  const spec = old.spec as PodSpec
  const { topologySpreadConstraints = [], volumes = [], initContainers = [] } = spec
  return {
    resourceIsPod,
    allowInvalidPodDeletionCost: !hasGoodDeletionCost(old.metadata?.annotations),
    allowInvalidLabelValueInSelector: podAffinityTerms(spec.affinity).some(({ labelSelector, namespaceSelector }) =>
      [labelSelector, namespaceSelector].some((selector) => validateLabelSelector(selector, '').length > 0)),
    allowIndivisibleHugePagesValues: usesIndivisibleHugePages(spec),
    allowInvalidTopologySpreadConstraintLabelSelector: topologySpreadConstraints.some(({ labelSelector }) =>
      validateLabelSelector(labelSelector, '').length > 0),
    oldPodViolatesMatchLabelKeysValidation: topologySpreadConstraints.some((constraint) =>
      validateMatchKeys(constraint, '').length > 0),
    allowNonLocalProjectedTokenPath: hasNonLocalTokenPath(volumes),
    allowNamespacedSysctlsForHostNetAndHostIPC: hasHostSysctl(spec),
    allowAnySELinuxChangePolicy: spec.securityContext?.seLinuxChangePolicy !== undefined,
    allowInvalidLabelValueInRequiredNodeAffinity: hasInvalidLabelValue(
      spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [],
    ),
    allowExistingRestartContainerForNonSidecarInitContainer: initContainers.some(({ restartPolicy, resizePolicy }) =>
      restartPolicy !== 'Always' && resizePolicy?.some((one) => one.restartPolicy === 'RestartContainer')),
    allowUserNamespacesWithVolumeDevices: spec.hostUsers === false
      && containersOf(spec, '').some(([{ volumeDevices }]) => (volumeDevices?.length ?? 0) > 0),
    allowEmptyImageVolumeReference: volumes.some(({ image }) => image && !image.reference),
  }
}

function usesIndivisibleHugePages(spec: PodSpec): boolean {
  const lists = [...containersOf(spec, '').map(([container]) => container), spec]
    .flatMap(({ resources }) => [resources?.limits, resources?.requests])
  return [...lists, spec.overhead].some((list) =>
    Object.entries(list ?? {}).some(([name, quantity]) => !isDivisibleHugePages(name, quantity)))
}
