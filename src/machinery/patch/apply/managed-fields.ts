/** `metadata.managedFields`: who owns which fields, as a list on the wire and as a map of managers at work. */
import { deepEqual } from '#base/deep-equal.ts'
import type { ManagedFieldsEntry } from '../../meta/object.ts'
import type { JsonObject } from '../json.ts'
import { isEmptySet, parseFieldSet, unionSets, type FieldSet } from './field-set.ts'

export type Operation = 'Apply' | 'Update'

export interface Manager {
  readonly name: string
  readonly operation: Operation
  /** The version in which the fields are named. */
  readonly apiVersion: string
  readonly subresource: string
  /** RFC 3339; undefined when the entry has none. */
  readonly time: string | undefined
  readonly fields: FieldSet
}

export type ManagerIdentity = Omit<Manager, 'time' | 'fields'>

/** By managerId. Never changed in place by those who did not make it. */
export type Managers = ReadonlyMap<string, Manager>

/**
 * What makes an entry the same entry: of an applier not the version. It is upstream's identifier, which decides orders.
 */
export function managerId({ name, operation, apiVersion, subresource }: ManagerIdentity): string {
  return JSON.stringify({
    manager: name, operation, ...(operation === 'Update' ? { apiVersion } : {}), ...(subresource === '' ? {} : {
    subresource }),
  })
}

/** An error that upstream reports; entries of clients that are malformed are otherwise ignored. */
export class ManagedFieldsError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ManagedFieldsError'
  }
}

/**
 * Decodes a list. `trusted` lists were written by this code, so that their field sets are taken as they are.
 * Throws ManagedFieldsError for a list that upstream refuses.
 */
export function decodeManagers(
  entries: readonly JsonObject[] | readonly ManagedFieldsEntry[] | undefined, trusted: boolean,
): Map<string, Manager> {
  const managers = new Map<string, Manager>()
  for (const [i, entry] of (entries as readonly ManagedFieldsEntry[] ?? []).entries()) {
    const { operation, apiVersion, fieldsType } = entry
    if (operation !== 'Apply' && operation !== 'Update') {
      throw new ManagedFieldsError('operation must be `Apply` or `Update`')
    }
    if (!apiVersion) throw new ManagedFieldsError('apiVersion must not be empty')
    if (!fieldsType) throw new ManagedFieldsError(`missing fieldsType in managed fields entry ${i}`)
    if (fieldsType !== 'FieldsV1') {
      throw new ManagedFieldsError(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${i}`)
    }
    const manager: Manager = {
      name: entry.manager ?? '', operation, apiVersion, subresource: entry.subresource ?? '', time: entry.time ??
      undefined,
      fields: decodeFields(entry.fieldsV1, trusted),
    }
    managers.set(managerId(manager), manager)
  }
  return managers
}

function decodeFields(fields: unknown, trusted: boolean): FieldSet {
  if (trusted && typeof fields === 'object' && fields !== null) return fields as FieldSet
  try {
    return parseFieldSet(fields)
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new ManagedFieldsError(`error decoding set: ${error.message}`, { cause: error })
    }
    throw error
  }
}

/** The list for the object; undefined when nobody manages anything. Entries in upstream's order. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined
  return [...managers.values()].toSorted(compareManagers).map(encodeManager)
}

function encodeManager({ name, operation, apiVersion, time, fields, subresource }: Manager): ManagedFieldsEntry {
  return {
    ...(name === '' ? {} : { manager: name }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
    ...(subresource === '' ? {} : { subresource }),
  }
}

function compareManagers(a: Manager, b: Manager): number {
  return compare(a.operation, b.operation) || secondsOf(a.time) - secondsOf(b.time) || compare(a.name, b.name)
    || compare(a.apiVersion, b.apiVersion) || compare(a.subresource, b.subresource)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function secondsOf(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000)
}

/** Entries of updates that one object keeps; beyond it the oldest are merged into one per version. */
const maxUpdateManagers = 10
const oldUpdatesManager = 'ancient-changes'

/** Merges the oldest updaters until there are no more than maxUpdateManagers, as far as their versions allow. */
export function capUpdateManagers(managers: Map<string, Manager>): void {
  const updaters = [...managers].filter(([, { operation }]) => operation === 'Update')
  let count = updaters.length
  if (count <= maxUpdateManagers) return
  updaters.sort(([idA, a], [idB, b]) => secondsOf(a.time) - secondsOf(b.time) || compare(idA, idB))
  const firstOfVersion = new Map<string, string>()
  for (const [id, manager] of updaters) {
    if (count <= maxUpdateManagers) return
    const { apiVersion, time } = manager
    const first = firstOfVersion.get(apiVersion)
    if (first === undefined) {
      firstOfVersion.set(apiVersion, id)
      continue
    }
    const bucket: ManagerIdentity = { name: oldUpdatesManager, operation: 'Update', apiVersion, subresource: '' }
    const bucketId = managerId(bucket)
    const merged = managers.get(bucketId) ?? managers.get(first)!
    if (!managers.has(bucketId)) managers.delete(first)
    managers.delete(id)
    managers.set(bucketId, { ...bucket, time, fields: unionSets(manager.fields, merged.fields) })
    count--
  }
}

/** Empty, or one entry with nothing in it: how a client asks to forget all ownership. */
export function isReset(entries: readonly ManagedFieldsEntry[] | undefined | null): boolean {
  if (!entries) return false
  if (entries.length !== 1) return entries.length === 0
  return Object.values(entries[0]!).every((value) => value === undefined)
}

export function dropEmptyManagers(managers: Map<string, Manager>): void {
  for (const [id, { fields }] of managers) if (isEmptySet(fields)) managers.delete(id)
}

/** Equal but for times, entry by entry. */
export function sameButTimes(a: readonly ManagedFieldsEntry[], b: readonly ManagedFieldsEntry[]): boolean {
  return a.length === b.length && a.every((entry, i) => {
    const { time: _a, ...left } = entry
    const { time: _b, ...right } = b[i]!
    return deepEqual(left, right)
  })
}
