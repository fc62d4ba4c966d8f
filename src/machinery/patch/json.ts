/** Reading and copying of decoded JSON, where any text may be a key: `__proto__` too. */

export type JsonObject = Readonly<Record<string, unknown>>
export type MutableJsonObject = Record<string, unknown>

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The key's own value; never something of Object.prototype. */
export function getKey(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** Sets the key's own value; a plain assignment to `__proto__` would change the object's prototype instead. */
export function setKey(object: MutableJsonObject, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
}

/** A copy that shares nothing with the value. */
export function cloneJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  if (Array.isArray(value)) return value.map(cloneJson) as T
  const copy: MutableJsonObject = {}
  for (const key of Object.keys(value)) setKey(copy, key, cloneJson((value as JsonObject)[key]))
  return copy as T
}

/** What Go's encoding/json calls the kind of a JSON value, in its error messages. */
export function jsonKind(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
