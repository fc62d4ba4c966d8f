/** Validation of Nodes. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { Node } from '../../gen/core-v1.ts'

export function validateNode(_object: Node): FieldError[] {
  return []
}

export function validateNodeUpdate(_object: Node, _old: Stored<Node>): FieldError[] {
  return []
}
