/** Validation of DaemonSets. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { validateRestartedTemplate, validateTemplateLabels } from '../../core/pod/replicated-template.validation.ts'
import type { DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy, RollingUpdateDaemonSet } from '../../gen/apps-v1.ts'
import {
  validateNonNegative,
  validateNonNegativeIntOrPercent,
  validateNotMoreThan100Percent,
} from '../../numbers.validation.ts'
import { isEmptySelector, validateLabelSelector } from '../../selectors.validation.ts'
import { isZeroIntOrPercent, validateCollisionCountKept } from '../status.validation.ts'

export function validateDaemonSet(object: DaemonSet, old?: Stored<DaemonSet>): FieldError[] {
  const spec = object.spec ?? {} as DaemonSetSpec
  const errors = [
    ...validateLabelSelector(spec.selector, 'spec.selector'),
    ...validateTemplateLabels(spec.template ?? {}, spec.selector, 'spec.template'),
  ]
  if (spec.selector && isEmptySelector(spec.selector)) {
    errors.push(invalidValue('spec.selector', spec.selector, 'empty selector is invalid for daemonset'))
  }
  return [
    ...errors,
    ...validateRestartedTemplate(spec.template ?? {}, 'spec.template', 'DaemonSet', old?.spec?.template),
    ...validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateStrategy(spec.updateStrategy ?? {}, 'spec.updateStrategy'),
    ...validateNonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
  ]
}

function validateStrategy(strategy: DaemonSetUpdateStrategy, path: string): FieldError[] {
  const { type, rollingUpdate } = strategy
  if (type === 'OnDelete') return []
  if (type !== 'RollingUpdate') return [notSupported(path, strategy, ['RollingUpdate', 'OnDelete'])]
  return rollingUpdate
    ? validateRollingUpdate(rollingUpdate, `${path}.rollingUpdate`)
    : [required(`${path}.rollingUpdate`)]
}

/** A node's pod is replaced either before or after the old one goes. */
function validateRollingUpdate({ maxUnavailable, maxSurge }: RollingUpdateDaemonSet, path: string): FieldError[] {
  const errors = [
    ...validateNonNegativeIntOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...validateNonNegativeIntOrPercent(maxSurge, `${path}.maxSurge`),
    ...validateNotMoreThan100Percent(maxUnavailable, `${path}.maxUnavailable`),
    ...validateNotMoreThan100Percent(maxSurge, `${path}.maxSurge`),
  ]
  const hasUnavailable = !isZeroIntOrPercent(maxUnavailable)
  const hasSurge = !isZeroIntOrPercent(maxSurge)
  if (hasUnavailable && hasSurge) {
    errors.push(invalidValue(`${path}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'))
  } else if (!hasUnavailable && !hasSurge) {
    errors.push(required(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'))
  }
  return errors
}

export function validateDaemonSetUpdate(object: DaemonSet, old: Stored<DaemonSet>): FieldError[] {
  return [
    ...validateImmutable(object.spec?.selector, old.spec?.selector, 'spec.selector'), ...validateDaemonSet(object, old),
  ]
}

const counts = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable', 'numberUnavailable', 'collisionCount',
] as const

export function validateDaemonSetStatusUpdate({ status }: DaemonSet, old: Stored<DaemonSet>): FieldError[] {
  return [
    ...counts.flatMap((field) => validateNonNegative(status?.[field], `status.${field}`)),
    ...validateCollisionCountKept(status?.collisionCount, old.status?.collisionCount),
  ]
}
