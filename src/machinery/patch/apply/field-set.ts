/**
 * Sets of fields, in the very form in which managedFields store them (FieldsV1): a tree of path elements. A node that
 * is empty, or that has the key `.`, is itself in the set; the other keys lead to fields below it. Sets are values:
 * every operation gives a new one and shares what it did not change, so that the cost follows the size of the change
 * and not of the set.
 */
import { isJsonObject } from '../json.ts'
import { canonicalElement, sortElements } from './path-element.ts'

export interface FieldSet {
  readonly [element: string]: FieldSet
}

export interface MutableFieldSet {
  [element: string]: MutableFieldSet
}

const self = '.'
const leaf: FieldSet = Object.freeze({})
export const emptySet: FieldSet = leaf

/** Managers write deeper sets only to hurt. */
const maxDepth = 1000

/**
 * Reads fieldsV1 of a client: puts elements in their canonical spelling and order, drops unknown kinds. Throws
 * SyntaxError.
 */
export function parseFieldSet(fields: unknown): FieldSet {
  if (fields === undefined || fields === null) return emptySet
  return dropSelf(parseNode(fields, 0) ?? leaf)
}

function parseNode(node: unknown, depth: number): FieldSet | undefined {
  if (!isJsonObject(node)) throw new SyntaxError('fieldsV1 is not an object')
  if (depth > maxDepth) throw new SyntaxError('fieldsV1 is nested too deeply')
  const result: MutableFieldSet = {}
  let member = false
  for (const key of Object.keys(node)) {
    if (key === self) {
      member = true
      continue
    }
    const element = canonicalElement(key)
    if (element === undefined) continue
    const child = parseNode(node[key], depth + 1)
    if (!child) continue
    result[element] = element in result ? unionNodes(result[element]!, child) : child
  }
  return nodeOf(sorted(result), member || isEmptySet(result))
}

/** No fields at all. (As a node the same value is a member without children; which is meant follows from the place.) */
export function isEmptySet(set: FieldSet): boolean {
  for (const element in set) if (element !== self) return false
  return true
}

/** Whether the node itself is in the set. */
export function isMember(node: FieldSet): boolean {
  return self in node || isEmptySet(node)
}

export function hasPath(set: FieldSet, path: readonly string[]): boolean {
  let node: FieldSet | undefined = set
  for (const element of path) {
    node = node[element]
    if (!node) return false
  }
  return path.length > 0 && isMember(node)
}

/** Adds the path to a set under construction (one that began as `{}`), in no particular order; see `sorted`. */
export function insertPath(set: MutableFieldSet, path: readonly string[]): void {
  if (path.length === 0) return
  let node = set
  const last = path.length - 1
  for (let i = 0; i < last; i++) {
    const element = path[i]!
    let next = node[element]
    // Leaves are one shared value; one that gets something below it becomes a node of its own.
    if (!next || next === leaf) node[element] = next = next ? { [self]: mutableLeaf } : {}
    node = next
  }
  const end = node[path[last]!]
  if (!end) node[path[last]!] = mutableLeaf
  else if (end !== leaf) end[self] = mutableLeaf
}

/** The shared leaf where the type wants a node under construction; it is frozen all the same. */
const mutableLeaf = leaf as MutableFieldSet

/** The set with every level in upstream's order. The same set if it is. */
export function sorted(set: FieldSet): FieldSet {
  const elements = Object.keys(set)
  if (elements.length === 0) return leaf
  const ordered = sortElements(elements)
  let same = ordered === elements
  const result: MutableFieldSet = {}
  for (const element of ordered) {
    const child = sorted(set[element]!)
    same &&= child === set[element]
    result[element] = child as MutableFieldSet
  }
  return same ? set : result
}

export function unionSets(a: FieldSet, b: FieldSet): FieldSet {
  let result: Record<string, FieldSet> | undefined
  let added = false
  for (const element in b) {
    if (element === self) continue
    const mine = a[element]
    const both = mine ? unionNodes(mine, b[element]!) : b[element]!
    if (both === mine) continue
    result ??= { ...a }
    result[element] = both
    added ||= !mine
  }
  if (!result) return a
  return added ? sortedLevel(result) : result
}

function unionNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a
  return nodeOf(unionSets(a, b), isMember(a) || isMember(b))!
}

/** Whether `b` has all fields of `a`. */
export function isWithin(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true
  for (const element in a) {
    if (element === self) continue
    const mine = a[element]!
    const theirs = b[element]
    if (!theirs || (isMember(mine) && !isMember(theirs)) || !isWithin(mine, theirs)) return false
  }
  return true
}

/** What is in `a` and not in `b`. A field of `b` takes only itself, not what is below it. */
export function differenceSets(a: FieldSet, b: FieldSet): FieldSet {
  return withChildren(a, b, (mine, theirs) => nodeOf(differenceSets(mine, theirs), isMember(mine) && !isMember(theirs)))
}

/** What is in `a` and neither in `b` nor below a field of `b`. */
export function recursiveDifferenceSets(a: FieldSet, b: FieldSet): FieldSet {
  return withChildren(a, b, (mine, theirs) =>
    isMember(theirs) ? undefined : nodeOf(recursiveDifferenceSets(mine, theirs), isMember(mine)))
}

export function intersectSets(a: FieldSet, b: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {}
  for (const element in a) {
    const theirs = element === self ? undefined : b[element]
    if (!theirs) continue
    const mine = a[element]!
    const both = nodeOf(intersectSets(mine, theirs), isMember(mine) && isMember(theirs))
    if (both) result[element] = both
  }
  return result
}

/** `a` with each child that `b` has as well replaced by what `combine` makes of the two; undefined drops it. */
function withChildren(
  a: FieldSet, b: FieldSet, combine: (mine: FieldSet, theirs: FieldSet) => FieldSet | undefined,
): FieldSet {
  let changes: Map<string, FieldSet | undefined> | undefined
  for (const element in a) {
    const theirs = element === self ? undefined : b[element]
    if (!theirs) continue
    const kept = combine(a[element]!, theirs)
    if (kept !== a[element]) (changes ??= new Map()).set(element, kept)
  }
  if (!changes) return a
  const result: Record<string, FieldSet> = {}
  for (const element in a) {
    const node = changes.has(element) ? changes.get(element) : a[element]
    if (node) result[element] = node
  }
  return result
}

/** The node with these children (a `.` among them does not count); undefined when there is nothing in it. */
export function nodeOf(children: FieldSet, member: boolean): FieldSet | undefined {
  if (isEmptySet(children)) return member ? leaf : undefined
  if (self in children === member) return children
  return member ? { [self]: leaf, ...children } : dropSelf(children)
}

function dropSelf(node: FieldSet): FieldSet {
  if (!(self in node)) return node
  const { [self]: _, ...children } = node
  return children
}

function sortedLevel(set: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {}
  for (const element of sortElements(Object.keys(set))) result[element] = set[element]!
  return result
}

/** Every path in the set; at each level first the fields of the level, then those below. */
export function* pathsOf(set: FieldSet, prefix: readonly string[] = []): Generator<readonly string[], void, undefined> {
  const elements = Object.keys(set).filter((element) => element !== self)
  for (const element of elements) if (isMember(set[element]!)) yield [...prefix, element]
  for (const element of elements) yield* pathsOf(set[element]!, [...prefix, element])
}
