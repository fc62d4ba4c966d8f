/** Field selectors: `metadata.name=x,status.phase!=Running`, as in list requests and `kubectl --field-selector`. */
import { SelectorError } from './label-selector.ts'

export interface FieldRequirement {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}

/** All must hold. A field that the object does not have counts as the empty text. */
export type FieldSelector = readonly FieldRequirement[]

/** Throws SelectorError with upstream's sentence (fields.ParseSelector). Empty text selects everything. */
export function parseFieldSelector(text: string): FieldSelector {
  const requirements: FieldRequirement[] = []
  for (const term of splitTerms(text).toSorted()) {
    if (term === '') continue
    const match = /^([^=!]*(?:!(?!=)[^=!]*)*)(!=|==|=)([^]*)$/.exec(term)
    if (!match) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`)
    const operator = match[2] === '!=' ? '!=' : '='
    requirements.push({ field: match[1]!, operator, value: unescapeFieldValue(match[3]!) })
  }
  return requirements
}

export function formatFieldSelector(selector: FieldSelector): string {
  return selector.map(({ field, operator, value }) => `${field}${operator}${escapeFieldValue(value)}`).join(',')
}

export function fieldSelectorMatches(selector: FieldSelector, fields: Readonly<Record<string, string>>): boolean {
  for (const { field, operator, value } of selector) {
    const actual = Object.hasOwn(fields, field) ? fields[field]! : ''
    if ((actual === value) !== (operator === '=')) return false
  }
  return true
}

/** Backslash before backslash, comma and equals sign. */
function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&')
}

/** Throws SelectorError for an unknown escape or an unescaped comma or equals sign. */
function unescapeFieldValue(text: string): string {
  if (!/[\\,=]/.test(text)) return text
  let value = ''
  let escaped = false
  for (const char of text) {
    if (escaped) {
      if (char !== '\\' && char !== ',' && char !== '=') {
        throw new SelectorError(`invalid field selector: invalid escape sequence: \\${char}`)
      }
      value += char
      escaped = false
    } else if (char === '\\') {
      escaped = true
    } else if (char === ',' || char === '=') {
      // Upstream prints the character's number.
      throw new SelectorError(`invalid field selector: unescaped character in value: ${char.charCodeAt(0)}`)
    } else {
      value += char
    }
  }
  if (escaped) throw new SelectorError('invalid field selector: invalid escape sequence: \\')
  return value
}

function splitTerms(text: string): string[] {
  const terms: string[] = []
  let start = 0
  let escaped = false
  for (let i = 0; i < text.length; i++) {
    if (escaped) escaped = false
    else if (text[i] === '\\') escaped = true
    else if (text[i] === ',') {
      terms.push(text.slice(start, i))
      start = i + 1
    }
  }
  terms.push(text.slice(start))
  return terms
}
