/**
 * One constructor per fault that a field can have, with upstream's sentences (apimachinery
 * util/validation/field, v0.36).
 */
import type { FieldError, FieldErrorType } from './field-error.ts'

/** `field.Invalid`: the value is malformed or out of bounds. */
export function invalidValue(field: string, value: unknown, detail: string): FieldError {
  return fault('FieldValueInvalid', field, `Invalid value: ${formatFieldValue(value)}`, detail)
}

/** `field.Invalid` of a value that says nothing to the reader, and is left out. */
export function invalidWithoutValue(field: string, detail: string): FieldError {
  return fault('FieldValueInvalid', field, 'Invalid value', detail)
}

/** `field.Required`: the value is absent, empty or zero. */
export function required(field: string, detail = ''): FieldError {
  return fault('FieldValueRequired', field, 'Required value', detail)
}

/** `field.Forbidden`: a well-formed value that is not permitted here. */
export function forbiddenValue(field: string, detail: string): FieldError {
  return fault('FieldValueForbidden', field, 'Forbidden', detail)
}

/**
 * `field.NotSupported`: not one of an enumeration's values. The caller gives the values in upstream's
 * order, mostly sorted.
 */
export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const detail = supported.length > 0 ? `supported values: ${supported.map(quoteGo).join(', ')}` : ''
  // Go's types of enumerations are no plain strings, and shown as JSON.
  const shown = typeof value === 'string' ? jsonString(value) : value
  return fault('FieldValueNotSupported', field, `Unsupported value: ${formatFieldValue(shown)}`, detail)
}

/** `field.Duplicate`: the value must be unique. */
export function duplicateValue(field: string, value: unknown): FieldError {
  return fault('FieldValueDuplicate', field, `Duplicate value: ${formatFieldValue(value)}`, '')
}

/** `field.NotFound`: the value names something that does not exist. */
export function valueNotFound(field: string, value: unknown): FieldError {
  return fault('FieldValueNotFound', field, `Not found: ${formatFieldValue(value)}`, '')
}

/** `field.TooLong`: limits count bytes, and the value itself is left out. */
export function tooLong(field: string, maxBytes: number): FieldError {
  return fault(
    'FieldValueTooLong', field, 'Too long', `may not be more than ${maxBytes} ${maxBytes === 1 ? 'byte' : 'bytes'}`,
  )
}

/** `field.TooMany`: a list with more items than allowed. */
export function tooMany(field: string, actual: number, maxItems: number): FieldError {
  return fault(
    'FieldValueTooMany',
    field,
    `Too many: ${actual}`,
    `must have at most ${maxItems} ${maxItems === 1 ? 'item' : 'items'}`,
  )
}

/** `field.TypeInvalid`: the value does not fit the field's type. */
export function typeInvalid(field: string, value: unknown, detail: string): FieldError {
  return fault('FieldValueTypeInvalid', field, `Invalid value: ${formatFieldValue(value)}`, detail)
}

/** `field.InternalError`: the value could not be judged. */
export function internalFault(field: string, detail: string): FieldError {
  return fault('InternalError', field, 'Internal error', detail)
}

/** One `Invalid` per sentence: what upstream does with the results of its string checks. */
export function invalidFor(field: string, value: unknown, details: readonly string[]): FieldError[] {
  return details.map((detail) => invalidValue(field, value, detail))
}

function fault(type: FieldErrorType, field: string, sentence: string, detail: string): FieldError {
  const made: FieldError = { type, field, message: detail === '' ? sentence : `${sentence}: ${detail}` }
  if (found && found.push(made) >= maxFaults) throw new TooManyFaults()
  return made
}

/** More than anybody reads. A body of three mebibytes can have millions, a hundred times larger than itself. */
const maxFaults = 10_000

/** Of the validation that runs now; validation never waits, so there is only one. */
let found: FieldError[] | undefined

class TooManyFaults extends Error {}

/** The faults that `validate` gives; of an object with too many, the first ones that it came upon. */
export function findFaults(validate: () => readonly FieldError[]): readonly FieldError[] {
  const mine: FieldError[] = []
  found = mine
  try {
    return validate()
  } catch (error) {
    if (error instanceof TooManyFaults) return mine
    throw error
  } finally {
    found = undefined
  }
}

/** A value that is JSON already, as Go writes it. */
export class JsonText {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** A string behind a pointer, or of a named type: Go quotes those as JSON does, and escapes more than `%q`. */
export function jsonString(text: string): JsonText {
  return new JsonText(escapeHtml(JSON.stringify(text)))
}

/** Numbers and booleans plain, strings quoted, everything else as JSON; absent values are Go's nil. */
function formatFieldValue(value: unknown): string {
  if (typeof value === 'string') return quoteGo(value)
  if (value === undefined || value === null) return 'null'
  if (value instanceof JsonText) return value.text
  if (typeof value === 'object') return escapeHtml(JSON.stringify(value))
  return String(value)
}

/** JSON text as Go's encoding/json writes it: these characters are escapes there. */
export function escapeHtml(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Go's `%q`: double quotes, with escapes for what is not printable. */
export function quoteGo(text: string): string {
  if (plainText.test(text)) return `"${text}"`
  let quoted = '"'
  for (const char of text) {
    const code = char.codePointAt(0)!
    const short = shortEscapes[char]
    if (short !== undefined) quoted += short
    else if (code < 0x20 || code === 0x7f) quoted += `\\x${code.toString(16).padStart(2, '0')}`
    else if (/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char)) quoted += char
    else if (code > 0xffff) quoted += `\\U${code.toString(16).padStart(8, '0')}`
    else quoted += `\\u${code.toString(16).padStart(4, '0')}`
  }
  return `${quoted}"`
}

/** What Go writes as it is, and nearly all that there is to quote. */
const plainText = /^[ !#-[\]-~]*$/

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"', '\\': '\\\\', '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v',
}
