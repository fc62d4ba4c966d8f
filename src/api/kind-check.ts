/**
 * Takes an object through the kind's own part of a write: defaults, preparation, rules. For tests, and for tools
 * that check a manifest.
 */
import type { FieldError } from '#machinery/errors/field-error.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import { validateObjectMeta } from '#machinery/meta/validate-object-meta.ts'
import type { AnyKind, Kind } from '#machinery/schema/define-kind.ts'

export interface Checked<T extends KubeObject> {
  /** As it would be stored. */
  readonly object: T
  /** `spec.replicas: Invalid value: -1: must be …`, in the order of the response. */
  readonly errors: readonly string[]
}

const checkTime = Date.UTC(2026, 0, 1)

/** The object as it comes out of a creation. The input is not changed. */
export function checkCreate<T extends KubeObject>(kind: Kind<T>, input: T): Checked<T> {
  const object = structuredClone(input)
  kind.setDefaults?.(object)
  kind.prepareForCreate?.(object, { subresource: '', now: checkTime })
  const errors = [...(kind.validate?.(object) ?? []), ...(kind.validateCreate?.(object) ?? [])]
  const meta = validateObjectMeta({ ...(kind.namespaced ? { namespace: 'default' } : {}), ...object.metadata }, kind)
  return { object, errors: [...meta, ...errors].map(sentence) }
}

/** The object as it comes out of an update of `old`, or of one of its subresources. */
export function checkUpdate<T extends KubeObject>(kind: Kind<T>, input: T, old: T, subresource = ''): Checked<T> {
  const object = structuredClone(input)
  const before = structuredClone(old) as Stored<T>
  kind.setDefaults?.(object)
  kind.prepareForUpdate?.(object, before, { subresource, now: checkTime })
  const other = kind.subresources?.others?.find(({ name }) => name === subresource)?.validateUpdate
  const errors = other ? other(object, before)
    : subresource === 'status' ? kind.validateStatusUpdate?.(object, before) ?? []
    : [...(kind.validate?.(object, before) ?? []), ...(kind.validateUpdate?.(object, before) ?? [])]
  return { object, errors: errors.map(sentence) }
}

function sentence({ field, message }: FieldError): string {
  return `${field}: ${message}`
}

/** One line of a kind's table: an object in; faults, and what the stored object holds, out. */
export interface Row {
  /** What happens, as a sentence. */
  readonly it: string
  readonly object: object
  /** Given: the row is an update of it. */
  readonly old?: object
  readonly subresource?: string
  /** None when absent. */
  readonly errors?: readonly string[]
  /** Values by path: `spec.containers.0.image`. undefined: absent. */
  readonly holds?: Readonly<Record<string, unknown>>
}

/** What came of a row, in the form of `expectedOf` the same row. */
export function outcomeOf(kind: AnyKind, row: Row): Pick<Row, 'errors' | 'holds'> {
  const { object, errors } = row.old
    ? checkUpdate(kind, row.object, row.old, row.subresource)
    : checkCreate(kind, row.object)
  const holds = Object.fromEntries(Object.keys(row.holds ?? {}).map((path) => [path, valueAt(object, path)]))
  return { errors, holds }
}

export function expectedOf({ errors = [], holds = {} }: Row): Pick<Row, 'errors' | 'holds'> {
  return { errors, holds }
}

function valueAt(object: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce((value: unknown, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key], object)
}
