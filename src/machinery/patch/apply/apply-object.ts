/**
 * Server-side apply: merges a configuration into an object, field by field, with ownership instead of a last-applied
 * copy.
 */
import { utf8Length } from '#base/bytes.ts'
import { deepEqual } from '#base/deep-equal.ts'
import { badRequest } from '../../errors/api-error.ts'
import type { DeepReadonly, KubeObject } from '../../meta/object.ts'
import type { Shape } from '../../schema/schema.ts'
import { formatTime } from '../../time.ts'
import { getKey, isJsonObject, type JsonObject, type MutableJsonObject } from '../json.ts'
import { patchFailed } from '../patch-errors.ts'
import { compareValues } from './compare-values.ts'
import { fieldSetOf, setOfPaths } from './field-set-of.ts'
import {
  differenceSets,
  emptySet,
  isEmptySet,
  isWithin,
  recursiveDifferenceSets,
  type FieldSet,
} from './field-set.ts'
import {
  decodeManagers,
  encodeManagers,
  ManagedFieldsError,
  managerId,
  type ManagerIdentity,
  type Managers,
} from './managed-fields.ts'
import { mergeValues } from './merge-values.ts'
import { prune } from './prune.ts'
import {
  conflictError,
  conflictsOutside,
  markReconciled,
  reconcileManagers,
  shapeOf,
  strippedFields,
  transfer,
  withManagedFields,
  withoutManagedFields,
  type Conflict,
} from './ownership.ts'
import { asJson, emptyObject, managersAfterUpdate, type WriterOptions } from './track-update.ts'
import { TypedValueError } from './typed-value.ts'
import { validateValue } from './validate-value.ts'

export interface ApplyInput extends WriterOptions {
  /** As stored; undefined when the apply creates the object. */
  readonly live: DeepReadonly<KubeObject> | undefined
  /** The configuration as the client sent it, decoded and nothing else. */
  readonly applied: KubeObject
  /** What the configuration has to be of; by default what the live object is. */
  readonly kind?: string
  /** Take fields from other managers. */
  readonly force: boolean
}

export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration'
/** apimachinery's TotalAnnotationSizeLimitB. */
const maxAnnotationBytes = 256 * 1024
const beforeFirstApply = 'before-first-apply'

/**
 * The merged object with its managedFields; defaults and all else that a write gets are still to come. Neither argument
 * is changed. Throws ApiError: 409 for conflicts (one cause per field), 400 for a configuration of another version or
 * with managedFields, 500 for one that does not fit the schema (upstream has no better status for it).
 */
export function applyObject(input: ApplyInput): KubeObject {
  const { live, applied, manager, schema } = input
  checkConfiguration(input)
  const shape = shapeOf(schema)
  const before = live ? withoutManagedFields(live) : {}
  try {
    validateValue(applied, shape)
  } catch (error) {
    if (error instanceof TypedValueError) {
      throw patchFailed(`failed to create typed patch object (${describe(applied)}): ${error.message}`)
    }
    throw error
  }
  try {
    const managers = startingManagers(before, input)
    let result = applyOnce(managers, before, input, input.force)
    if (result.conflicts.length > 0 && manager === 'kubectl') {
      result = upgradeClientSideApply(result, managers, before, input, shape)
    }
    if (result.conflicts.length > 0) throw conflictError(result.conflicts)
    const object = manager === 'kubectl' ? withLastApplied(result.object, asJson(applied)) : result.object
    return withManagedFields(object, encodeManagers(result.managers))
  } catch (error) {
    if (error instanceof TypedValueError) {
      throw patchFailed(`failed to create typed live object (${describe(live ?? applied)}): ${error.message}`)
    }
    throw error
  }
}

function checkConfiguration({ applied, live, apiVersion, kind = live?.kind ?? applied.kind }: ApplyInput): void {
  if (applied.apiVersion !== apiVersion || applied.kind !== kind) {
    throw badRequest(`invalid object type: ${formatGroupVersionKind(applied)}`)
  }
  if (applied.metadata?.managedFields) throw badRequest('metadata.managedFields must be nil')
}

function formatGroupVersionKind({ apiVersion, kind }: DeepReadonly<KubeObject>): string {
  const version = apiVersion?.includes('/') ? apiVersion : `/${apiVersion ?? ''}`
  return `${version}, Kind=${kind ?? ''}`
}

function describe(object: DeepReadonly<KubeObject>): string {
  const { namespace = '', name = '' } = object.metadata ?? {}
  return `${namespace}/${name}; ${formatGroupVersionKind(object)}`
}

/** Fields of an object that nobody manages yet belong to `before-first-apply`. */
function startingManagers(before: JsonObject, input: ApplyInput): Managers {
  const { live } = input
  if (!live) return new Map()
  let managers: Managers
  try {
    managers = decodeManagers(live.metadata?.managedFields, true)
  } catch (error) {
    if (error instanceof ManagedFieldsError) throw patchFailed(`failed to decode managed fields: ${error.message}`)
    throw error
  }
  return managers.size > 0
    ? managers
    : managersAfterUpdate(new Map(), emptyObject(input.schema), before, { ...input, manager: beforeFirstApply })
}

