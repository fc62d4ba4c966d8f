/** Makes strategic merge patches: two-way (edit, controllers) and three-way (kubectl apply). */
import { deepEqual } from '#base/deep-equal.ts'
import type { Shape, StructSchema } from '../schema/schema.ts'
import { formatGo } from './go-format.ts'
import { getKey, isJsonObject, setKey, type JsonObject, type MutableJsonObject } from './json.ts'
import { listField, mapField, StrategicPatchError, structShape, type PatchField } from './patch-schema.ts'
import {
  deletePrefix,
  directiveKey,
  elementKind,
  mergeMaps,
  mergeValue,
  orderPrefix,
  retainKeysKey,
  sortedBy,
} from './strategic-merge-patch.ts'

/** The three-way patch would undo what somebody else changed since (only when it may not overwrite). */
export class PatchConflict extends Error {
  readonly patch: JsonObject
  readonly changes: JsonObject
  constructor(patch: JsonObject, changes: JsonObject) {
    super(`patch:\n${JSON.stringify(patch)}\n` +
      `conflicts with changes made from original to current:\n${JSON.stringify(changes)}\n`)
    this.name = 'PatchConflict'
    this.patch = patch
    this.changes = changes
  }
}

interface DiffOptions {
  readonly order: boolean
  readonly additions: boolean
  readonly deletions: boolean
}

/** The patch that makes `modified` out of `original`; empty when they are equal. Throws StrategicPatchError. */
export function createTwoWayMergePatch(original: JsonObject, modified: JsonObject, schema: StructSchema): JsonObject {
  return diffMaps(original, modified, structShape(schema), { order: true, additions: true, deletions: true }, false)
}

/**
 * What `kubectl apply` sends: brings `current` to `modified`, and removes what `original` (the last applied
 * configuration) had and `modified` has not. What others have added to `current` stays. With `overwrite` false, throws
 * PatchConflict when `current` differs from `original` where the patch changes it. Throws StrategicPatchError for
 * fields or items that do not fit the schema.
 */
export function createThreeWayMergePatch(
  original: JsonObject, modified: JsonObject, current: JsonObject, schema: StructSchema, overwrite: boolean,
): JsonObject {
  const type = structShape(schema)
  const delta = diffMaps(current, modified, type, { order: true, additions: true, deletions: false }, false)
  const deletions = diffMaps(original, modified, type, { order: true, additions: false, deletions: true }, false)
  const patch = mergeMaps(deletions, delta, type, { combinePatches: true })
  if (overwrite) return patch
  const changes = diffMaps(original, current, type, { order: false, additions: true, deletions: true }, false)
  if (mapsConflict(patch, changes, type)) throw new PatchConflict(patch, changes)
  return patch
}

function diffMaps(
  original: JsonObject, modified: JsonObject, type: Shape, options: DiffOptions, retainKeys: boolean,
): MutableJsonObject {
  const patch: MutableJsonObject = {}
  const retained: string[] = []
  for (const key of Object.keys(modified)) {
    const after = modified[key]
    if (after === undefined) continue
    if (retainKeys && after !== null) retained.push(key)
    const before = getKey(original, key)
    if (before === undefined || kindOf(before) !== kindOf(after)) {
      if (options.additions) setKey(patch, key, after)
    } else if (isJsonObject(before)) {
      diffMapField(patch, key, before, after as JsonObject, type, options)
    } else if (Array.isArray(before)) {
      diffListField(patch, key, before, after as unknown[], type, options)
    } else if (options.additions && before !== after) {
      setKey(patch, key, after)
    }
  }
  const removed = Object.keys(original)
    .filter((key) => original[key] !== undefined && getKey(modified, key) === undefined)
  if (options.deletions) for (const key of removed) setKey(patch, key, null)
  if (retained.length > 0 && (Object.keys(patch).length > 0 || removed.some((key) => original[key] !== null))) {
    patch[retainKeysKey] = retained.toSorted()
  }
  return patch
}

function diffMapField(
  patch: MutableJsonObject, key: string, before: JsonObject, after: JsonObject, type: Shape, options: DiffOptions,
): void {
  const field = fieldUnlessEqual(mapField, type, key, before, after)
  if (!field) return
  if (field.strategy === 'replace') {
    if (options.additions) setKey(patch, key, after)
    return
  }
  const inner = diffMaps(before, after, field.type, options, field.retainKeys)
  if (Object.keys(inner).length > 0) setKey(patch, key, inner)
}

function diffListField(
  patch: MutableJsonObject,
  key: string,
  before: readonly unknown[],
  after: readonly unknown[],
  type: Shape,
  options: DiffOptions,
): void {
  const field = fieldUnlessEqual(listField, type, key, before, after)
  if (!field) return
  if (field.strategy !== 'merge') {
    if (options.additions && !deepEqual(before, after)) setKey(patch, key, after)
    return
  }
  const { items, deletions, order } = diffLists(before, after, field, options)
  if (items.length > 0) setKey(patch, key, items)
  if (deletions.length > 0) patch[`${deletePrefix}/${key}`] = deletions
  if (order.length > 0) patch[`${orderPrefix}/${key}`] = order
}

