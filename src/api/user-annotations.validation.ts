/** Rules of annotations that the author of a pod hands to the signer of its certificate (KEP-4317). */
import { utf8Length } from '#base/bytes.ts'
import type { FieldError } from '#machinery/errors/field-error.ts'
import { tooLong } from '#machinery/errors/field-errors.ts'
import { validateDomainPrefixedKey } from '#machinery/meta/validate-domains.ts'
import { maxAnnotationBytes } from '#machinery/meta/validate-object-meta.ts'

export function validateUserAnnotations(
  annotations: Readonly<Record<string, string>> | undefined, path: string,
): FieldError[] {
  const entries = Object.entries(annotations ?? {})
  const errors = entries.flatMap(([key]) => validateDomainPrefixedKey(key.toLowerCase(), path))
  const bytes = entries.reduce((sum, [key, value]) => sum + utf8Length(key) + utf8Length(value), 0)
  return bytes > maxAnnotationBytes ? [...errors, tooLong(path, maxAnnotationBytes)] : errors
}
