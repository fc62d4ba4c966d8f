/** Validation of StatefulSets. */
import { semanticEqual } from '#base/deep-equal.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { validateDns1123Label } from '#machinery/meta/validate-names.ts'
import { validateClaimSpec } from '../../core/persistentvolumeclaim/claim-spec.validation.ts'
import { podValidationOptions } from '../../core/pod/pod-options.validation.ts'
import { validatePodTemplateSpec, validateTemplateMetadata } from '../../core/pod/pod.validation.ts'
import { validateLasting, validateTemplateLabels } from '../../core/pod/replicated-template.validation.ts'
import type { StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy } from '../../gen/apps-v1.ts'
import type { PodTemplateSpec } from '../../gen/core-v1.ts'
import {
  validateNonNegative,
  validateNonNegativeIntOrPercent,
  validateNotMoreThan100Percent,
} from '../../numbers.validation.ts'
import { validateLabelSelector } from '../../selectors.validation.ts'
import { validateOwnSelector } from '../selector.validation.ts'
import { isZeroIntOrPercent, validateCollisionCountKept } from '../status.validation.ts'

/** What is known of a StatefulSet before its rules are asked. */
interface Known {
  /** It exists already: the name of its Service and its claims never change, so that those of old may stay. */
  readonly exists: boolean
  /** The stored one breaks rules of today: its template is not judged then, only that of the labels. */
  readonly broken: boolean
  /** The stored one. */
  readonly template: DeepReadonly<PodTemplateSpec> | undefined
}

export function validateNewStatefulSet({ spec }: StatefulSet): FieldError[] {
  return validateSpec(spec ?? {} as StatefulSetSpec, { exists: false, broken: false, template: undefined })
}

function validateSpec(spec: StatefulSetSpec, { exists, broken, template }: Known): FieldError[] {
  return [
    ...validateManagementPolicy(spec.podManagementPolicy ?? ''),
    ...validateStrategy(spec.updateStrategy ?? {}, 'spec.updateStrategy'),
    ...validateRetention(spec),
    ...(exists ? [] : (spec.volumeClaimTemplates ?? []).flatMap((claim, index) =>
      validateClaimSpec(claim.spec ?? {}, `spec.volumeClaimTemplates[${index}].spec`))),
    ...validateNonNegative(spec.replicas, 'spec.replicas'),
    ...validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateNonNegative(spec.ordinals?.start, 'spec.ordinals.start'),
    ...(spec.serviceName && !exists
      ? invalidFor('spec.serviceName', spec.serviceName, validateDns1123Label(spec.serviceName))
      : []),
    ...validateOwnSelector(spec.selector, 'statefulset'),
    ...validateTemplate(spec, broken, template),
  ]
}

/**
 * With a selector that cannot be read, of the template only those rules are asked that all replicated ones have. The
 * ones of labels and annotations are asked twice.
 */
function validateTemplate(
  spec: StatefulSetSpec, broken: boolean, old: DeepReadonly<PodTemplateSpec> | undefined,
): FieldError[] {
  const { selector, template = {} } = spec
  const path = 'spec.template'
  const errors: FieldError[] = []
  if (validateLabelSelector(selector, '').length > 0) errors.push(invalidValue('spec.selector', selector, ''))
  else {
    errors.push(
      ...validateTemplateLabels(template, selector, path),
      ...(broken ? [] : validatePodTemplateSpec(asCreated(spec), path, old)),
      ...validateTemplateMetadata(template, path, podValidationOptions(false, old)),
    )
  }
  return [...errors, ...validateLasting(template, path, 'StatefulSet')]
}

