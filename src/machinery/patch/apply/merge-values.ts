/** Lays an applied configuration over an object, and takes fields out of an object. */
import type { ListShape, Shape } from '../../schema/schema.ts'
import { getKey, setKey, type JsonObject, type MutableJsonObject } from '../json.ts'
import { groupItems } from './compare-values.ts'
import { isMember, type FieldSet } from './field-set.ts'
import { fieldElement } from './path-element.ts'
import {
  asList,
  asMap,
  childShape,
  isAtomicList,
  isAtomicMap,
  isEmptyMap,
  itemElement,
  itemShape,
  keysOf,
  kindOf,
  type Kind,
} from './typed-value.ts'

/**
 * The live value with the applied one merged in: nothing is removed, the applied value wins where both have a field,
 * and a list has the applied order. Throws TypedValueError for items without an identity and duplicates in the applied
 * lists.
 */
export function mergeValues(live: unknown, applied: unknown, shape: Shape): unknown {
  if (applied === undefined || live === applied) return live
  const was = kindOf(shape, live)
  const is = kindOf(shape, applied)
  if (live !== undefined && was !== is) mergeAs(was, live, applied, shape)
  return mergeAs(is, live, applied, shape)
}

function mergeAs(kind: Kind, live: unknown, applied: unknown, shape: Shape): unknown {
  if (kind === 'list') {
    const left = asList(live) ?? []
    const right = asList(applied) ?? []
    if (shape.type === 'list' && !isAtomicList(shape) && left.length + right.length > 0) {
      return mergeItems(left, right, shape)
    }
  } else if (kind === 'map') {
    const left = asMap(live)
    const right = asMap(applied)
    if (!isAtomicMap(shape) && !(isEmptyMap(left) && isEmptyMap(right))) {
      return mergeFields(left ?? {}, right ?? {}, shape)
    }
  }
  return applied
}

function mergeFields(live: JsonObject, applied: JsonObject, shape: Shape): JsonObject {
  const result: MutableJsonObject = { ...live }
  for (const key of keysOf(applied)) {
    setKey(result, key, mergeValues(getKey(live, key), applied[key], childShape(shape, key)))
  }
  return result
}

/** Both orders are kept where they agree; where they do not, the applied one wins. */
function mergeItems(live: readonly unknown[], applied: readonly unknown[], shape: ListShape): readonly unknown[] {
  const type = itemShape(shape)
  const liveElements = live.map((item) => itemElement(shape, item))
  const appliedElements = applied.map((item) => itemElement(shape, item))
  const liveItems = groupItems(live, (item) => itemElement(shape, item))
  const appliedItems = new Map(appliedElements.map((element, i) => [element, applied[i]]))
  const shared = appliedElements.filter((element) => liveItems.has(element))
  let nextShared = 0
  const done = new Set<string>()
  const result: unknown[] = []
  const takeApplied = (element: string): void => {
    done.add(element)
    const group = liveItems.get(element)
    // Of several live items with this identity none can be merged; the applied one takes their place.
    result.push(mergeValues(group && group.length > 1 ? null : group?.[0], appliedItems.get(element), type))
    if (shared[nextShared] === element) nextShared++
  }
  let i = 0
  let j = 0
  while (i < liveElements.length || j < appliedElements.length) {
    const mine = liveElements[i]
    const theirs = appliedElements[j]
    if (mine !== undefined && theirs !== undefined) {
      if (mine === theirs) {
        takeApplied(mine)
        i++
        j++
        continue
      }
      if (appliedItems.has(mine) && nextShared < shared.length && shared[nextShared] !== mine) {
        i++
        continue
      }
    }
    if (mine !== undefined) {
      if (!appliedItems.has(mine)) {
        result.push(live[i])
        i++
        continue
      }
      if (done.has(mine)) i++
    }
    if (theirs !== undefined) {
      takeApplied(theirs)
      j++
    }
  }
  return result
}

/**
 * The value without the fields of the set; of atomic values, and of lists and maps that have lost all that they had,
 * nothing is left. Below another value that is null, as upstream leaves it.
 */
export function removeFields(value: unknown, set: FieldSet, shape: Shape): unknown {
  const kind = kindOf(shape, value)
  if (kind === 'scalar') return value
  if (kind === 'list') {
    const list = asList(value)
    if (!list || list.length === 0 || shape.type !== 'list' || isAtomicList(shape)) return undefined
    const kept = list.flatMap((item) => removeBelow(item, set[itemElement(shape, item)], itemShape(shape)))
    return kept.length > 0 ? kept : undefined
  }
  const map = asMap(value)
  if (!map || isEmptyMap(map) || isAtomicMap(shape)) return undefined
  const result: MutableJsonObject = {}
  for (const key of keysOf(map)) {
    const [kept] = removeBelow(map[key], set[fieldElement(key)], childShape(shape, key))
    if (kept !== undefined) setKey(result, key, kept)
  }
  return isEmptyMap(result) ? undefined : result
}

function removeBelow(value: unknown, node: FieldSet | undefined, shape: Shape): [] | [unknown] {
  if (!node) return [value]
  if (isMember(node)) return []
  return [removeFields(value, node, shape) ?? null]
}
