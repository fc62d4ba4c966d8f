/** The rules by which fields change hands: who loses what when an object changes, and what is a conflict. */
import { ApiError, type StatusCause } from '../../errors/api-error.ts'
import { quoteGo } from '../../errors/field-errors.ts'
import type { Shape, StructSchema } from '../../schema/schema.ts'
import type { JsonObject, MutableJsonObject } from '../json.ts'
import { compareValues, isUnchanged, withoutFields, type Comparison } from './compare-values.ts'
import { reconciledWithSchema, setOfPaths } from './field-set-of.ts'
import { differenceSets, hasPath, intersectSets, isEmptySet, pathsOf, unionSets, type FieldSet } from './field-set.ts'
import { dropEmptyManagers, type Manager, type Managers } from './managed-fields.ts'
import { formatPath } from './path-element.ts'

/** Never owned: they say which object it is, or the server sets them. */
export const strippedFields: FieldSet = setOfPaths([
  ['apiVersion'], ['kind'], ['metadata'],
  ...[
    'name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields',
    'resourceVersion',
  ].map((name) => ['metadata', name]),
])

/** Gives the object in another version, with its schema; undefined for a version that is not served any more. */
export type ConvertObject = (object: JsonObject, apiVersion: string) =>
  { readonly object: JsonObject; readonly schema: StructSchema | undefined } | undefined

export interface Transition {
  readonly before: JsonObject
  readonly after: JsonObject
  readonly shape: Shape
  readonly apiVersion: string
  /** Fields that this endpoint does not write, whatever the request says. */
  readonly ignored: FieldSet
  /** Absent: every version has the fields of this one. */
  readonly convert: ConvertObject | undefined
}

export interface Conflict {
  readonly manager: Manager
  readonly path: readonly string[]
}

export interface Outcome {
  readonly managers: Map<string, Manager>
  /** In the version of the request. */
  readonly comparison: Comparison
  /**
   * Fields that somebody else had and that the transition changed or added; they are taken away only if there are none,
   * or by force.
   */
  readonly conflicts: readonly Conflict[]
}

/** What the transition does to the managers other than `writer`. */
export function transfer(managers: Managers, writer: string | undefined, transition: Transition): Outcome {
  const { before, after, shape, apiVersion, ignored } = transition
  const comparisons = new Map<string, Comparison | undefined>()
  const comparison = ignore(compareValues(before, after, shape), ignored)
  comparisons.set(apiVersion, comparison)
  const result = new Map<string, Manager>()
  const conflicts: Conflict[] = []
  for (const [id, manager] of managers) {
    const { fields } = manager
    if (id === writer) {
      result.set(id, manager)
      continue
    }
    if (!comparisons.has(manager.apiVersion)) {
      comparisons.set(manager.apiVersion, comparisonIn(manager.apiVersion, transition, comparison))
    }
    const changes = comparisons.get(manager.apiVersion)
    if (!changes) continue
    if (isUnchanged(changes)) {
      result.set(id, manager)
      continue
    }
    const taken = intersectSets(fields, unionSets(changes.modified, changes.added))
    for (const path of pathsOf(taken)) conflicts.push({ manager, path })
    const left = differenceSets(differenceSets(fields, taken), changes.removed)
    result.set(id, left === fields ? manager : { ...manager, fields: left })
  }
  dropEmptyManagers(result)
  return { managers: result, comparison, conflicts: conflicts.toSorted(byManager) }
}

function ignore(comparison: Comparison, ignored: FieldSet): Comparison {
  return isEmptySet(ignored) ? comparison : withoutFields(comparison, ignored)
}

function comparisonIn(apiVersion: string, transition: Transition, comparison: Comparison): Comparison | undefined {
  const { before, after, convert, ignored } = transition
  if (!convert) return comparison
  const left = convert(before, apiVersion)
  const right = convert(after, apiVersion)
  if (!left || !right) return undefined
  return ignore(compareValues(left.object, right.object, shapeOf(right.schema)), ignored)
}

function byManager(a: Conflict, b: Conflict): number {
  const left = describeManager(a.manager)
  const right = describeManager(b.manager)
  return left < right ? -1 : left > right ? 1 : 0
}

export function shapeOf(schema: StructSchema | undefined): Shape {
  return schema ? { type: 'struct', struct: schema } : { type: 'json' }
}

const reconciledSets = new WeakMap<FieldSet, StructSchema>()

/**
 * Managers whose sets fit today's schema. Each set is looked at once per schema; sets live as long as the object that
 * has them.
 */
export function reconcileManagers(
  managers: Managers, schema: StructSchema | undefined, apiVersion: string,
): Map<string, Manager> {
  const result = new Map<string, Manager>()
  for (const [id, manager] of managers) {
    const { fields } = manager
    if (!schema || manager.apiVersion !== apiVersion || reconciledSets.get(fields) === schema) {
      result.set(id, manager)
      continue
    }
    const now = reconciledWithSchema(fields, shapeOf(schema))
    reconciledSets.set(now, schema)
    result.set(id, now === fields ? manager : { ...manager, fields: now })
  }
  return result
}

/** Says that the set was computed with this schema. */
export function markReconciled(fields: FieldSet, schema: StructSchema | undefined): void {
  if (schema) reconciledSets.set(fields, schema)
}

/** 409 with a cause for each field, in upstream's words. */
export function conflictError(conflicts: readonly Conflict[]): ApiError {
  const causes: StatusCause[] = conflicts.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict', message: `conflict with ${describeManager(manager)}`, field: formatPath(path),
  }))
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: conflictMessage(conflicts),
    reason: 'Conflict',
    details: { causes },
    code: 409,
  })
}

function conflictMessage(conflicts: readonly Conflict[]): string {
  if (conflicts.length === 1) {
    const { manager, path } = conflicts[0]!
    return `Apply failed with 1 conflict: conflict with ${describeManager(manager)}: ${formatPath(path)}`
  }
  const lines: string[] = []
  let last: string | undefined
  for (const { manager, path } of conflicts) {
    const name = describeManager(manager)
    if (name !== last) lines.push(`conflicts with ${name}:`)
    lines.push(`- ${formatPath(path)}`)
    last = name
  }
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`
}

function describeManager({ name, operation, apiVersion, subresource }: Manager): string {
  const text = subresource === '' ? quoteGo(name) : `${quoteGo(name)} with subresource ${quoteGo(subresource)}`
  return operation === 'Update' ? `${text} using ${apiVersion}` : text
}

/** Conflicts about fields outside `allowed`. */
export function conflictsOutside(conflicts: readonly Conflict[], allowed: FieldSet): Conflict[] {
  return conflicts.filter(({ path }) => !hasPath(allowed, path))
}

/** The object without its managedFields, which nobody owns and nobody compares. */
export function withoutManagedFields(object: JsonObject): JsonObject {
  const metadata = object['metadata'] as JsonObject | undefined
  if (!metadata || !('managedFields' in metadata)) return object
  const { managedFields: _, ...rest } = metadata
  return { ...object, metadata: rest }
}

/** The object with these managedFields, or without any. */
export function withManagedFields(object: JsonObject, entries: unknown): JsonObject {
  const bare = withoutManagedFields(object)
  if (entries === undefined) return bare
  const metadata: MutableJsonObject = { ...bare['metadata'] as JsonObject, managedFields: entries }
  return { ...bare, metadata }
}
