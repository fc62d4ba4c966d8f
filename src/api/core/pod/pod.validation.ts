/** Validation of Pods. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { Pod } from '../../gen/core-v1.ts'

export function validatePod(_object: Pod): FieldError[] {
  return []
}

export function validatePodUpdate(_object: Pod, _old: Stored<Pod>): FieldError[] {
  return []
}
