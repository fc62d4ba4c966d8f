/** One fault of one field, in upstream's words (k8s.io/apimachinery field.Error). */

export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'InternalError'
  | 'FieldValueTypeInvalid'

export interface FieldError {
  readonly type: FieldErrorType
  /** For example `spec.containers[0].image`. */
  readonly field: string
  /** The whole sentence after the field: `Invalid value: "a b": must …`. */
  readonly message: string
}
