/** Validation of Deployments. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import type { Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment } from '../../gen/apps-v1.ts'
import {
  validateNonNegative,
  validateNonNegativeIntOrPercent,
  validateNotMoreThan100Percent,
} from '../../numbers.validation.ts'
import { validateOwnSelector, validateOwnTemplate } from '../selector.validation.ts'
import { isZeroIntOrPercent, validateCollisionCountKept } from '../status.validation.ts'

export function validateDeployment(object: Deployment, old?: Stored<Deployment>): FieldError[] {
  const spec = object.spec ?? {} as DeploymentSpec
  return [
    ...validateNonNegative(spec.replicas, 'spec.replicas'),
    ...validateOwnSelector(spec.selector, 'deployment'),
    ...validateOwnTemplate(spec.template, spec.selector, old?.spec?.template),
    ...validateStrategy(spec.strategy ?? {}, 'spec.strategy'),
    ...validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateNonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...validateProgressDeadline(spec),
  ]
}

function validateStrategy(strategy: DeploymentStrategy, path: string): FieldError[] {
  const { type, rollingUpdate } = strategy
  switch (type) {
    case 'Recreate':
      return rollingUpdate
        ? [forbiddenValue(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")]
        : []
    case 'RollingUpdate':
      return rollingUpdate ? validateRollingUpdate(rollingUpdate, `${path}.rollingUpdate`)
        : [required(`${path}.rollingUpdate`, 'this should be defaulted and never be nil')]
    default: return [notSupported(path, strategy, ['Recreate', 'RollingUpdate'])]
  }
}

function validateRollingUpdate({ maxUnavailable, maxSurge }: RollingUpdateDeployment, path: string): FieldError[] {
  const errors = [
    ...validateNonNegativeIntOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...validateNonNegativeIntOrPercent(maxSurge, `${path}.maxSurge`),
  ]
  // Nothing could ever be replaced.
  if (isZeroIntOrPercent(maxUnavailable) && isZeroIntOrPercent(maxSurge)) {
    errors.push(invalidValue(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'))
  }
  return [...errors, ...validateNotMoreThan100Percent(maxUnavailable, `${path}.maxUnavailable`)]
}

function validateProgressDeadline(
  { progressDeadlineSeconds: deadline, minReadySeconds = 0 }: DeploymentSpec,
): FieldError[] {
  if (deadline === undefined) return []
  const errors = validateNonNegative(deadline, 'spec.progressDeadlineSeconds')
  if (deadline <= minReadySeconds) {
    errors.push(invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'))
  }
  return errors
}

export function validateDeploymentUpdate(object: Deployment, old: Stored<Deployment>): FieldError[] {
  return validateImmutable(object.spec?.selector, old.spec?.selector, 'spec.selector')
}

export function validateDeploymentStatusUpdate({ status = {} }: Deployment, old: Stored<Deployment>): FieldError[] {
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status
  const errors = (
    [
      'observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas',
      'terminatingReplicas', 'collisionCount',
    ] as const
  )
    .flatMap((field) => validateNonNegative(status[field], `status.${field}`))
  const counts = { updatedReplicas, readyReplicas, availableReplicas }
  for (const [field, count] of Object.entries(counts)) {
    if (count > replicas) errors.push(invalidValue(`status.${field}`, count, 'cannot be greater than status.replicas'))
  }
  if (availableReplicas > readyReplicas) {
    errors.push(invalidValue('status.availableReplicas', availableReplicas, 'cannot be greater than readyReplicas'))
  }
  return [...errors, ...validateCollisionCountKept(status.collisionCount, old.status?.collisionCount)]
}