/** A field that the schema lacks matters only when its value changed. */
function fieldUnlessEqual(
  look: (type: Shape, key: string) => PatchField, type: Shape, key: string, before: unknown, after: unknown,
): PatchField | undefined {
  try {
    return look(type, key)
  } catch (error) {
    if (error instanceof StrategicPatchError && deepEqual(before, after)) return undefined
    throw error
  }
}

interface ListDiff {
  readonly items: readonly unknown[]
  readonly deletions: readonly unknown[]
  readonly order: readonly unknown[]
}

function diffLists(
  original: readonly unknown[], modified: readonly unknown[], field: PatchField, options: DiffOptions,
): ListDiff {
  if (original.length === 0) return { items: options.additions ? modified : [], deletions: [], order: [] }
  return elementKind([original, modified]) === 'map'
    ? diffItems(original as JsonObject[], modified as JsonObject[], field, options)
    : diffScalars(original, modified, options)
}

function diffItems(
  original: readonly JsonObject[], modified: readonly JsonObject[], field: PatchField, options: DiffOptions,
): ListDiff {
  const key = field.mergeKey
  // Lists should not have two items with one key; where they do, the first is compared with the first, and so on.
  const before = Map.groupBy(original, (item) => mergeValue(item, key))
  const changes: JsonObject[] = []
  for (const item of modified) {
    const value = mergeValue(item, key)
    const old = before.get(value)?.shift()
    if (!old) {
      if (options.additions) changes.push(item)
      continue
    }
    const change = diffMaps(old, item, field.type, options, field.retainKeys)
    if (Object.keys(change).length > 0) changes.push({ ...change, [key]: value })
  }
  const gone = [...before].flatMap(([value, left]) => left.map(() => value))
  const deletions = options.deletions ? gone.toSorted(byText) : []
  const items = [
    ...sortedBy(changes, modified, key), ...deletions.map((value) => ({ [key]: value, [directiveKey]: 'delete' })),
  ]
  const sameOrder = original.length === modified.length
    && modified.every((item, i) => mergeValue(item, key) === mergeValue(original[i], key))
  const changed = items.length > 0
  const ordered = options.order && ((options.additions && (changed || !sameOrder)) || (options.deletions && changed))
  return { items, deletions: [], order: ordered ? modified.map((item) => ({ [key]: item[key] })) : [] }
}

function diffScalars(original: readonly unknown[], modified: readonly unknown[], options: DiffOptions): ListDiff {
  const before = new Set(original)
  const after = new Set(modified)
  const items = options.additions ? [...after].filter((item) => !before.has(item)) : []
  const deletions = options.deletions ? [...before].filter((item) => !after.has(item)).toSorted(byText) : []
  const ordered = options.order && (deletions.length > 0 || (options.additions && !deepEqual(original, modified)))
  return { items, deletions, order: ordered ? modified : [] }
}

function mapsConflict(left: JsonObject, right: JsonObject, type: Shape): boolean {
  for (const key of Object.keys(left)) {
    if (key === directiveKey || key === retainKeysKey) continue
    const mine = left[key]
    const theirs = getKey(right, key)
    if (theirs !== undefined && valuesConflict(mine, theirs, () => fieldFor(type, key, mine))) return true
  }
  return false
}

function fieldFor(type: Shape, key: string, value: unknown): PatchField {
  return Array.isArray(value) ? listField(type, key) : mapField(type, key)
}

/** Whether two patches of one value want different things. */
function valuesConflict(left: unknown, right: unknown, field: () => PatchField): boolean {
  if (kindOf(left) !== kindOf(right)) return true
  if (isJsonObject(left)) {
    const other = right as JsonObject
    if (getKey(left, directiveKey) !== getKey(other, directiveKey)) return true
    const { strategy, type } = field()
    return strategy !== 'replace' && mapsConflict(left, other, type)
  }
  if (!Array.isArray(left)) return left !== right
  const other = right as unknown[]
  const { strategy, type, mergeKey } = field()
  const ofMaps = elementKind([left, other]) === 'map'
  const item: () => PatchField = () => ({ type, strategy: '', retainKeys: false, mergeKey: '' })
  if (strategy === 'merge') {
    if (!ofMaps) return false
    const theirs = new Map(other.map((value) => [mergeKeyOf(value, mergeKey), value]))
    return left.some((value) => {
      const counterpart = theirs.get(mergeKeyOf(value, mergeKey))
      return counterpart !== undefined && valuesConflict(value, counterpart, item)
    })
  }
  if (left.length !== other.length) return true
  const mine = ofMaps ? left : [...new Set(left)].toSorted(byText)
  const theirs = ofMaps ? other : [...new Set(other)].toSorted(byText)
  return mine.some((value, i) => valuesConflict(value, theirs[i], item))
}

function mergeKeyOf(item: unknown, key: string): string {
  const value = isJsonObject(item) ? getKey(item, key) : undefined
  if (value === undefined) {
    throw new StrategicPatchError(`cannot find merge key \`${key}\` in merging list element:${formatGo(item)}`)
  }
  return formatGo(value)
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value
}

function byText(a: unknown, b: unknown): number {
  const left = formatGo(a)
  const right = formatGo(b)
  return left < right ? -1 : left > right ? 1 : 0
}
