/** The set of all fields that an object has: what its applier owns. */
import type { Shape } from '../../schema/schema.ts'
import { emptySet, insertPath, isMember, nodeOf, sorted, type FieldSet, type MutableFieldSet } from './field-set.ts'
import { fieldElement } from './path-element.ts'
import {
  asList,
  asMap,
  childShape,
  isAtomicList,
  isAtomicMap,
  isEmptyMap,
  isNamedField,
  isUntyped,
  itemElement,
  itemShape,
  keysOf,
  kindOf,
  shapeBelow,
} from './typed-value.ts'

/** Throws TypedValueError for a list item without an identity. */
export function fieldSetOf(value: unknown, shape: Shape): FieldSet {
  const set: MutableFieldSet = {}
  collect(value, shape, set)
  return sorted(set)
}

/** Puts what is below the value into `children`; true when the value itself is a field of the set. */
function collect(value: unknown, shape: Shape, children: MutableFieldSet): boolean {
  switch (kindOf(shape, value)) {
    case 'scalar': return true
    case 'list': {
      if (isAtomicList(shape)) return true
      const list = asList(value)
      if (list) collectItems(list, shape, children)
      return false
    }
    case 'map': {
      if (isAtomicMap(shape)) return true
      const map = asMap(value)
      if (map) for (const key of keysOf(map)) collectField(map[key], key, shape, children)
      return false
    }
  }
}

function collectField(value: unknown, key: string, shape: Shape, children: MutableFieldSet): void {
  const below: MutableFieldSet = {}
  const own = collect(value, childShape(shape, key), below)
  const empty = value === null || (asMap(value) !== undefined && isEmptyMap(asMap(value)))
  const node = nodeOf(below, own || empty || !isNamedField(shape, key))
  if (node) children[fieldElement(key)] = node
}

/** Of items with the same identity only the identity counts. */
function collectItems(list: readonly unknown[], shape: Shape, children: MutableFieldSet): void {
  if (shape.type !== 'list') return
  const elements = list.map((item) => itemElement(shape, item))
  const seen = new Set<string>()
  const duplicates = new Set<string>()
  for (const element of elements) (seen.has(element) ? duplicates : seen).add(element)
  for (const [i, element] of elements.entries()) {
    const below: MutableFieldSet = {}
    if (!duplicates.has(element)) collect(list[i], itemShape(shape), below)
    children[element] = nodeOf(below, true) as MutableFieldSet
  }
}

/**
 * The set with every named field above a field of the set added: someone who owns `.spec.template` in parts owns the
 * struct too. Pruning needs it, to take away what becomes empty.
 */
export function withNamedFields(set: FieldSet, shape: Shape): FieldSet {
  const result: Record<string, FieldSet> = {}
  for (const element in set) {
    if (element === '.') continue
    const node = set[element]!
    const named = element.startsWith('f:') && isNamedField(shape, element.slice(2))
    const children = withNamedFields(node, shapeBelow(shape, element))
    result[element] = nodeOf(children, named || isMember(node))!
  }
  return result
}

/**
 * The set as it must be under this schema: a field whose type has become atomic since the set was written is owned as a
 * whole. The same set when nothing changed.
 */
export function reconciledWithSchema(set: FieldSet, shape: Shape): FieldSet {
  if (isUntyped(shape)) return set
  let result: Record<string, FieldSet> | undefined
  for (const element in set) {
    const node = set[element]!
    if (element === '.' || Object.keys(node).length === 0) continue
    if (element.startsWith('f:') && shape.type === 'struct' && !isNamedField(shape, element.slice(2))) continue
    const below = shapeBelow(shape, element)
    const atomic = (below.type === 'list' && isAtomicList(below)) || isAtomicMap(below)
    const now = atomic ? emptySet : reconciledWithSchema(node, below)
    if (now !== node) (result ??= { ...set })[element] = now
  }
  return result ?? set
}

export function setOfPaths(paths: readonly (readonly string[])[]): FieldSet {
  const set: MutableFieldSet = {}
  for (const path of paths) insertPath(set, path.map(fieldElement))
  return sorted(set)
}
