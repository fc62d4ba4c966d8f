/**
 * Strategic merge patch: a merge patch that knows which lists merge by key, with directives ($patch, $setElementOrder,
 * …).
 */
import { deepEqual } from '#base/deep-equal.ts'
import { badRequest, type ApiError } from '../errors/api-error.ts'
import type { Shape, StructSchema } from '../schema/schema.ts'
import { formatGo, goType } from './go-format.ts'
import { getKey, isJsonObject, jsonKind, setKey, type JsonObject, type MutableJsonObject } from './json.ts'
import { patchDoesNotApply, patchFailed } from './patch-errors.ts'
import { listField, mapField, StrategicPatchError, structShape } from './patch-schema.ts'

export const directiveKey = '$patch'
export const retainKeysKey = '$retainKeys'
export const deletePrefix = '$deleteFromPrimitiveList'
export const orderPrefix = '$setElementOrder'

const badRetainKeys = 'invalid patch format of retainKeys'
const badOrderList = 'invalid patch format of setElementOrder list'

/**
 * The object after the patch. `schema` undefined (custom resources): 400. Neither argument is changed.
 * Throws ApiError with upstream's text: 400 for malformed directives, 422 for lists of lists, 500 for what upstream has
 * no status for.
 */
export function applyStrategicMergePatch(
  original: JsonObject, patch: unknown, schema: StructSchema | undefined,
): JsonObject {
  if (patch === null) return original
  if (!isJsonObject(patch)) {
    throw badRequest(`json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`)
  }
  if (!schema) throw badRequest('strategic merge patch format is not supported')
  try {
    return mergeMaps(original, patch, structShape(schema), { combinePatches: false })
  } catch (error) {
    if (error instanceof StrategicPatchError) throw apiErrorOf(error)
    throw error
  }
}

function apiErrorOf(error: StrategicPatchError): ApiError {
  if (error.status === 400) return badRequest(error.message)
  return error.status === 422 ? patchDoesNotApply(error.message) : patchFailed(error.message)
}

export interface MergeOptions {
  /** Merge a patch into another patch: directives and nulls are kept, to take effect later. */
  readonly combinePatches: boolean
}

/** The heart of it, without the translation of errors: throws StrategicPatchError. */
export function mergeMaps(
  original: JsonObject | undefined, patch: JsonObject, type: Shape, options: MergeOptions,
): JsonObject {
  if (has(patch, directiveKey)) return mergeDirective(patch)
  const result: MutableJsonObject = { ...original }
  const rest: MutableJsonObject = { ...patch }
  applyRetainKeys(result, rest, options)
  mergeOrderedLists(result, rest, type, options)
  for (const key of Object.keys(rest)) mergeField(result, key, rest[key], type, options)
  return result
}

function mergeDirective(patch: JsonObject): JsonObject {
  const directive = patch[directiveKey]
  if (directive === 'delete') return {}
  if (directive !== 'replace') {
    throw new StrategicPatchError(`unknown patch type: ${formatGo(directive)} in map: ${formatGo(patch)}`)
  }
  const replacement = { ...patch }
  delete replacement[directiveKey]
  return replacement
}

function mergeField(
  result: MutableJsonObject, patchKey: string, value: unknown, type: Shape, options: MergeOptions,
): void {
  const deletes = patchKey.startsWith(deletePrefix)
  if (deletes && options.combinePatches) return setKey(result, patchKey, value)
  const key = deletes ? keyAfter(patchKey, deletePrefix, 'invalid patch format of primitive list') : patchKey
  if (value === undefined) return
  if (value === null) {
    delete result[key]
    if (!options.combinePatches) return
  }
  const current = getKey(result, key)
  if (current === undefined || kindOf(current) !== kindOf(value)) {
    if (!deletes) setOrDelete(result, key, withoutDirectives(options.combinePatches ? value : withoutNulls(value)))
  } else if (isJsonObject(current)) {
    const field = mapField(type, key)
    const replaces = field.strategy === 'replace'
    setKey(result, key, replaces ? value : mergeMaps(current, value as JsonObject, field.type, options))
  } else if (Array.isArray(current)) {
    setKey(result, key, mergeListField(current, value as unknown[], type, key, deletes, options))
  } else {
    setOrDelete(result, key, withoutDirectives(value))
  }
}

