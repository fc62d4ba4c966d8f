/** Takes out of an object what an applier has given up. */
import type { Shape } from '../../schema/schema.ts'
import type { JsonObject } from '../json.ts'
import { fieldSetOf, withNamedFields } from './field-set-of.ts'
import { differenceSets, emptySet, intersectSets, unionSets, type FieldSet } from './field-set.ts'
import type { Manager, Managers } from './managed-fields.ts'
import { removeFields } from './merge-values.ts'
import { shapeOf, type ConvertObject } from './ownership.ts'

interface VersionOfRequest {
  readonly shape: Shape
  readonly apiVersion: string
  readonly convert: ConvertObject | undefined
}

/** An object in one of its versions. */
interface View {
  readonly object: JsonObject
  readonly shape: Shape
  readonly apiVersion: string
}

/**
 * The merged object without what the manager applied last time and not now, unless somebody else owns it; each owner is
 * asked in the version in which it names its fields.
 */
export function prune(merged: JsonObject, managers: Managers, last: Manager, own: VersionOfRequest): JsonObject {
  const given: View = { object: merged, shape: own.shape, apiVersion: own.apiVersion }
  const start = inVersion(given, last.apiVersion, own)
  if (!start) return merged
  const lastFields = withNamedFields(last.fields, start.shape)
  let views = { merged: start, pruned: without(start, lastFields) }
  for (const [apiVersion, owned] of ownedByVersion(managers, last.apiVersion)) {
    const all = inVersion(views.merged, apiVersion, own)
    const left = inVersion(views.pruned, apiVersion, own)
    if (!all || !left) continue
    const keep = unionSets(namedFieldsOf(left), withNamedFields(owned, all.shape))
    views = { merged: all, pruned: without(all, differenceSets(namedFieldsOf(all), keep)) }
  }
  const pruned = inVersion(views.pruned, last.apiVersion, own)
  if (!pruned) return merged
  const dropped = intersectSets(differenceSets(namedFieldsOf(start), namedFieldsOf(pruned)), lastFields)
  return inVersion(without(start, dropped), own.apiVersion, own)?.object ?? merged
}

function inVersion(view: View, apiVersion: string, { convert }: VersionOfRequest): View | undefined {
  if (view.apiVersion === apiVersion || !convert) return view
  const converted = convert(view.object, apiVersion)
  return converted && { object: converted.object, shape: shapeOf(converted.schema), apiVersion }
}

/** The version of what is given up first: others may need it to be converted. */
function ownedByVersion(managers: Managers, first: string): Map<string, FieldSet> {
  const owned = new Map<string, FieldSet>([[first, emptySet]])
  for (const { apiVersion, fields } of managers.values()) {
    owned.set(apiVersion, unionSets(owned.get(apiVersion) ?? emptySet, fields))
  }
  return owned
}

function without({ object, shape, apiVersion }: View, fields: FieldSet): View {
  return { object: (removeFields(object, fields, shape) ?? {}) as JsonObject, shape, apiVersion }
}

function namedFieldsOf({ object, shape }: View): FieldSet {
  return withNamedFields(fieldSetOf(object, shape), shape)
}
