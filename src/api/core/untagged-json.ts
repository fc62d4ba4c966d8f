/**
 * JSON in annotations that upstream reads into types of its own without tags: keys may be written in any case, and
 * what has the wrong type is told in Go's words.
 */
import { JsonError, parseJsonExactly, plainNumber } from '#machinery/codec/json-parse.ts'

/** By the key in lower case: what it is here, the type of its JSON, and `Key of type string`, how Go calls it. */
export type UntaggedFields = Readonly<Record<string, readonly [name: string, jsonType: string, goType: string]>>

/** The items, or the complaint of Go's encoding/json. `type`: `Toleration`. */
export function readUntaggedList<T>(text: string, type: string, fields: UntaggedFields): readonly T[] | string {
  try {
    const { value } = parseJsonExactly(text)
    if (value === null) return []
    if (!Array.isArray(value)) return cannotUnmarshal(value, `value of type []core.${type}`)
    return value.map((item) => readItem(item, type, fields) as T)
  } catch (error) {
    if (error instanceof JsonError) return error.message
    throw error
  }
}

function readItem(item: unknown, type: string, fields: UntaggedFields): Readonly<Record<string, unknown>> {
  if (item === null) return {}
  if (typeof item !== 'object' || Array.isArray(item)) {
    throw new JsonError(cannotUnmarshal(item, `value of type core.${type}`))
  }
  const read: Record<string, unknown> = {}
  for (const [key, given] of Object.entries(item)) {
    const field = fields[key.toLowerCase()]
    const value = plainNumber(given)
    if (!field || value === null) continue
    const [name, jsonType, goType] = field
    if (goKindOf(value) !== jsonType) throw new JsonError(cannotUnmarshal(value, `struct field ${type}.${goType}`))
    read[name] = value
  }
  return read
}

/** `target`: `value of type core.Taint`. */
export function cannotUnmarshal(value: unknown, target: string): string {
  return `json: cannot unmarshal ${goKindOf(value)} into Go ${target}`
}

function goKindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof plainNumber(value) === 'bigint' ? 'number' : typeof plainNumber(value)
}