interface Applied {
  readonly object: JsonObject
  readonly managers: Managers
  readonly conflicts: readonly Conflict[]
}

function applyOnce(starting: Managers, before: JsonObject, input: ApplyInput, force: boolean): Applied {
  const { schema, apiVersion } = input
  const applied = asJson(input.applied)
  const shape = shapeOf(schema)
  const managers = reconcileManagers(starting, schema, apiVersion)
  const ignored = input.resetFields ? setOfPaths(input.resetFields) : emptySet
  const identity: ManagerIdentity = {
    name: input.manager || 'unknown', operation: 'Apply', apiVersion, subresource: input.subresource,
  }
  const id = managerId(identity)
  const last = managers.get(id)
  const all = fieldSetOf(applied, shape)
  const fields = isEmptySet(ignored) ? all : recursiveDifferenceSets(all, ignored)
  managers.set(id, { ...identity, time: last?.time, fields })
  const merged = mergeValues(before, applied, shape) as JsonObject
  // Who applies all that was applied last time takes nothing away.
  const isLess = last !== undefined && (last.apiVersion !== apiVersion || !isWithin(last.fields, fields))
  const after = isLess ? prune(merged, managers, last, { shape, apiVersion, convert: input.convert }) : merged
  const outcome = transfer(managers, id, { before, after, shape, apiVersion, ignored, convert: input.convert })
  if (outcome.conflicts.length > 0 && !force) {
    return { object: after, managers: outcome.managers, conflicts: outcome.conflicts }
  }
  const changed = !input.live || !deepEqual(before, after)
  const own = differenceSets(fields, strippedFields)
  if (isEmptySet(own)) outcome.managers.delete(id)
  else {
    // What is owned is the same value as before if it is equal, so that nothing compares it again.
    const kept = last && deepEqual(last.fields, own) ? last.fields : own
    markReconciled(kept, schema)
    outcome.managers.set(id, { ...identity, time: changed ? formatTime(input.now) : last?.time, fields: kept })
  }
  return { object: changed ? after : before, managers: outcome.managers, conflicts: [] }
}

/**
 * An object that `kubectl apply` has managed from the client: fields that are as its last-applied annotation says may
 * be taken by `kubectl apply --server-side` without a conflict.
 */
function upgradeClientSideApply(
  result: Applied, managers: Managers, before: JsonObject, input: ApplyInput, shape: Shape,
): Applied {
  const allowed = fieldsAsLastApplied(before, input.apiVersion, shape)
  if (!allowed) return result
  const conflicts = conflictsOutside(result.conflicts, allowed)
  return conflicts.length > 0 ? { ...result, conflicts } : applyOnce(managers, before, input, true)
}

/**
 * Fields of the annotation's object that the live object has with the same value; undefined without a sound annotation.
 */
function fieldsAsLastApplied(live: JsonObject, apiVersion: string, shape: Shape): FieldSet | undefined {
  const text = lastAppliedOf(live)
  if (text === undefined) return undefined
  try {
    const lastApplied: unknown = JSON.parse(text)
    if (!isJsonObject(lastApplied) || lastApplied['apiVersion'] !== apiVersion) return undefined
    validateValue(lastApplied, shape)
    const { added, modified, removed } = compareValues(lastApplied, live, shape)
    return differenceSets(differenceSets(differenceSets(fieldSetOf(lastApplied, shape), modified), added), removed)
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypedValueError) return undefined
    throw error
  }
}

function lastAppliedOf(object: JsonObject): string | undefined {
  const annotations = getKey((object['metadata'] ?? {}) as JsonObject, 'annotations') as JsonObject | undefined
  const text = annotations && getKey(annotations, lastAppliedAnnotation)
  return typeof text === 'string' && text !== '' ? text : undefined
}

/** Keeps the annotation of client-side apply true, if there is one, so that a client may go back to it. */
function withLastApplied(object: JsonObject, applied: JsonObject): JsonObject {
  if (lastAppliedOf(object) === undefined) return object
  const metadata = object['metadata'] as JsonObject
  const annotations: MutableJsonObject = {
    ...metadata['annotations'] as JsonObject, [lastAppliedAnnotation]: lastAppliedText(applied),
  }
  let bytes = 0
  for (const [key, value] of Object.entries(annotations)) bytes += utf8Length(key) + utf8Length(String(value))
  if (bytes > maxAnnotationBytes) delete annotations[lastAppliedAnnotation]
  return { ...object, metadata: { ...metadata, annotations } }
}

function lastAppliedText(applied: JsonObject): string {
  const metadata = applied['metadata'] as JsonObject | undefined
  const annotations = metadata?.['annotations'] as JsonObject | undefined
  if (!annotations) return `${goJson(applied)}\n`
  const { [lastAppliedAnnotation]: _, ...rest } = annotations
  return `${goJson({ ...applied, metadata: { ...metadata, annotations: rest } })}\n`
}

/** As Go's encoding/json: sorted keys, HTML characters escaped. */
function goJson(value: unknown): string {
  const sortedKeys = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(sortedKeys)
    if (!isJsonObject(item)) return item
    return Object.fromEntries(Object.keys(item).toSorted().map((key) => [key, sortedKeys(item[key])]))
  }
  return JSON.stringify(sortedKeys(value))
    .replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