function validateManagementPolicy(policy: string): FieldError[] {
  if (policy === '') return [required('spec.podManagementPolicy')]
  return policy === 'OrderedReady' || policy === 'Parallel' ? []
    : [invalidValue('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'")]
}

function validateStrategy(strategy: StatefulSetUpdateStrategy, path: string): FieldError[] {
  const { type, rollingUpdate } = strategy
  switch (type ?? '') {
    case '': return [required(path)]
    case 'OnDelete':
      return rollingUpdate
        ? [invalidValue(`${path}.rollingUpdate`, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")]
        : []
    case 'RollingUpdate': {
      if (!rollingUpdate) return []
      const field = `${path}.rollingUpdate.maxUnavailable`
      const { partition, maxUnavailable } = rollingUpdate
      const errors = validateNonNegative(partition, `${path}.rollingUpdate.partition`)
      if (maxUnavailable === undefined) return errors
      errors.push(...validateNonNegativeIntOrPercent(maxUnavailable, field))
      if (isZeroIntOrPercent(maxUnavailable)) errors.push(invalidValue(field, maxUnavailable, 'cannot be 0'))
      return [...errors, ...validateNotMoreThan100Percent(maxUnavailable, field)]
    }
    default: return [invalidValue(path, strategy, "must be 'RollingUpdate' or 'OnDelete'")]
  }
}

function validateRetention({ persistentVolumeClaimRetentionPolicy: policy }: StatefulSetSpec): FieldError[] {
  if (!policy) return []
  const supported = ['Delete', 'Retain']
  return (['whenDeleted', 'whenScaled'] as const).flatMap((field) => (supported.includes(policy[field] ?? '') ? []
    : [notSupported(`spec.persistentVolumeClaimRetentionPolicy.${field}`, policy[field] ?? '', supported)]))
}

/**
 * The template as pods are made of it: every claim template becomes a volume of the same name, before the others, which
 * the containers mount; the host's name and domain are the controller's.
 */
function asCreated({ template = {}, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec {
  if (!template.spec) return template
  const { hostname: _, subdomain: __, volumes = [], ...spec } = template.spec
  const claims = [...new Set(volumeClaimTemplates.map(({ metadata }) => metadata?.name ?? ''))]
  const all = [
    ...claims.map((name) => ({ name, persistentVolumeClaim: { claimName: name } })),
    ...volumes.filter(({ name }) => !claims.includes(name)),
  ]
  return { ...template, spec: { ...spec, ...(all.length > 0 && { volumes: all }) } }
}

const mutable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const

export function validateStatefulSetUpdate(object: StatefulSet, old: Stored<StatefulSet>): FieldError[] {
  const { spec } = object
  const known = { exists: true, broken: false, template: old.spec?.template }
  const broken = validateSpec((old.spec ?? {}) as StatefulSetSpec, known).length > 0
  const errors = validateSpec(spec ?? {} as StatefulSetSpec, { ...known, broken })
  const fixed = (part: object | undefined): unknown =>
    Object.fromEntries(Object.entries(part ?? {}).filter(([field]) => !(mutable as readonly string[]).includes(field)))
  if (semanticEqual(fixed(spec), fixed(old.spec))) return errors
  return [
    ...errors,
    forbiddenValue(
      'spec',
      "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
        + "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ),
  ]
}

export function validateStatefulSetStatusUpdate({ status }: StatefulSet, old: Stored<StatefulSet>): FieldError[] {
  const replicas = status?.replicas ?? 0
  const counts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const
  const errors = ['replicas', ...counts, 'observedGeneration', 'collisionCount'].flatMap((field) =>
    validateNonNegative(status?.[field as 'replicas'], `status.${field}`))
  for (const field of counts) {
    const count = status?.[field] ?? 0
    if (count > replicas) errors.push(invalidValue(`status.${field}`, count, 'cannot be greater than status.replicas'))
  }
  const available = status?.availableReplicas ?? 0
  if (available > (status?.readyReplicas ?? 0)) {
    errors.push(invalidValue('status.availableReplicas', available, 'cannot be greater than status.readyReplicas'))
  }
  return [...errors, ...validateCollisionCountKept(status?.collisionCount, old.status?.collisionCount)]
}