function mergeListField(
  current: readonly unknown[],
  patch: readonly unknown[],
  type: Shape,
  key: string,
  deletes: boolean,
  options: MergeOptions,
): readonly unknown[] {
  const field = listField(type, key)
  return field.strategy === 'merge' || deletes
    ? mergeLists(current, patch, field.type, field.mergeKey, deletes, options)
    : patch
}

function setOrDelete(result: MutableJsonObject, key: string, value: unknown): void {
  if (value === undefined) delete result[key]
  else setKey(result, key, value)
}

/** Clears what the directive does not name. Both objects are the caller's own copies. */
function applyRetainKeys(result: MutableJsonObject, patch: MutableJsonObject, options: MergeOptions): void {
  if (!has(patch, retainKeysKey)) return
  const retained = patch[retainKeysKey]
  delete patch[retainKeysKey]
  if (options.combinePatches) {
    const already = getKey(result, retainKeysKey)
    if (already === undefined) result[retainKeysKey] = retained
    else if (!deepEqual(already, retained)) {
      throw new StrategicPatchError(
        `${formatGo(already)} and ${formatGo(retained)} are not deep equal: ` +
        'this may happen when calculating the 3-way diff patch')
    }
    return
  }
  if (!Array.isArray(retained)) throw new StrategicPatchError(badRetainKeys, 400)
  const names = new Set<unknown>(retained)
  for (const key of Object.keys(patch)) {
    if (patch[key] === null || key.startsWith(deletePrefix) || key.startsWith(orderPrefix)) continue
    if (!names.has(key)) throw new StrategicPatchError(badRetainKeys, 400)
  }
  for (const key of Object.keys(result)) if (!names.has(key)) delete result[key]
}

/** Merges the lists that come with a $setElementOrder, and takes both out of the patch. */
function mergeOrderedLists(
  result: MutableJsonObject, patch: MutableJsonObject, type: Shape, options: MergeOptions,
): void {
  for (const directive of Object.keys(patch)) {
    if (!directive.startsWith(orderPrefix)) continue
    const order = patch[directive]
    if (options.combinePatches) {
      const already = getKey(result, directive)
      if (already === undefined) setKey(result, directive, order)
      else if (!deepEqual(already, order)) throw new StrategicPatchError(badOrderList, 400)
    }
    delete patch[directive]
    if (!Array.isArray(order)) throw badType([], order)
    const key = keyAfter(directive, orderPrefix, badOrderList)
    const current = listAt(result, key)
    const change = listAt(patch, key)
    const field = listField(type, key)
    checkOrder(change ?? [], order, field.mergeKey)
    if (!current && !change) continue
    let merged: readonly unknown[]
    if (!change) merged = current!
    else if (!current) merged = withoutDirectives(change) as unknown[]
    else if (field.strategy !== 'merge') merged = change
    else merged = mergeLists(current, change, field.type, field.mergeKey, false, options)
    const [named, others] = partition(merged, order, field.mergeKey)
    const ofMaps = elementKind([current ?? [], change ?? []]) === 'map'
    const serverOrder = ofMaps ? orderAfterDeletion(current ?? [], change ?? [], field.mergeKey) : current ?? []
    setKey(result, key, inOrder(named, others, order, serverOrder, ofMaps ? field.mergeKey : undefined))
    delete patch[key]
  }
}

/**
 * The order that the server's list counts as having. Upstream deletes and adds items in the memory of the list from
 * which it then reads the order: new items count as old ones as far as they fill the places of deleted ones.
 */
function orderAfterDeletion(current: readonly unknown[], change: readonly unknown[], key: string): readonly unknown[] {
  const deletes = change.filter((item) => asMap(item)[directiveKey] === 'delete')
  const deleted = new Set(deletes.map((item) => mergeValue(item, key)))
  const kept = deleted.size === 0 ? current : current.filter((item) => !deleted.has(mergeValue(item, key)))
  if (kept.length === current.length) return current
  const known = new Set(kept.map((item) => mergeValue(item, key)))
  const added = change.filter((item) => !has(asMap(item), directiveKey) && !known.has(mergeValue(item, key)))
  return [...kept, ...added].slice(0, current.length)
}

function listAt(object: JsonObject, key: string): readonly unknown[] | undefined {
  const value = getKey(object, key)
  if (value === undefined) return undefined
  if (!Array.isArray(value)) throw badType([], value)
  return value
}

