/** JSON as Go writes it for people: four spaces, sorted keys, HTML characters escaped. */
import { quoteJson } from '#machinery/codec/json-encode.ts'
import { sortedKeys } from '#machinery/codec/sorted-keys.ts'
import { isObject } from '../fields.ts'

/** Without a line feed at the end. `sorted` false keeps the object's own order of keys. */
export function formatJson(value: unknown, indent = '    ', sorted = true): string {
  return write(value, '\n', indent, sorted)
}

function write(value: unknown, newline: string, indent: string, sorted: boolean): string {
  if (typeof value === 'string') return quoteJson(value)
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    const inner = newline + indent
    return `[${inner}${value.map((item) => write(item, inner, indent, sorted)).join(`,${inner}`)}${newline}]`
  }
  if (isObject(value)) {
    const keys = (sorted ? sortedKeys(value) : Object.keys(value)).filter((key) => value[key] !== undefined)
    if (keys.length === 0) return '{}'
    const inner = newline + indent
    return `{${inner}${keys.map((key) => `${quoteJson(key)}: ${write(value[key], inner, indent, sorted)}`).join(`,${inner}`)}${newline}}`
  }
  return value === null || value === undefined ? 'null' : String(value)
}
