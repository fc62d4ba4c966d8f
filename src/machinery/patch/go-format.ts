/** How Go prints decoded JSON in error messages: fmt's %v and reflect's type names. */
import { isJsonObject } from './json.ts'

/** `%v`: maps as `map[a:1 b:2]` with sorted keys, lists as `[1 2]`, text bare. */
export function formatGo(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(formatGo).join(' ')}]`
  if (!isJsonObject(value)) return String(value)
  return `map[${Object.keys(value).toSorted().map((key) => `${key}:${formatGo(value[key])}`).join(' ')}]`
}

/** `%s` of reflect.TypeOf. */
export function goType(value: unknown): string {
  if (value === null || value === undefined) return '%!s(<nil>)'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'object') return 'map[string]interface {}'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return typeof value
}
