/** What is wrong with the rules of a schema without a look at their expressions, and paths that lead through it. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { invalidValue, notSupported, required } from '#machinery/errors/field-errors.ts'
import { isSchema, type Schema } from './hoisted-spec.ts'

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']

export function validateRuleTexts(schema: Schema, path: string): FieldError[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((written, index) => {
    const { rule = '', message = '', reason, messageExpression = '', fieldPath = '' } = written
    const at = `${path}.x-kubernetes-validations[${index}]`
    const errors: FieldError[] = []
    const breaks = /[\n\r]/
    if (rule.trim() === '') errors.push(required(`${at}.rule`, 'rule is not specified'))
    else if (message !== '' && message.trim() === '') {
      errors.push(invalidValue(`${at}.message`, message, 'must be non-empty if specified'))
    } else if (breaks.test(message.trim())) {
      errors.push(invalidValue(`${at}.message`, message, 'must not contain line breaks'))
    } else if (breaks.test(rule.trim()) && message.trim() === '') {
      errors.push(required(`${at}.message`, 'message must be specified if rule contains line breaks'))
    }
    if (messageExpression !== '' && messageExpression.trim() === '') {
      errors.push(required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified'))
    }
    if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(`${at}.reason`, reason, reasons))
    if (fieldPath !== '' && fieldPath.trim() === '') {
      errors.push(invalidValue(`${at}.fieldPath`, fieldPath, 'must be non-empty if specified'))
    }
    if (breaks.test(fieldPath)) {
      errors.push(invalidValue(`${at}.fieldPath`, fieldPath, 'must not contain line breaks'))
    }
    if (fieldPath !== '' && typeof followFieldPath(schema, fieldPath, true) === 'string') {
      errors.push(invalidValue(`${at}.fieldPath`, fieldPath, 'must be a valid path'))
    }
    return errors
  })
}

export interface FoundField {
  readonly schema: Schema
  /** The steps of the path, by which two spellings of it are known for one. */
  readonly names: readonly string[]
}

/** Where `.a.b['c']` leads, or why it leads nowhere (upstream: cel.ValidFieldPath). */
export function followFieldPath(schema: Schema, path: string, allowKeys: boolean): FoundField | string {
  const tokens = path.match(/'(?:[^'\\]|\\.)*'|[.[\]]|[^.[\]']+(?:'[^.[\]]*)?|'.*$/g) ?? []
  const names: string[] = []
  let at = schema
  for (let index = 0; index < tokens.length;) {
    const token = tokens[index++]!
    if (token !== '.' && token !== '[') return `expected [ or . but got: ${token}`
    if (token === '[' && !allowKeys) return 'array notation is not allowed'
    const name = tokens[index++]
    if (name === undefined) return 'unexpected end of JSON path'
    let key = name
    if (token === '[') {
      if (!/^'.*'$/s.test(name) || name.length < 2) return `expected single quoted string but got ${name}`
      const unquoted = unquote(name.slice(1, -1))
      if (unquoted === undefined) return 'invalid string literal: invalid syntax'
      key = unquoted
    }
    const next = fieldOf(at, key)
    if (!next) return 'does not refer to a valid field'
    at = next
    names.push(key)
    if (token !== '[') continue
    const end = tokens[index++]
    if (end === undefined) return 'unexpected end of JSON path'
    if (end !== ']') return `expected ] but got ${end}`
  }
  return { schema: at, names }
}

function fieldOf({ properties, additionalProperties }: Schema, key: string): Schema | undefined {
  if (properties && Object.keys(properties).length > 0) {
    return Object.hasOwn(properties, key) ? properties[key] : undefined
  }
  return isSchema(additionalProperties) ? additionalProperties : undefined
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', "'": "'", '"': '"',
}

/** Go's rules for what is between single quotes. */
function unquote(text: string): string | undefined {
  let isSound = true
  const plain = text.replaceAll(/\\(.)/gs, (_all, char: string) => {
    const found = escapes[char]
    if (found === undefined) isSound = false
    return found ?? ''
  })
  return isSound ? plain : undefined
}
