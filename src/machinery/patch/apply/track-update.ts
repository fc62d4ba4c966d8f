/** Keeps managedFields on every write that is not an apply: what the writer changed is the writer's. */
import { deepEqual, semanticEqual } from '#base/deep-equal.ts'
import type { DeepReadonly, KubeObject, ManagedFieldsEntry } from '../../meta/object.ts'
import type { FieldSchema, StructSchema } from '../../schema/schema.ts'
import { formatTime } from '../../time.ts'
import type { JsonObject, MutableJsonObject } from '../json.ts'
import { isUnchanged } from './compare-values.ts'
import { setOfPaths } from './field-set-of.ts'
import { differenceSets, emptySet, isEmptySet, recursiveDifferenceSets, unionSets, type FieldSet } from './field-set.ts'
import {
  capUpdateManagers,
  decodeManagers,
  encodeManagers,
  isReset,
  ManagedFieldsError,
  managerId,
  sameButTimes,
  type Manager,
  type ManagerIdentity,
  type Managers,
} from './managed-fields.ts'
import {
  markReconciled,
  reconcileManagers,
  shapeOf,
  strippedFields,
  transfer,
  withManagedFields,
  withoutManagedFields,
  type ConvertObject,
  type Transition,
} from './ownership.ts'
import { structureOf } from './structure.ts'
import { TypedValueError } from './typed-value.ts'

export interface WriterOptions {
  /** As the client gave it, or from its User-Agent; empty becomes `unknown`. */
  readonly manager: string
  /** Empty for the object itself. */
  readonly subresource: string
  /**
   * Of the version of the request; undefined for custom resources without one: everything is merged field by field,
   * lists are atomic.
   */
  readonly schema: StructSchema | undefined
  readonly apiVersion: string
  /** Milliseconds since the epoch. */
  readonly now: number
  /**
   * Paths that this endpoint never writes: `[['status']]` for an object with a status subresource, `[['spec']]` for
   * that subresource.
   */
  readonly resetFields?: readonly (readonly string[])[]
  /** For kinds whose versions differ in their fields. */
  readonly convert?: ConvertObject
}

export interface UpdateInput extends WriterOptions {
  /** As stored; undefined for a create. */
  readonly live: DeepReadonly<KubeObject> | undefined
  /** As it will be stored: defaulted, and with what the endpoint may not change put back. */
  readonly updated: KubeObject
}

/**
 * The updated object with its managedFields brought up to date; `updated` itself is not changed. Never throws for what
 * a client sent: an object in which list items cannot be told apart loses its managedFields, as upstream.
 */
export function trackUpdate<T extends KubeObject>(input: UpdateInput & { readonly updated: T }): T {
  const { live, updated } = input
  const liveEntries = live?.metadata?.managedFields
  const { managers, stored } = startingManagers(liveEntries, updated.metadata?.managedFields, input.subresource)
  const after = withoutManagedFields(asJson(updated))
  // Nothing is tracked for an object that has lost its managers, until it is applied.
  if (managers.size === 0 && live?.metadata?.uid) return after as T
  try {
    if (!live && managers.size === 0) return withManagedFields(after, encodeManagers(managersOfNew(after, input))) as T
    const before = live ? withoutManagedFields(live as JsonObject) : emptyObject(input.schema)
    const result = managersAfterUpdate(managers, before, after, input)
    return withManagedFields(after, stored && result === managers ? liveEntries : encodeManagers(result)) as T
  } catch (error) {
    if (error instanceof TypedValueError) return after as T
    throw error
  }
}

/**
 * The client's own list counts if it is sound and not about a subresource; an empty one resets; else the stored one.
 */
function startingManagers(
  live: readonly ManagedFieldsEntry[] | undefined,
  given: readonly ManagedFieldsEntry[] | undefined | null,
  subresource: string,
): { readonly managers: Managers; readonly stored: boolean } {
  if (subresource === '' && given && given !== live && !deepEqual(given, live)) {
    if (isReset(given)) return { managers: new Map(), stored: false }
    const managers = soundManagers(given, false)
    if (managers.size > 0) return { managers, stored: false }
  }
  return { managers: soundManagers(live, true), stored: true }
}

function soundManagers(entries: readonly ManagedFieldsEntry[] | undefined, trusted: boolean): Managers {
  try {
    return decodeManagers(entries, trusted)
  } catch (error) {
    if (error instanceof ManagedFieldsError) return new Map()
    throw error
  }
}

