/** What a definition says by JSONPath: printer columns and selectable fields. */
import type { CustomResourceColumnDefinition, SelectableField } from '#api/gen/apiextensions-v1.ts'
import { formatTimeSince } from '#api/printing/duration.ts'
import { encodeUnstructured } from '#machinery/codec/json.ts'
import { executeJsonPath, JsonPathError, parseJsonPath, type Node } from '#machinery/json-path.ts'
import type { DeepReadonly, KubeObject, Stored } from '#machinery/meta/object.ts'
import type { Column } from '#machinery/schema/define-kind.ts'
import { nameColumn } from '../rest/table.ts'

type ColumnDefinition = DeepReadonly<CustomResourceColumnDefinition>

/** Nobody needs a longer one, and reading it costs time. */
const maxPathLength = 1000

const age: ColumnDefinition = {
  name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp',
  description: 'CreationTimestamp is a timestamp representing the server time when this object was created. ' +
    'It is not guaranteed to be set in happens-before order across separate operations. ' +
    'Clients may not set this value. It is represented in RFC3339 form and is in UTC.' +
    '\n\nPopulated by the system. Read-only. Null for lists. More info: ' +
    'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
}

/** As upstream: with a path that cannot be read, there are no columns but the ones before it. */
export function columnsOf(definitions: readonly ColumnDefinition[] | undefined): readonly Column<KubeObject>[] {
  const columns = [nameColumn]
  for (const definition of definitions?.length ? definitions : [age]) {
    const path = parsePath(definition.jsonPath)
    if (!path) break
    columns.push(columnOf(definition, path))
  }
  return columns
}

function columnOf(
  { name: title, type, format, description, priority, jsonPath }: ColumnDefinition, path: readonly Node[],
): Column<KubeObject> {
  return {
    name: title, type: type as Column<KubeObject>['type'], format: format ?? '', priority: priority ?? 0,
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    value: (object, now) => {
      const found = find(path, object)
      return found === undefined ? null : cellOf(type, found, now)
    },
  }
}

function cellOf(type: string, value: unknown, now: number): string | number | boolean | null {
  switch (type) {
    case 'string': return formatText(value)
    case 'integer': return typeof value === 'number' ? Math.trunc(value) : null
    case 'number': return typeof value === 'number' ? value : null
    case 'boolean': return typeof value === 'boolean' ? value : null
    case 'date': return typeof value !== 'string' ? null : isTime(value) ? formatTimeSince(value, now) : '<invalid>'
    default: return null
  }
}

function isTime(text: string): boolean {
  return text === '' || !Number.isNaN(Date.parse(text))
}

function formatText(value: unknown): string {
  if (value === null) return '<no value>'
  return typeof value === 'object' ? encodeUnstructured(value) : String(value)
}

/** The fields that a field selector may use, by their paths without the leading dot; absent ones are empty. */
export function selectableFieldsOf(
  fields: readonly DeepReadonly<SelectableField>[] | undefined,
): (object: Stored<KubeObject>) => Readonly<Record<string, string>> {
  const paths = (fields ?? []).map(({ jsonPath }) => [jsonPath.replace(/^\./, ''), parsePath(jsonPath)] as const)
  return (object) => Object.fromEntries(paths.map(([key, path]) => {
    const value = path && find(path, object)
    return [key, value === undefined || value === null ? '' : String(value)]
  }))
}

function parsePath(path: string): readonly Node[] | undefined {
  if (path.length > maxPathLength) return undefined
  try {
    return parseJsonPath(`{${path}}`)
  } catch (error) {
    if (error instanceof JsonPathError) return undefined
    throw error
  }
}

/** The first that the path finds. */
function find(path: readonly Node[], object: Stored<KubeObject>): unknown {
  try {
    return executeJsonPath(path, object, true)[0]?.[0]
  } catch (error) {
    if (error instanceof JsonPathError) return undefined
    throw error
  }
}
