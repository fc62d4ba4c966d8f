/** Validation of changes to pods. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { Pod } from '../../gen/core-v1.ts'

export function validatePodUpdate(_object: Pod, _old: Stored<Pod>): FieldError[] {
  return []
}

export function validatePodStatusUpdate(_object: Pod, _old: Stored<Pod>): FieldError[] {
  return []
}
