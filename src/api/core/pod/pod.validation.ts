/** Validation of pods and of the templates that pods are made from. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, forbiddenValue, invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import {
  validateDns1123Label,
  validateDns1123Subdomain,
  validateQualifiedName,
  validateRange,
} from '#machinery/meta/validate-names.ts'
import { validateAnnotations, validateLabels } from '#machinery/meta/validate-object-meta.ts'
import type { Pod, PodResourceClaim, PodSpec, PodTemplateSpec } from '../../gen/core-v1.ts'
import { internalValue } from '../../internal-form.ts'
import { validateRequiredChoice } from '../../numbers.validation.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { mirror, validatePodAnnotations, validateProfilesAgree } from './annotations.validation.ts'
import {
  validateContainers,
  validateEphemeralContainers,
  validateImage,
  validateInitContainers,
} from './containers.validation.ts'
import { validateFileKeyVolumes } from './env.validation.ts'
import { validateDnsConfig, validateHostAliases, validateHostnameOverride, validateOwnNames } from './names.validation.ts'
import { validateHostProcesses, validateOs } from './os.validation.ts'
import { validatePodLevelResources } from './pod-level-resources.validation.ts'
import type { PodValidationOptions } from './pod-options.ts'
import { podValidationOptions } from './pod-options.validation.ts'
import { validateResourceRequirements } from './resources.validation.ts'
import {
  validateAffinity,
  validateSchedulingGates,
  validateTolerations,
  validateTopologySpread,
} from './scheduling.validation.ts'
import { validateHostNetwork, validateHostUsers, validatePodSecurityContext } from './security.validation.ts'
import { validateVolumes } from './volumes.validation.ts'

/** `old`: of an update. */
export function validatePod(object: Pod, old?: Stored<Pod>): FieldError[] {
  const spec = object.spec ?? { containers: [] }
  const options = podValidationOptions(true, old)
  const errors = validatePodAnnotations(object.metadata?.annotations, spec, 'metadata.annotations', options)
  const isStatic = object.metadata?.annotations?.[mirror] !== undefined
  errors.push(...validatePodSpec(spec, 'spec', { options, podName: object.metadata?.name ?? '', isStatic }))
  if (!spec.serviceAccountName) errors.push(...forbidTokens(spec))
  return [...errors, ...validateImages(spec, 'containers'), ...validateImages(spec, 'initContainers')]
}

/** In a template an image may still be a placeholder. */
function validateImages(spec: PodSpec, field: 'containers' | 'initContainers'): FieldError[] {
  return (spec[field] ?? []).flatMap((container, index) => validateImage(container, `spec.${field}[${index}]`))
}

/** Rules of a creation only: what nobody may be born with. */
export function validateNewPod({ metadata, spec }: Pod): FieldError[] {
  const errors: FieldError[] = []
  if (spec?.ephemeralContainers?.length) {
    errors.push(forbiddenValue('spec.ephemeralContainers', 'cannot be set on create'))
  }
  if (spec?.nodeName && spec.schedulingGates?.length) {
    errors.push(forbiddenValue('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'))
  }
  return spec ? [...errors, ...validateProfilesAgree(metadata?.annotations, spec, 'spec')] : errors
}

/** Without an account there is nobody to have a token. */
function forbidTokens({ volumes = [] }: PodSpec): FieldError[] {
  return volumes.flatMap(({ projected }, index) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }, source) =>
      serviceAccountToken
        ? [
            forbiddenValue(
              `spec.volumes[${index}].projected.sources[${source}].serviceAccountToken`,
              'must not be specified when serviceAccountName is not set',
            ),
          ]
        : [],
    ),
  )
}

