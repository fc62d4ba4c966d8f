/** JSON Merge Patch (RFC 7386), with the reading of it that the Kubernetes API server has (evanphx/json-patch v4). */
import { deepEqual } from '#base/deep-equal.ts'
import { badRequest } from '../errors/api-error.ts'
import { getKey, isJsonObject, jsonKind, setKey, type JsonObject, type MutableJsonObject } from './json.ts'

/**
 * The document with the patch laid over it: null removes, objects merge, anything else replaces.
 * Neither argument is changed; the result shares what the patch left alone. Throws ApiError 400 for a patch that is no
 * object.
 */
export function applyMergePatch(document: JsonObject, patch: unknown): JsonObject {
  if (patch === null || patch === undefined) throw badRequest('Invalid JSON Patch')
  if (!isJsonObject(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`)
  }
  return mergeObjects(document, patch)
}

/** The patch that makes `modified` out of `original`. Throws nothing; empty when they are equal. */
export function createMergePatch(original: JsonObject, modified: JsonObject): JsonObject {
  const patch: MutableJsonObject = {}
  for (const key of Object.keys(modified)) {
    const before = getKey(original, key)
    const after = modified[key]
    if (after === undefined) continue
    if (isJsonObject(before) && isJsonObject(after)) {
      const inner = createMergePatch(before, after)
      if (Object.keys(inner).length > 0) setKey(patch, key, inner)
    } else if (before === undefined || !deepEqual(before, after)) {
      setKey(patch, key, after)
    }
  }
  for (const key of Object.keys(original)) {
    if (original[key] !== undefined && getKey(modified, key) === undefined) setKey(patch, key, null)
  }
  return patch
}

function mergeObjects(document: JsonObject, patch: JsonObject): JsonObject {
  const result: MutableJsonObject = { ...document }
  for (const key of Object.keys(patch)) {
    const change = patch[key]
    if (change === undefined) continue
    if (change === null) {
      delete result[key]
      continue
    }
    const current = getKey(document, key)
    if (!isJsonObject(current)) setKey(result, key, withoutNulls(change))
    else setKey(result, key, isJsonObject(change) ? mergeObjects(current, change) : change)
  }
  return result
}

/** Upstream drops nulls from what is new, in lists as well. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls)
  if (!isJsonObject(value)) return value
  const result: MutableJsonObject = {}
  for (const key of Object.keys(value)) if (value[key] !== null) setKey(result, key, withoutNulls(value[key]))
  return result
}
