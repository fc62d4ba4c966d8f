/** Server-side tables: what `kubectl get` prints (meta.k8s.io/v1 Table). */
import { asGoWrites, metadataAsGoWrites } from '#api/schemas.ts'
import { badRequest } from '#machinery/errors/api-error.ts'
import { quoteGo } from '#machinery/errors/field-errors.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { AnyKind, Column, RowCondition } from '#machinery/schema/define-kind.ts'
import type { Form } from './negotiate.ts'

export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface TableRow {
  readonly cells: readonly (string | number | boolean | null)[]
  readonly conditions?: readonly RowCondition[]
  readonly object?: unknown
}

/** The `includeObject` parameter; throws ApiError 400 for another value. */
export function parseIncludeObject(text: string | null): IncludeObject {
  if (text === null || text === '' || text === 'Metadata') return 'Metadata'
  if (text === 'None' || text === 'Object') return text
  throw badRequest('Unable to convert to Table as requested: includeObject: Invalid value: '
    + `${quoteGo(text)}: must be 'Metadata', 'Object', 'None', or empty`)
}

export function columnDefinitions(kind: AnyKind): readonly unknown[] {
  return columnsOf(kind).map(({ name, type, format, description, priority }) => ({
    name, type, format: format ?? '', description, priority,
  }))
}

/** One object's line; `whole` is the object in the version that was asked for. */
export function tableRow(
  kind: AnyKind,
  object: Stored<KubeObject>,
  whole: KubeObject | undefined,
  include: IncludeObject,
  formVersion: Form['formVersion'],
  now: number,
): TableRow {
  const cells = columnsOf(kind).map((column) => column.value(object, now))
  const conditions = kind.rowConditions?.(object)
  const row = conditions ? { cells, conditions } : { cells }
  if (include === 'None') return { ...row, object: null }
  return { ...row, object: include === 'Object' ? whole : partialMetadata(kind, object, formVersion) }
}

/** What a client that only wants metadata gets. */
export function partialMetadata(
  kind: AnyKind, object: Stored<KubeObject>, formVersion: Form['formVersion'],
): KubeObject {
  // The keys of a custom resource are sorted; here its metadata have a type like all others.
  const metadata = kind.storedVersion.custom ? metadataAsGoWrites(object.metadata) : object.metadata
  return {
    kind: 'PartialObjectMetadata', apiVersion: formVersion, metadata: metadata as NonNullable<KubeObject['metadata']>,
  }
}

/** The first column of whatever has no columns of its own making. */
export const nameColumn: Column<KubeObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  priority: 0,
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client '
    + 'to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and '
    + 'configuration definition. Cannot be updated. More info: '
    + 'https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
  value: (object) => object.metadata.name,
}

/** The line of an object that has nothing but these metadata, as upstream prints a bookmark. */
export function bookmarkCells(kind: AnyKind, bookmark: KubeObject): TableRow['cells'] {
  const object = asGoWrites(bookmark)
  const named = { ...object, metadata: { ...object.metadata, name: '' } } as Stored<KubeObject>
  return columnsOf(kind).map((column) => column.value(named, 0) ?? null)
}

const neverText = '0001-01-01T00:00:00Z'

const fallback: readonly Column<KubeObject>[] = [
  nameColumn,
  {
    name: 'Created At', type: 'date', format: '', priority: 0,
    description: 'CreationTimestamp is a timestamp representing the server time when this object was created.',
    value: (object) => object.metadata.creationTimestamp ?? neverText,
  },
]

function columnsOf(kind: AnyKind): readonly Column<KubeObject>[] {
  return kind.columns ?? fallback
}