/** Rules of a pod template; who owns it adds rules about labels and restart policy. `old`: the stored one. */
export function validatePodTemplateSpec(
  template: PodTemplateSpec, path: string, old: DeepReadonly<PodTemplateSpec> | undefined,
): FieldError[] {
  const { metadata, spec } = template
  const options = podValidationOptions(false, old)
  const errors: FieldError[] = [
    ...validateTemplateMetadata(template, path, options),
    ...validatePodSpec(spec ?? { containers: [] }, `${path}.spec`, { options, podName: '', isStatic: false }),
    ...(spec ? validateProfilesAgree(metadata?.annotations, spec, `${path}.spec`) : []),
  ]
  if (spec?.ephemeralContainers?.length) {
    errors.push(forbiddenValue(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'))
  }
  return errors
}

export function validateTemplateMetadata(
  { metadata, spec }: PodTemplateSpec, path: string, options: PodValidationOptions,
): FieldError[] {
  return [
    ...validateLabels(metadata?.labels, `${path}.labels`),
    ...validateAnnotations(metadata?.annotations, `${path}.annotations`),
    ...validatePodAnnotations(metadata?.annotations, spec ?? { containers: [] }, `${path}.annotations`, options),
  ]
}

interface PodContext {
  readonly options: PodValidationOptions
  readonly podName: string
  /** It shows a pod that a kubelet runs by itself. */
  readonly isStatic: boolean
}

const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']
const maxInt32 = 2147483647

function validatePodSpec(spec: PodSpec, path: string, { options, podName, isStatic }: PodContext): FieldError[] {
  const { errors, byName } = validateVolumes(spec.volumes ?? [], podName, `${path}.volumes`, options)
  const context = { spec, volumes: byName, options }
  errors.push(
    ...validateResourceClaims(spec.resourceClaims ?? [], isStatic, `${path}.resourceClaims`),
    ...validateContainers(context, `${path}.containers`),
    ...validateInitContainers(context, `${path}.initContainers`),
    ...validateEphemeralContainers(context, `${path}.ephemeralContainers`),
    ...validatePodLevelResources(spec, `${path}.resources`, options),
    ...validateHostNetwork(spec, options.resourceIsPod, path),
    ...validateRequiredChoice(spec.restartPolicy, ['Always', 'OnFailure', 'Never'], `${path}.restartPolicy`),
    ...validateRequiredChoice(spec.dnsPolicy, dnsPolicies, `${path}.dnsPolicy`),
    ...validateLabels(spec.nodeSelector, `${path}.nodeSelector`),
    ...validatePodSecurityContext(spec, `${path}.securityContext`, options),
    ...validateAffinity(spec.affinity, `${path}.affinity`, options),
    ...validateDnsConfig(spec.dnsConfig, spec.dnsPolicy, `${path}.dnsConfig`),
    ...(spec.readinessGates ?? []).flatMap(({ conditionType }, index) =>
      invalidFor(`${path}.readinessGates[${index}].conditionType`, conditionType, validateQualifiedName(conditionType)),
    ),
    ...validateSchedulingGates(spec.schedulingGates ?? [], `${path}.schedulingGates`),
    ...validateTopologySpread(spec.topologySpreadConstraints ?? [], `${path}.topologySpreadConstraints`, options),
    ...validateHostProcesses(spec, path),
    ...validateHostUsers(spec, path, options),
    ...validateHostnameOverride(spec, `${path}.hostnameOverride`),
    ...validateReferences(spec, path, options),
    ...validateOs(spec, path),
    ...validateFileKeyVolumes(spec, path),
  )
  return errors
}

/** Names of its own and of other things, and what else upstream asks about between them. */
function validateReferences(spec: PodSpec, path: string, options: PodValidationOptions): FieldError[] {
  const { serviceAccountName, nodeName, activeDeadlineSeconds, priorityClassName, runtimeClassName } = spec
  const { preemptionPolicy, overhead } = spec
  const name = (field: string, value: string | undefined): FieldError[] =>
    value ? invalidFor(`${path}.${field}`, value, validateDns1123Subdomain(value)) : []
  return [
    ...name('serviceAccountName', serviceAccountName),
    ...name('nodeName', nodeName),
    ...(activeDeadlineSeconds === undefined
      ? []
      : invalidFor(
          `${path}.activeDeadlineSeconds`,
          activeDeadlineSeconds,
          validateRange(activeDeadlineSeconds, 1, maxInt32),
        )),
    ...validateOwnNames(spec, path),
    ...validateTolerations(spec.tolerations ?? [], `${path}.tolerations`),
    ...validateHostAliases(spec.hostAliases ?? [], `${path}.hostAliases`),
    ...name('priorityClassName', priorityClassName),
    ...(runtimeClassName === undefined ? []
      : invalidFor(`${path}.runtimeClassName`, runtimeClassName, validateDns1123Subdomain(runtimeClassName))),
    ...(preemptionPolicy === undefined ? []
      : validateRequiredChoice(preemptionPolicy, ['PreemptLowerPriority', 'Never'], `${path}.preemptionPolicy`)),
    ...(overhead ? validateResourceRequirements({ limits: overhead }, `${path}.overhead`, new Set(), options) : []),
  ]
}

function validateResourceClaims(claims: readonly PodResourceClaim[], isStatic: boolean, path: string): FieldError[] {
  const names = new Set<string>()
  return claims.flatMap((claim, index) => {
    if (isStatic) return [forbiddenValue('', 'static pods do not support resource claims')]
    const { name, resourceClaimName, resourceClaimTemplateName } = claim
    const at = `${path}[${index}]`
    const errors = !name ? [required(`${at}.name`)]
      : names.has(name) ? [duplicateValue(`${at}.name`, name)]
        : invalidFor(`${at}.name`, name, validateDns1123Label(name))
    names.add(name)
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      errors.push(invalidValue(at, internalValue('PodResourceClaim', claim),
        'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'))
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      errors.push(invalidValue(at, internalValue('PodResourceClaim', claim),
        'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'))
    }
    for (const field of ['resourceClaimName', 'resourceClaimTemplateName'] as const) {
      const value = claim[field]
      if (value !== undefined) errors.push(...invalidFor(`${at}.${field}`, value, validateDns1123Subdomain(value)))
    }
    return errors
  })
}
