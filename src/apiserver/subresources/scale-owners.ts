/**
 * Who owns the replicas of an object, as owners of its scale, and back (KEP-2155): the object keeps one list of
 * owners, whichever way a field is written.
 */
import { formatApiVersion } from '#machinery/meta/group-version.ts'
import type { ManagedFieldsEntry } from '#machinery/meta/object.ts'
import {
  differenceSets, hasPath, insertPath, type FieldSet, type MutableFieldSet,
} from '#machinery/patch/apply/field-set.ts'
import { decodeManagers, encodeManagers, managerId, type Manager } from '#machinery/patch/apply/managed-fields.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { FieldOwners } from './kinds-of-subresource.ts'

type Entries = readonly ManagedFieldsEntry[] | undefined

const pathInScale = ['f:spec', 'f:replicas']
const scaleVersion = 'autoscaling/v1'

/** `replicas`: where the kind has them, as `.spec.replicas`. */
export function scaleOwners(kind: AnyKind, replicas: string): FieldOwners {
  const path = replicas.replace(/^\./, '').split('.').map((name) => `f:${name}`)
  const versions = new Set(kind.versions.map(({ version }) => formatApiVersion({ group: kind.group, version })))
  return {
    toProjection(entries) {
      const owners = [...decodeManagers(entries, true).values()]
        .filter(({ apiVersion, fields }) => versions.has(apiVersion) && hasPath(fields, path))
        .map((manager) => ({ ...manager, apiVersion: scaleVersion, fields: setOf(pathInScale) }))
      return encodeManagers(byName(owners))
    },
    toParent: (entries, projected, apiVersion) => merge(entries, projected, { path, versions, apiVersion }),
  }
}

interface Place {
  readonly path: readonly string[]
  readonly versions: ReadonlySet<string>
  readonly apiVersion: string
}

/** Whoever no longer owns the scale's replicas has lost the object's. */
function merge(entries: Entries, projected: Entries, { path, versions, apiVersion }: Place): Entries {
  const ofScale = new Map([...decodeManagers(projected, true).values()].map((manager) => [ownerOf(manager), manager]))
  const result: Manager[] = []
  for (const manager of decodeManagers(entries, true).values()) {
    if (!versions.has(manager.apiVersion)) continue
    if (!hasPath(manager.fields, path) || ofScale.delete(ownerOf(manager))) {
      result.push(manager)
      continue
    }
    const fields = differenceSets(manager.fields, setOf(path))
    if (Object.keys(fields).length > 0) result.push({ ...manager, fields })
  }
  for (const manager of ofScale.values()) result.push({ ...manager, apiVersion, fields: setOf(path) })
  return encodeManagers(byName(result))
}

/** The same writer, whichever version its fields are named in. */
function ownerOf({ name, operation, subresource }: Manager): string {
  return managerId({ name, operation, subresource, apiVersion: '' })
}

function byName(managers: readonly Manager[]): ReadonlyMap<string, Manager> {
  return new Map(managers.map((manager) => [managerId(manager), manager]))
}

function setOf(path: readonly string[]): FieldSet {
  const set: MutableFieldSet = {}
  insertPath(set, path)
  return set
}
