/** How Go prints decoded values, and what its converter says of those that do not fit: parts of upstream's messages. */

/** `%+v` of a decoded JSON value: `map[spec:map[replicas:3]]`, its keys sorted. */
export function formatGoValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(formatGoValue).join(' ')}]`
  if (typeof value !== 'object') return String(value)
  const entries = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1))
  return `map[${entries.map(([key, inner]) => `${key}:${formatGoValue(inner)}`).join(' ')}]`
}

const goKinds: Readonly<Record<string, string>> = { array: 'slice', object: 'map' }

/**
 * A strategic merge goes from map to struct without JSON, and upstream's converter between the two has words of its own
 * for what the JSON decoder says as `json: cannot unmarshal … of type …` (apimachinery/pkg/runtime/converter.go).
 */
export function conversionFault(message: string): string {
  const match = /^json: cannot unmarshal (\w+)(?: (\S+))? into Go (?:struct field \S+|value) of type (\S+)$/.exec(
    message,
  )
  if (!match) return message
  const [, given, number, type] = match as unknown as readonly [string, string, string | undefined, string]
  const kind = given === 'number' ? (number?.includes('.') ? 'float64' : 'int64') : goKinds[given] ?? given
  if (type.startsWith('[]')) return `cannot restore slice from ${kind}`
  if (type.startsWith('map[')) return `cannot restore map from ${kind}`
  if (type === 'string' && kind === 'int64') return 'cannot convert int64 to string'
  if (/^u?int\d+$/.test(type) && kind === 'float64') return `cannot convert float64 to ${type}`
  if (/^(string|bool|u?int\d+|float\d+)$/.test(type)) return `unrecognized type: ${type}`
  return kind === 'map' ? 'unrecognized type: string' : `cannot restore struct from: ${kind}`
}
