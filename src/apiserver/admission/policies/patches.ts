/** What the expressions of a MutatingAdmissionPolicy make of an object. */
import { toJson } from '#machinery/cel/json-values.ts'
import { isList, isMapValue, type Value } from '#machinery/cel/values.ts'
import { mergeValues } from '#machinery/patch/apply/merge-values.ts'
import { isAtomicList, isAtomicMap, childShape, itemShape } from '#machinery/patch/apply/typed-value.ts'
import { applyJsonPatch } from '#machinery/patch/json-patch.ts'
import { cloneJson, isJsonObject, type JsonObject } from '#machinery/patch/json.ts'
import type { Shape } from '#machinery/schema/schema.ts'

/** The expression gave something that cannot be applied; the message is upstream's. */
export class PatchFault extends Error {}

/** A list of JSONPatch{…}, carried out on a copy. Throws PatchFault. */
export function applyPatchList(object: JsonObject, value: Value): JsonObject {
  if (!isList(value)) throw new PatchFault('type mismatch: JSONPatchType.expression should evaluate to array')
  const operations = value.map((operation) => {
    if (typeof operation !== 'object' || operation === null || !isMapValue(operation)) {
      throw new PatchFault('type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch')
    }
    return toJson(operation)
  })
  try {
    return applyJsonPatch(cloneJson(object), operations) as JsonObject
  } catch (error) {
    throw new PatchFault(`JSON Patch: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** Object{…}, merged into the object as an applied configuration would be. Throws PatchFault. */
export function applyConfiguration(object: JsonObject, value: Value, shape: Shape): JsonObject {
  if (typeof value !== 'object' || value === null || !isMapValue(value)) {
    throw new PatchFault('unsupported return type from ApplyConfiguration expression')
  }
  checkTypeNames(value, 'Object')
  const applied = toJson(value) as JsonObject
  const atomic = atomicParts(applied, shape, '')
  if (atomic.length > 0) {
    throw new PatchFault('error applying patch: invalid ApplyConfiguration: '
      + `may not mutate atomic arrays, maps or structs: ${atomic.join(', ')}`)
  }
  try {
    return mergeValues(object, applied, shape) as JsonObject
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new PatchFault(`error applying patch: failed to merge patch: ${why}`, { cause: error })
  }
}

/** Types are named after the place where they stand: Object.spec.template. */
function checkTypeNames(value: Value, name: string): void {
  if (isList(value)) {
    for (const item of value) checkTypeNames(item, name)
  } else if (typeof value === 'object' && value !== null && isMapValue(value) && value.typeName !== 'map') {
    if (value.typeName.startsWith('Object') && value.typeName !== name) {
      throw new PatchFault(`type mismatch: unexpected type name ${JSON.stringify(value.typeName)}, expected `
        + `${JSON.stringify(name)}, which matches field name path from root Object type`)
    }
    for (const key of value.keys()) checkTypeNames(value.get(key)!, `${name}.${String(key)}`)
  }
}

function atomicParts(value: unknown, shape: Shape, path: string): readonly string[] {
  if (Array.isArray(value)) {
    if (isAtomicList(shape)) return [path]
    return value.flatMap((item, index) => atomicParts(item, itemShape(shape), `${path}[${index}]`))
  }
  if (!isJsonObject(value)) return []
  if (isAtomicMap(shape)) return [path]
  return Object.keys(value).flatMap((key) => atomicParts(value[key], childShape(shape, key), `${path}.${key}`))
}
