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
import { validateChoice, validateRequiredChoice } from '../../numbers.validation.ts'
import { validateContainers, validateEphemeralContainers, validateInitContainers } from './containers.validation.ts'
import { validateDnsConfig, validateHostAliases, validateOwnNames } from './names.validation.ts'
import { validateResourceRequirements } from './resources.validation.ts'
import {
  validateAffinity,
  validateSchedulingGates,
  validateTolerations,
  validateTopologySpread,
} from './scheduling.validation.ts'
import { validatePodSecurityContext } from './security.validation.ts'
import { validateVolumes } from './volumes.validation.ts'

const mirrorAnnotation = 'kubernetes.io/config.mirror'

export function validatePod(object: Pod): FieldError[] {
  const spec = object.spec ?? { containers: [] }
  const errors: FieldError[] = []
  const mirror = object.metadata?.annotations?.[mirrorAnnotation]
  if (mirror !== undefined && !spec.nodeName) {
    errors.push(
      invalidValue(
        `metadata.annotations[${mirrorAnnotation}]`, mirror, 'must set spec.nodeName if mirror pod annotation is set',
      ),
    )
  }
  errors.push(...validatePodSpec(spec, 'spec', { isPod: true, podName: object.metadata?.name ?? '' }))
  if (!spec.serviceAccountName) errors.push(...forbidTokens(spec))
  return errors
}

/** Rules of a creation only: what nobody may be born with. */
export function validateNewPod({ spec }: Pod): FieldError[] {
  const errors: FieldError[] = []
  if (spec?.ephemeralContainers?.length) {
    errors.push(forbiddenValue('spec.ephemeralContainers', 'cannot be set on create'))
  }
  if (spec?.nodeName && spec.schedulingGates?.length) {
    errors.push(forbiddenValue('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'))
  }
  return errors
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

/** Rules of a pod template; who owns it adds rules about labels and restart policy. */
export function validatePodTemplateSpec({ metadata, spec }: PodTemplateSpec, path: string): FieldError[] {
  const errors: FieldError[] = [
    ...validateLabels(metadata?.labels, `${path}.labels`),
    ...validateAnnotations(metadata?.annotations, `${path}.annotations`),
    ...validatePodSpec(spec ?? { containers: [] }, `${path}.spec`, { isPod: false, podName: '' }),
  ]
  if (spec?.ephemeralContainers?.length) {
    errors.push(forbiddenValue(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'))
  }
  return errors
}

interface PodContext {
  readonly isPod: boolean
  readonly podName: string
}

const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']
const maxInt32 = 2147483647

function validatePodSpec(spec: PodSpec, path: string, { isPod, podName }: PodContext): FieldError[] {
  const { errors, byName } = validateVolumes(spec.volumes ?? [], podName, `${path}.volumes`)
  const context = { spec, volumes: byName, isPod }
  errors.push(
    ...validateResourceClaims(spec.resourceClaims ?? [], `${path}.resourceClaims`),
    ...validateContainers(context, `${path}.containers`),
    ...validateInitContainers(context, `${path}.initContainers`),
    ...validateEphemeralContainers(context, `${path}.ephemeralContainers`),
    ...validateResourceRequirements(spec.resources, `${path}.resources`, new Set(), 'pod'),
    ...validateRequiredChoice(spec.restartPolicy, ['Always', 'OnFailure', 'Never'], `${path}.restartPolicy`),
    ...validateRequiredChoice(spec.dnsPolicy, dnsPolicies, `${path}.dnsPolicy`),
    ...validateLabels(spec.nodeSelector, `${path}.nodeSelector`),
    ...validatePodSecurityContext(spec, path),
    ...validateAffinity(spec.affinity, `${path}.affinity`),
    ...validateDnsConfig(spec.dnsConfig, spec.dnsPolicy, `${path}.dnsConfig`),
    ...(spec.readinessGates ?? []).flatMap(({ conditionType }, index) =>
      invalidFor(`${path}.readinessGates[${index}].conditionType`, conditionType, validateQualifiedName(conditionType)),
    ),
    ...validateSchedulingGates(spec.schedulingGates ?? [], `${path}.schedulingGates`),
    ...validateTopologySpread(spec.topologySpreadConstraints ?? [], `${path}.topologySpreadConstraints`),
    ...validateReferences(spec, path),
    ...validateOwnNames(spec, path),
    ...validateTolerations(spec.tolerations ?? [], `${path}.tolerations`),
    ...validateHostAliases(spec.hostAliases ?? [], `${path}.hostAliases`),
    ...validateChoice(spec.preemptionPolicy, ['PreemptLowerPriority', 'Never'], `${path}.preemptionPolicy`),
    ...(spec.overhead ? validateResourceRequirements({ limits: spec.overhead }, `${path}.overhead`) : []),
    ...(spec.os ? validateRequiredChoice(spec.os.name, ['linux', 'windows'], `${path}.os.name`) : []),
  )
  return errors
}

/** Names of other things, and the deadline. */
function validateReferences(spec: PodSpec, path: string): FieldError[] {
  const { serviceAccountName, nodeName, activeDeadlineSeconds, priorityClassName, runtimeClassName } = spec
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
    ...name('priorityClassName', priorityClassName),
    ...(runtimeClassName === undefined ? []
      : invalidFor(`${path}.runtimeClassName`, runtimeClassName, validateDns1123Subdomain(runtimeClassName))),
  ]
}

function validateResourceClaims(claims: readonly PodResourceClaim[], path: string): FieldError[] {
  const names = new Set<string>()
  return claims.flatMap(({ name, resourceClaimName, resourceClaimTemplateName }, index) => {
    const at = `${path}[${index}]`
    const errors = name ? invalidFor(`${at}.name`, name, validateDns1123Label(name)) : [required(`${at}.name`)]
    if (names.has(name)) errors.push(duplicateValue(`${at}.name`, name))
    names.add(name)
    const sources = [resourceClaimName, resourceClaimTemplateName].filter((value) => value !== undefined)
    if (sources.length === 0) {
      errors.push(
        invalidValue(at, claims[index], 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'),
      )
    } else if (sources.length > 1) {
      errors.push(
        invalidValue(
          at, claims[index], 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified',
        ),
      )
    }
    return errors
  })
}
