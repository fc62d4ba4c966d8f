/** The patch that brings an object to its applied configuration, and what it makes of the object. */
import { applyMergePatch, createMergePatch } from '#machinery/patch/merge-patch.ts'
import { schemaOf } from './creation.ts'
import { isObject, textAt, type Json } from './fields.ts'
import { lastAppliedOf } from './last-applied.ts'

export interface Patch {
  readonly kind: 'strategic' | 'merge'
  readonly patch: Json
}

/**
 * Three-way: what the last configuration had and `modified` has not is removed. Strategic for built-in kinds. Throws as
 * createThreeWayMergePatch does.
 */
export async function planApply(current: Json, modified: Json, overwrite: boolean): Promise<Patch> {
  const text = lastAppliedOf(current)
  const original = text === undefined ? {} : JSON.parse(text) as Json
  const schema = await schemaOf(textAt(modified, 'apiVersion'), textAt(modified, 'kind'))
  if (schema) {
    const { createThreeWayMergePatch } = await import('#machinery/patch/create-strategic-merge-patch.ts')
    return { kind: 'strategic', patch: createThreeWayMergePatch(original, modified, current, schema, overwrite) }
  }
  const changes = keep(createMergePatch(current, modified), false)
  const removals = keep(createMergePatch(original, modified), true)
  return { kind: 'merge', patch: mergePatches(removals, changes) }
}

/** The difference between two states of one object, for commands that change something in place. */
export async function planChange(before: Json, after: Json): Promise<Patch> {
  const schema = await schemaOf(textAt(before, 'apiVersion'), textAt(before, 'kind'))
  if (!schema) return { kind: 'merge', patch: createMergePatch(before, after) }
  const { createTwoWayMergePatch } = await import('#machinery/patch/create-strategic-merge-patch.ts')
  return { kind: 'strategic', patch: createTwoWayMergePatch(before, after, schema) }
}

/** Without asking the server. */
export async function applyLocally(object: Json, { kind, patch }: Patch): Promise<Json> {
  if (kind === 'merge') return applyMergePatch(object, patch)
  const schema = await schemaOf(textAt(object, 'apiVersion'), textAt(object, 'kind'))
  const { applyStrategicMergePatch } = await import('#machinery/patch/strategic-merge-patch.ts')
  return applyStrategicMergePatch(object, patch, schema) as Json
}

/** Only the removals (nulls) of a merge patch, or only all else. */
function keep(patch: Json, removals: boolean): Json {
  return Object.fromEntries(Object.entries(patch).flatMap(([key, value]) => {
    if (isObject(value)) {
      const inner = keep(value, removals)
      return Object.keys(inner).length > 0 || (!removals && Object.keys(value).length === 0) ? [[key, inner]] : []
    }
    return (value === null) === removals ? [[key, value]] : []
  }))
}

function mergePatches(a: Json, b: Json): Json {
  const merged: Record<string, unknown> = { ...a }
  for (const [key, value] of Object.entries(b)) {
    const other = merged[key]
    merged[key] = isObject(other) && isObject(value) ? mergePatches(other, value) : value
  }
  return merged
}
