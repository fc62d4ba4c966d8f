/** What a write changed, as sets of fields. */
import { deepEqual } from '#base/deep-equal.ts'
import type { Shape } from '../../schema/schema.ts'
import { getKey } from '../json.ts'
import {
  insertPath,
  isEmptySet,
  recursiveDifferenceSets,
  sorted,
  type FieldSet,
  type MutableFieldSet,
} from './field-set.ts'
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

/** No field is in two of the sets. */
export interface Comparison {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

export function isUnchanged({ added, modified, removed }: Comparison): boolean {
  return isEmptySet(added) && isEmptySet(modified) && isEmptySet(removed)
}

/** Throws TypedValueError for a list item without an identity. Parts that both objects share are not looked at. */
export function compareValues(before: unknown, after: unknown, shape: Shape): Comparison {
  const walker = new Walker()
  walker.compare(before, after, shape)
  return { added: sorted(walker.added), modified: sorted(walker.modified), removed: sorted(walker.removed) }
}

export function withoutFields(comparison: Comparison, ignored: FieldSet): Comparison {
  return {
    added: recursiveDifferenceSets(comparison.added, ignored),
    modified: recursiveDifferenceSets(comparison.modified, ignored),
    removed: recursiveDifferenceSets(comparison.removed, ignored),
  }
}

/** Absent is undefined; null is a value. */
class Walker {
  readonly added: MutableFieldSet = {}
  readonly modified: MutableFieldSet = {}
  readonly removed: MutableFieldSet = {}
  readonly #path: string[] = []

  compare(before: unknown, after: unknown, shape: Shape): void {
    if (before === after) return
    const was = kindOf(shape, before)
    const is = kindOf(shape, after)
    let leaf: boolean
    if (after === undefined) leaf = this.#compareAs(was, before, after, shape)
    else if (before === undefined || was === is) leaf = this.#compareAs(is, before, after, shape)
    else {
      this.#compareAs(was, before, after, shape)
      leaf = this.#compareAs(is, before, after, shape)
    }
    if (leaf) return
    if (before === undefined) this.#insert(this.added)
    else if (after === undefined) this.#insert(this.removed)
  }

  /** True when the two were compared as wholes. */
  #compareAs(kind: Kind, before: unknown, after: unknown, shape: Shape): boolean {
    if (kind === 'list') {
      const left = asList(before) ?? []
      const right = asList(after) ?? []
      if (!isAtomicList(shape) && left.length + right.length > 0) {
        this.#items(left, right, shape)
        return false
      }
    } else if (kind === 'map') {
      const left = asMap(before)
      const right = asMap(after)
      if (!isAtomicMap(shape) && !(isEmptyMap(left) && isEmptyMap(right))) {
        this.#fields(left ?? {}, right ?? {}, shape)
        return false
      }
    }
    if (before === undefined) this.#insert(this.added)
    else if (after === undefined) this.#insert(this.removed)
    else if (!deepEqual(before, after)) this.#insert(this.modified)
    return true
  }

  #fields(left: Readonly<Record<string, unknown>>, right: Readonly<Record<string, unknown>>, shape: Shape): void {
    for (const key of keysOf(left)) {
      const after = getKey(right, key)
      if (left[key] !== after) this.#descend(fieldElement(key), left[key], after, childShape(shape, key))
    }
    for (const key of keysOf(right)) {
      if (getKey(left, key) === undefined) {
        this.#descend(fieldElement(key), undefined, right[key], childShape(shape, key))
      }
    }
  }

  #items(left: readonly unknown[], right: readonly unknown[], shape: Shape): void {
    if (shape.type !== 'list') return
    // Most lists did not change, and to see that is cheaper than to name their items.
    if (left.length === right.length && deepEqual(left, right)) return
    const before = groupItems(left, (item) => itemElement(shape, item))
    const after = groupItems(right, (item) => itemElement(shape, item))
    const type = itemShape(shape)
    for (const element of new Set([...before.keys(), ...after.keys()])) {
      const was = before.get(element) ?? []
      const is = after.get(element) ?? []
      if (was.length <= 1 && is.length <= 1) {
        this.#descend(element, was[0], is[0], type)
      } else if (was.length >= 2 && is.length >= 2) {
        if (!deepEqual(was, is)) this.#insertBelow(this.modified, element)
      } else if (was.length >= 2) {
        if (is.length === 1) this.#descend(element, undefined, is[0], type)
        this.#insertBelow(this.removed, element)
      } else {
        if (was.length === 1) this.#descend(element, was[0], undefined, type)
        this.#insertBelow(this.added, element)
      }
    }
  }

  #descend(element: string, before: unknown, after: unknown, shape: Shape): void {
    this.#path.push(element)
    this.compare(before, after, shape)
    this.#path.pop()
  }

  #insert(set: MutableFieldSet): void {
    insertPath(set, this.#path)
  }

  #insertBelow(set: MutableFieldSet, element: string): void {
    insertPath(set, [...this.#path, element])
  }
}

/** Items by identity; more than one where a list has duplicates. */
export function groupItems(list: readonly unknown[], elementOf: (item: unknown) => string): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>()
  for (const item of list) {
    const element = elementOf(item)
    const group = groups.get(element)
    if (group) group.push(item)
    else groups.set(element, [item])
  }
  return groups
}