/** Most new objects are made from a template, so their creator owns the same set of fields each time. */
function managersOfNew(after: JsonObject, options: WriterOptions): Managers {
  const { schema, apiVersion, resetFields } = options
  const none: Managers = new Map()
  if (!schema) return managersAfterUpdate(none, {}, after, options)
  const structure = structureOf(after, shapeOf(schema))
  if (structure === undefined) return managersAfterUpdate(none, emptyObject(schema), after, options)
  const known = fieldsOfNew(schema)
  const key = `${apiVersion} ${resetFields?.join() ?? ''} ${structure}`
  const fields = known.get(key)
  if (fields) return isEmptySet(fields) ? none : withWriter(new Map(), fields, options)
  const managers = managersAfterUpdate(none, emptyObject(schema), after, options)
  if (known.size >= maxKnownStructures) known.delete(known.keys().next().value!)
  known.set(key, [...managers.values()][0]?.fields ?? emptySet)
  return managers
}

const maxKnownStructures = 256
const structures = new WeakMap<StructSchema, Map<string, FieldSet>>()

function fieldsOfNew(schema: StructSchema): Map<string, FieldSet> {
  let known = structures.get(schema)
  if (!known) structures.set(schema, known = new Map())
  return known
}

/** The same map when the write changed no field. */
export function managersAfterUpdate(
  managers: Managers, before: JsonObject, after: JsonObject, options: WriterOptions,
): Managers {
  const { schema, apiVersion } = options
  const ignored = options.resetFields ? setOfPaths(options.resetFields) : emptySet
  const shape = shapeOf(schema)
  const transition: Transition = { before, after, shape, apiVersion, ignored, convert: options.convert }
  const reconciled = reconcileManagers(managers, schema, apiVersion)
  const { managers: others, comparison } = transfer(reconciled, undefined, transition)
  if (isUnchanged(comparison) && others.size === managers.size) {
    return sameManagers(managers, others) ? managers : others
  }
  const written = differenceSets(
    recursiveDifferenceSets(unionSets(comparison.modified, comparison.added), ignored), strippedFields)
  if (!isEmptySet(written)) {
    const previous = others.get(managerId(writerOf(options)))
    const fields = previous ? unionSets(written, previous.fields) : written
    markReconciled(fields, schema)
    withWriter(others, fields, options)
  }
  capUpdateManagers(others)
  return others
}

function writerOf({ manager, apiVersion, subresource }: WriterOptions): ManagerIdentity {
  return { name: manager || 'unknown', operation: 'Update', apiVersion, subresource }
}

function withWriter(managers: Map<string, Manager>, fields: FieldSet, options: WriterOptions): Managers {
  const writer = writerOf(options)
  return managers.set(managerId(writer), { ...writer, time: formatTime(options.now), fields })
}

function sameManagers(a: Managers, b: Managers): boolean {
  for (const [id, manager] of a) if (b.get(id)?.fields !== manager.fields) return false
  return true
}

/**
 * After all else is done to an object that a request has written (defaults, admission): if only times in its
 * managedFields differ from the stored object, gives back the stored times, so that a write that changes nothing stays
 * one that changes nothing.
 */
export function keepTimesIfUnchanged<T extends KubeObject>(live: DeepReadonly<KubeObject>, updated: T): T {
  const before = live.metadata?.managedFields
  const after = updated.metadata?.managedFields
  if (!before || !after || after === before || after.length === 0 || !sameButTimes(before, after)) return updated
  const same = semanticEqual(withoutManagedFields(live as JsonObject), withoutManagedFields(asJson(updated)))
  return same ? withManagedFields(asJson(updated), before) as T : updated
}

export function asJson(object: KubeObject): JsonObject {
  return object as JsonObject
}

const emptyObjects = new WeakMap<StructSchema, JsonObject>()

/**
 * What upstream compares a new object with: Go's zero value, in which every struct that is no pointer is there already.
 * It decides whether, say, `.spec` itself is owned by who creates the object: it is not.
 */
export function emptyObject(schema: StructSchema | undefined): JsonObject {
  if (!schema) return {}
  let empty = emptyObjects.get(schema)
  if (!empty) emptyObjects.set(schema, empty = zeroOf(schema))
  return empty
}

function zeroOf(schema: StructSchema): JsonObject {
  const object: MutableJsonObject = {}
  for (const field of schema.fields) if (!field.omitEmpty) object[field.name] = zeroOfField(field)
  return object
}

function zeroOfField({ shape, pointer }: FieldSchema): unknown {
  if (pointer) return null
  switch (shape.type) {
    case 'struct': return zeroOf(shape.struct)
    case 'string': case 'enum': return ''
    case 'bool': return false
    case 'int32': case 'int64': case 'uint32': case 'uint64': case 'float': case 'double': case 'intOrString': return 0
    case 'quantity': return '0'
    case 'duration': return '0s'
    default: return null
  }
}
