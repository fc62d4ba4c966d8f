/**
 * What the rules of pods forgive: a fault that the stored pod, or the stored template, has already is not told again,
 * so that old objects can still be changed (upstream: PodValidationOptions).
 */

/** Named after upstream's options. Those of features that nobody can have turned on here are left out. */
export interface PodValidationOptions {
  /** A pod itself, not a template of one. */
  readonly resourceIsPod: boolean
  readonly allowInvalidPodDeletionCost?: boolean
  readonly allowInvalidLabelValueInSelector?: boolean
  readonly allowIndivisibleHugePagesValues?: boolean
  readonly allowInvalidTopologySpreadConstraintLabelSelector?: boolean
  readonly oldPodViolatesMatchLabelKeysValidation?: boolean
  readonly allowNonLocalProjectedTokenPath?: boolean
  readonly allowNamespacedSysctlsForHostNetAndHostIPC?: boolean
  readonly allowAnySELinuxChangePolicy?: boolean
  readonly allowInvalidLabelValueInRequiredNodeAffinity?: boolean
  readonly allowExistingRestartContainerForNonSidecarInitContainer?: boolean
  readonly allowUserNamespacesWithVolumeDevices?: boolean
  readonly allowEmptyImageVolumeReference?: boolean
}
