/** Columns that many kinds share, and short ways to write the others. */
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { Column } from '#machinery/schema/define-kind.ts'
import { formatTimeSince } from './duration.ts'

type Value<T extends KubeObject> = Column<T>['value']

/** `wide` columns show with `-o wide` only. */
export type Width = 'always' | 'wide'

export function nameColumn<T extends KubeObject>(value?: (object: Stored<T>) => string): Column<T> {
  return {
    name: 'Name', type: 'string', format: 'name', priority: 0,
    description: 'Name of the object, unique among the objects of its kind in its namespace',
    value: value ?? ((object) => object.metadata.name),
  }
}

/** Since creation. Upstream types it as a string, already worded. */
export function ageColumn<T extends KubeObject>(width: Width = 'always'): Column<T> {
  return text(
    'Age',
    'Time since the object was created',
    (object, now) => formatTimeSince(object.metadata.creationTimestamp, now),
    width,
  )
}

export function text<T extends KubeObject>(
  name: string, description: string, value: Value<T>, width: Width = 'always',
): Column<T> {
  return { name, type: 'string', description, priority: width === 'wide' ? 1 : 0, value }
}

export function integer<T extends KubeObject>(
  name: string, description: string, value: Value<T>, width: Width = 'always',
): Column<T> {
  return { name, type: 'integer', description, priority: width === 'wide' ? 1 : 0, value }
}

export function boolean<T extends KubeObject>(
  name: string, description: string, value: Value<T>, width: Width = 'always',
): Column<T> {
  return { name, type: 'boolean', description, priority: width === 'wide' ? 1 : 0, value }
}

interface NamedImage {
  readonly name: string
  readonly image?: string
}

/** The two wide columns of everything that has a pod template. */
export function containerColumns<T extends KubeObject>(
  containersOf: (object: Stored<T>) => readonly NamedImage[] | undefined, width: Width = 'wide',
): Column<T>[] {
  return [
    text('Containers', 'Names of each container in the template.',
      (object) => (containersOf(object) ?? []).map((container) => container.name).join(','), width),
    text('Images', 'Images referenced by each container in the template.',
      (object) => (containersOf(object) ?? []).map((container) => container.image ?? '').join(','), width),
  ]
}

/** `False`, `True`, or `<unset>`: how tables show an optional boolean. */
export function formatOptionalBoolean(value: boolean | undefined): string {
  if (value === undefined) return '<unset>'
  return value ? 'True' : 'False'
}

/** The first `max` items, and how many more there are: `a,b,c + 2 more...`; `<unset>` for no items. */
export function formatListWithMore(items: readonly string[], max: number, separator = ','): string {
  const shown = items.slice(0, max).join(separator)
  if (items.length > max) return `${shown} + ${items.length - max} more...`
  return shown || '<unset>'
}
