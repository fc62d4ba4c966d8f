/** Validation of ReplicationControllers. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { ReplicationController, ReplicationControllerStatus } from '../../gen/core-v1.ts'
import { validateNonNegative } from '../../numbers.validation.ts'
import { validateReplicatedTemplate } from '../pod/replicated-template.validation.ts'

export function validateReplicationController(
  { spec = {} }: ReplicationController, old?: Stored<ReplicationController>,
): FieldError[] {
  const selector = spec.selector ?? {}
  return [
    ...validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...(Object.keys(selector).length === 0 ? [required('spec.selector')] : []),
    ...validateNonNegative(spec.replicas, 'spec.replicas'),
    ...(spec.template
      ? validateReplicatedTemplate(
        spec.template, { matchLabels: selector }, 'spec.template', 'ReplicationController', old?.spec?.template,
      )
      : [required('spec.template')]),
  ]
}

/** Also of ReplicaSets: no count of pods is larger than the count that contains it. */
export function validateReplicaCounts(
  status: Partial<ReplicationControllerStatus> & { readonly terminatingReplicas?: number }, path: string,
): FieldError[] {
  const {
    replicas = 0, readyReplicas = 0, availableReplicas = 0, fullyLabeledReplicas = 0, observedGeneration = 0,
    terminatingReplicas = 0,
  } = status
  const counts = {
    replicas, fullyLabeledReplicas, readyReplicas, availableReplicas, observedGeneration, terminatingReplicas,
  }
  const errors = Object.entries(counts).flatMap(([field, count]) => validateNonNegative(count, `${path}.${field}`))
  for (const field of ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    if (counts[field] > replicas) {
      errors.push(invalidValue(`${path}.${field}`, counts[field], 'cannot be greater than status.replicas'))
    }
  }
  if (availableReplicas > readyReplicas) {
    errors.push(invalidValue(`${path}.availableReplicas`, availableReplicas, 'cannot be greater than readyReplicas'))
  }
  return errors
}

export function validateReplicationControllerStatusUpdate({ status }: ReplicationController): FieldError[] {
  return validateReplicaCounts(status ?? {}, 'status')
}
