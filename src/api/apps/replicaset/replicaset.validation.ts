/** Validation of ReplicaSets. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import { validateReplicaCounts } from '../../core/replicationcontroller/replicationcontroller.validation.ts'
import type { ReplicaSet, ReplicaSetSpec } from '../../gen/apps-v1.ts'
import { validateNonNegative } from '../../numbers.validation.ts'
import { validateOwnSelector, validateOwnTemplate } from '../selector.validation.ts'

export function validateReplicaSet(object: ReplicaSet, old?: Stored<ReplicaSet>): FieldError[] {
  const spec = object.spec ?? {} as ReplicaSetSpec
  return [
    ...validateNonNegative(spec.replicas, 'spec.replicas'),
    ...validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateOwnSelector(spec.selector, 'deployment'),
    ...validateOwnTemplate(spec.template, spec.selector, old?.spec?.template),
  ]
}

export function validateReplicaSetUpdate(object: ReplicaSet, old: Stored<ReplicaSet>): FieldError[] {
  return validateImmutable(object.spec?.selector, old.spec?.selector, 'spec.selector')
}

export function validateReplicaSetStatusUpdate({ status }: ReplicaSet): FieldError[] {
  return validateReplicaCounts(status ?? { replicas: 0 }, 'status')
}