/** What the patch adds or changes must appear in the order list, in the same order. */
function checkOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  if (order.length === 0 || patch.length === 0) return
  const kept = mergeKey === '' ? patch : patch.filter((item) => asMap(item)[directiveKey] !== 'delete')
  let next = 0
  for (let i = 0; i < order.length && next < kept.length;) {
    const item = kept[next]
    if (isJsonObject(item) && has(item, directiveKey)) {
      next++
      continue
    }
    if (mergeKey === '' ? item === order[i] : mergeValue(item, mergeKey) === mergeValue(order[i], mergeKey)) next++
    i++
  }
  if (next < kept.length) {
    throw new StrategicPatchError(
      `The order in patch list:\n${formatGo(patch)}\n doesn't match ${orderPrefix} list:\n${formatGo(order)}\n`)
  }
}

function mergeLists(
  original: readonly unknown[],
  patch: readonly unknown[],
  type: Shape,
  mergeKey: string,
  deletes: boolean,
  options: MergeOptions,
): readonly unknown[] {
  if (original.length === 0 && patch.length === 0) return original
  if (elementKind([original, patch]) !== 'map') {
    if (deletes && !options.combinePatches) {
      const gone = new Set(patch)
      return original.filter((item) => !gone.has(item))
    }
    const [named, others] = partition([...new Set([...original, ...patch])], patch, mergeKey)
    return inOrder(named, others, patch, original, undefined)
  }
  if (mergeKey === '') {
    const kind = type.type === 'struct' ? 'struct' : 'map'
    throw new StrategicPatchError(`cannot merge lists without merge key for ${kind}`)
  }
  const [kept, changes] = applyItemDirectives(original, patch, mergeKey)
  const merged = mergeItems(kept, changes, type, mergeKey, options)
  const [named, others] = partition(merged, changes, mergeKey)
  return inOrder(named, others, changes, kept, mergeKey)
}

/** Deletes what items with `$patch: delete` name; one with `$patch: replace` makes the other items the whole list. */
function applyItemDirectives(
  original: readonly unknown[], patch: readonly unknown[], key: string,
): [kept: readonly unknown[], changes: readonly unknown[]] {
  const changes: unknown[] = []
  const deleted = new Set<unknown>()
  let replace = false
  for (const item of patch as readonly JsonObject[]) {
    const directive = getKey(item, directiveKey)
    if (directive === undefined) changes.push(item)
    else if (directive === 'delete') deleted.add(mergeValue(item, key))
    else if (directive === 'replace') replace = true
    else if (directive === 'merge') throw new StrategicPatchError('merging lists cannot yet be specified in the patch')
    else throw new StrategicPatchError(`unknown patch type: ${formatGo(directive)} in map: ${formatGo(item)}`)
  }
  if (replace) return [changes, []]
  if (deleted.size === 0) return [original, changes]
  return [original.filter((item) => !deleted.has(getKey(item as JsonObject, key))), changes]
}

function mergeItems(
  original: readonly unknown[], patch: readonly unknown[], type: Shape, key: string, options: MergeOptions,
): readonly unknown[] {
  const merged = [...original] as JsonObject[]
  const positions = new Map<unknown, number>()
  for (const [i, item] of merged.entries()) {
    const value = getKey(item, key)
    if (value !== undefined && !positions.has(value)) positions.set(value, i)
  }
  for (const item of patch as readonly JsonObject[]) {
    const value = mergeValue(item, key)
    const position = positions.get(value)
    if (position !== undefined) merged[position] = mergeMaps(merged[position], item, type, options)
    else positions.set(value, merged.push(item) - 1)
  }
  return merged
}

/** Items that `by` has, and the others. */
function partition(
  items: readonly unknown[], by: readonly unknown[], key: string,
): [named: unknown[], others: unknown[]] {
  const names = new Set(key === '' ? by : by.map((item) => getKey(asMap(item), key)))
  const named: unknown[] = []
  const others: unknown[] = []
  for (const item of items) (names.has(key === '' ? item : mergeValue(item, key)) ? named : others).push(item)
  return [named, others]
}

/**
 * Named items in the order of `order`, others in that of `serverOrder`, each other item put as early as the server had
 * it.
 */
