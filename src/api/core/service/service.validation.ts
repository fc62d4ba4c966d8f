/** Validation of Services. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { Service } from '../../gen/core-v1.ts'

export function validateService(_object: Service): FieldError[] {
  return []
}

export function validateServiceUpdate(_object: Service, _old: Stored<Service>): FieldError[] {
  return []
}
