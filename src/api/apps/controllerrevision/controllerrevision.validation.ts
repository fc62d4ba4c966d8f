/** Validation of ControllerRevisions: they hold something, and hold it unchanged. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { required } from '#machinery/errors/field-errors.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { validateImmutable } from '#machinery/meta/validate-object-meta.ts'
import type { ControllerRevision } from '../../gen/apps-v1.ts'
import { validateNonNegative } from '../../numbers.validation.ts'

export function validateNewControllerRevision({ data, revision }: ControllerRevision): FieldError[] {
  return [...validateNonNegative(revision, 'revision'), ...validateData(data)]
}

/** An object, of whatever form: to who reads it back nothing else makes sense. */
function validateData(data: unknown): FieldError[] {
  if (data === undefined || data === null) return [required('data', 'data is mandatory')]
  return typeof data === 'object' && !Array.isArray(data) ? [] : [required('data', 'data must be a valid JSON object')]
}

export function validateControllerRevisionUpdate(
  object: ControllerRevision, old: Stored<ControllerRevision>,
): FieldError[] {
  return [...validateNonNegative(object.revision, 'revision'), ...validateImmutable(object.data, old.data, 'data')]
}
