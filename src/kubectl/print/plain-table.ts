/** A table of names and ages, for objects that the server did not render. */
import { itemsIn, nameOf, textAt, type Json } from '../fields.ts'
import { formatAge } from './age.ts'

export function plainTable(now: number, object: Json): Json {
  return {
    kind: 'Table',
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name', priority: 0 },
      { name: 'Age', type: 'string', format: '', priority: 0 },
    ],
    rows: (itemsIn(object) ?? [object]).map((item) => ({
      cells: [nameOf(item), formatAge(now, textAt(item, 'metadata', 'creationTimestamp'))], object: item,
    })),
  }
}