function inOrder(
  named: readonly unknown[], others: readonly unknown[], order: readonly unknown[], serverOrder: readonly unknown[],
  key: string | undefined,
): unknown[] {
  const left = sortedBy(others, serverOrder, key)
  const right = sortedBy(named, order, key)
  const positions = positionsOf(serverOrder, key)
  const result: unknown[] = []
  let i = 0
  let j = 0
  while (i < left.length || j < right.length) {
    if (j >= right.length) result.push(left[i++])
    else if (i >= left.length) result.push(right[j++])
    else {
      const a = positions.get(identity(left[i], key))
      const b = positions.get(identity(right[j], key))
      result.push(a !== undefined && b !== undefined && a < b ? left[i++] : right[j++])
    }
  }
  return result
}

/** Stable; items with `$patch: delete` last, items that `order` lacks first. */
export function sortedBy(items: readonly unknown[], order: readonly unknown[], key: string | undefined): unknown[] {
  if (key !== undefined) for (const item of [...items, ...order]) mergeValue(item, key)
  const positions = positionsOf(order, key)
  const isDelete = (item: unknown): boolean =>
    key !== undefined && isJsonObject(item) && item[directiveKey] === 'delete'
  const kept = items.filter((item) => !isDelete(item))
  const place = (item: unknown): number => positions.get(identity(item, key)) ?? -1
  return [...kept.toSorted((a, b) => place(a) - place(b)), ...items.filter(isDelete)]
}

function positionsOf(items: readonly unknown[], key: string | undefined): ReadonlyMap<unknown, number> {
  const positions = new Map<unknown, number>()
  for (const [i, item] of items.entries()) {
    if (!positions.has(identity(item, key))) positions.set(identity(item, key), i)
  }
  return positions
}

function identity(item: unknown, key: string | undefined): unknown {
  return key === undefined ? item : isJsonObject(item) ? getKey(item, key) : undefined
}

/** The value of the merge key; the item must be an object that has it. */
export function mergeValue(item: unknown, key: string): unknown {
  const map = asMap(item)
  const value = getKey(map, key)
  if (value === undefined) {
    throw new StrategicPatchError(`map: ${formatGo(map)} does not contain declared merge key: ${key}`)
  }
  return value
}

function asMap(item: unknown): JsonObject {
  if (!isJsonObject(item)) throw badType({}, item)
  return item
}

/** The one kind that all items have. */
export function elementKind(lists: readonly (readonly unknown[])[]): 'map' | 'scalar' {
  let type: string | undefined
  for (const list of lists) {
    for (const item of list) {
      if (Array.isArray(item)) throw new StrategicPatchError('lists of lists are not supported', 422)
      const current = goType(item)
      if (type !== undefined && type !== current) {
        throw new StrategicPatchError(`list element types are not identical: ${formatGo(lists)}`)
      }
      type = current
    }
  }
  if (type === undefined) throw new StrategicPatchError('no elements in any of the given slices')
  return type.startsWith('map') ? 'map' : 'scalar'
}

function kindOf(value: unknown): 'map' | 'list' | 'scalar' {
  return Array.isArray(value) ? 'list' : isJsonObject(value) ? 'map' : 'scalar'
}

function keyAfter(directive: string, prefix: string, fault: string): string {
  if (!directive.startsWith(`${prefix}/`)) throw new StrategicPatchError(fault, 400)
  return directive.slice(prefix.length + 1)
}

function badType(expected: unknown, actual: unknown): StrategicPatchError {
  return new StrategicPatchError(`expected a ${goType(expected)}, but received a ${goType(actual)}`)
}

function has(object: JsonObject, key: string): boolean {
  return Object.hasOwn(object, key) && object[key] !== undefined
}

/** Without objects that carry a $patch; undefined when the value is one itself. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined)
  if (!isJsonObject(value)) return value
  if (has(value, directiveKey)) return undefined
  const result: MutableJsonObject = {}
  for (const key of Object.keys(value)) {
    const kept = withoutDirectives(value[key])
    if (kept !== undefined) setKey(result, key, kept)
  }
  return result
}

/** Without keys whose value is null, at any depth. Nulls in lists stay. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isJsonObject(value)) return value
  const result: MutableJsonObject = {}
  for (const key of Object.keys(value)) if (value[key] !== null) setKey(result, key, withoutNulls(value[key]))
  return result
}
