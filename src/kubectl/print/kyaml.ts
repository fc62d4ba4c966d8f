/** KYAML: YAML in braces and quotes, which no indentation can break. */
import { isObject, sortedEntries } from '../fields.ts'

/** With sorted keys, or in the object's own order. */
export function formatKyaml(value: unknown, sorted = true): string {
  return `${write(value, '\n', sorted)}\n`
}

function write(value: unknown, newline: string, sorted: boolean): string {
  const inner = `${newline}  `
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    // Objects in a list share their brackets' line: `[{ … }, { … }]`.
    if (value.every((item) => isObject(item) && Object.keys(item).length > 0)) {
      return `[${value.map((item) => write(item, newline, sorted)).join(', ')}]`
    }
    return `[${inner}${value.map((item) => write(item, inner, sorted)).join(`,${inner}`)},${newline}]`
  }
  if (isObject(value)) {
    const entries = (sorted ? sortedEntries(value) : Object.entries(value)).filter(([, item]) => item !== undefined)
    if (entries.length === 0) return '{}'
    return `{${inner}${entries.map(([key, item]) => `${formatKey(key)}: ${write(item, inner, sorted)}`).join(`,${inner}`)},${newline}}`
  }
  return value === null || value === undefined ? 'null' : String(value)
}

/** Keys that YAML could take for something else are quoted. */
function formatKey(key: string): string {
  const ambiguous = /^(y|n|yes|no|on|off|true|false|null|~)$/i.test(key)
  return /^[A-Za-z_][\w./-]*$/.test(key) && !ambiguous ? key : JSON.stringify(key)
}
