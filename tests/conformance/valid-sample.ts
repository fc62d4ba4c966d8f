/**
 * Makes an object of a kind with as many fields as the server accepts together: every field gets a likely value, and
 * what the server refuses is taken out again, until it takes the rest.
 */
import type { FieldSchema, Shape, StructSchema } from '#machinery/schema/schema.ts'
import { byField, byType } from './sample-values.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

/** What a server says of a sample: nothing, if it takes it. */
export type Judge = (sample: JsonObject) => Promise<readonly Complaint[]>

export interface Complaint {
  /** `spec.containers[0].image`. */
  readonly field: string
  readonly reason: string
}

const maxAttempts = 200

/** A struct with every field filled; recursion ends where a struct repeats. */
export function fullSample(struct: StructSchema, above: readonly string[] = []): JsonObject {
  const known = byType[typeKey(struct.name)] ?? {}
  if (typeof known[''] === 'object' && known[''] !== null && above.length > 0) return structuredClone(known['']) as JsonObject
  const object: JsonObject = {}
  for (const field of struct.fields) {
    const value = field.name in known ? known[field.name]! : valueOf(field, field.shape, [...above, struct.name])
    if (value !== undefined && value !== null) object[field.name] = structuredClone(value)
  }
  return object
}

/** `io.k8s.api.apps.v1.Deployment` → `apps.v1.Deployment`; the betas of a group that look like v1 are looked up as v1. */
function typeKey(name: string): string {
  const own = name.split('.').slice(-3).join('.')
  const hub = own.replace(/\.v1(alpha|beta)\d+\./, '.v1.').replace('.v2beta2.', '.v2.')
  return own in byType ? own : hub
}

function valueOf(field: FieldSchema, shape: Shape, above: readonly string[]): Json | undefined {
  const known = byField[field.name]
  if (known !== undefined && fits(known, shape)) return known
  switch (shape.type) {
    case 'struct':
      return above.includes(shape.struct.name) ? undefined : fullSample(shape.struct, above)
    case 'list': {
      const item = valueOf(field, shape.items, above)
      return item === undefined ? undefined : [item]
    }
    case 'map': {
      const value = valueOf(field, shape.values, above)
      return value === undefined ? undefined : { [shape.values.type === 'quantity' ? 'cpu' : /abels|nnotations|elector/.test(field.name) ? 'example.com/key' : 'key']: value }
    }
    case 'string': return field.enum?.find(Boolean) ?? field.name.toLowerCase()
    case 'enum': return field.enum![0]!
    case 'bool': return true
    case 'int32': case 'uint32': case 'int64': case 'uint64': return 1
    case 'float': case 'double': return 1.5
    case 'bytes': return 'AAECAw=='
    case 'time': return '2004-01-01T01:01:01Z'
    case 'microTime': return '2004-01-01T01:01:01.000123Z'
    case 'duration': return '1m0s'
    case 'quantity': return '1'
    case 'intOrString': return 1
    case 'rawExtension': return { apiVersion: 'example.com/v1', kind: 'Custom', spec: { replicas: 1 } }
    case 'json': return 'value'
    default: return undefined
  }
}

function fits(value: Json, { type }: Shape): boolean {
  if (typeof value === 'number') return type === 'int32' || type === 'int64' || type === 'intOrString'
  return type === 'string' || (type === 'quantity' && /^\d/.test(String(value)))
}

/** Takes out what `judge` complains of; throws when nothing is left to take out. */
export async function acceptedSample(first: JsonObject, judge: Judge): Promise<JsonObject> {
  let sample = structuredClone(first)
  let complaints: readonly Complaint[] = []
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    complaints = await judge(sample)
    if (complaints.length === 0) return sample
    const before = JSON.stringify(sample)
    // One of several that exclude each other stays: the complaints of each round are all about what came later.
    for (const { field, reason } of complaints) remove(sample, reason === 'FieldValueRequired' ? pathOf(field).slice(0, -1) : pathOf(field))
    if (JSON.stringify(sample) === before) {
      for (const { field } of complaints) remove(sample, pathOf(field).slice(0, -1))
      if (JSON.stringify(sample) === before) break
    }
    sample = structuredClone(sample)
  }
  throw new Error(`no sample: ${JSON.stringify(complaints.slice(0, 5))}`)
}

/** `spec.a[0].b[x.y/z]` → the keys. */
function pathOf(field: string): string[] {
  return [...field.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map(([, index, name]) => index ?? name!)
}

/** Removes what lies at the path, if anything; what gets empty goes too. */
function remove(root: JsonObject, path: readonly string[]): void {
  const trail: (readonly [holder: Json[] | JsonObject, key: string])[] = []
  let at: Json | undefined = root
  for (const wanted of path) {
    if (typeof at !== 'object' || at === null) return
    // Some of upstream's messages name fields as Go does.
    const key: string | undefined = wanted in at ? wanted : Object.keys(at).find((each) => each.toLowerCase() === wanted.toLowerCase())
    if (key === undefined) return
    trail.push([at, key])
    at = Array.isArray(at) ? at[Number(key)] : at[key]
  }
  for (const [holder, key] of trail.toReversed()) {
    // The kind, its metadata and its name are not in question.
    if (holder === root && (key === 'metadata' || key === 'apiVersion' || key === 'kind')) return
    if (Array.isArray(holder)) holder.splice(Number(key), 1)
    else delete holder[key]
    if (Object.keys(holder).length > 0) return
  }
}
