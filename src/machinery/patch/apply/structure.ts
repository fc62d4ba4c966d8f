/** What of a new object decides which of its fields are owned by who made it. */
import type { Shape } from '../../schema/schema.ts'
import { childShape, itemShape } from './typed-value.ts'

/**
 * Equal for two objects of one kind if their creators own the same set of fields. That depends on the names of the
 * fields and on which of them have Go's zero value, and in lists on whatever may be an item's identity: an item that is
 * a scalar, and the scalars right inside an item. Other values are left out, and so is what is in an atomic list, which
 * is owned as a whole.
 * Undefined for an object with so many fields that no template made it: its text would be long and never be used again.
 */
export function structureOf(value: unknown, shape: Shape): string | undefined {
  const budget = { left: maxValues }
  const text = structure(value, shape, false, budget)
  return budget.left < 0 ? undefined : text
}

const maxValues = 2_000

/** No zero value is longer than `0s`; what is short is taken whole, other spellings of zero (`0m`, `0.0`) included. */
const shortLength = 4

function structure(value: unknown, shape: Shape, isIdentity: boolean, budget: { left: number }): string {
  if (--budget.left < 0) return ''
  if (typeof value === 'string') return isIdentity || value.length <= shortLength ? JSON.stringify(value) : 's'
  if (typeof value === 'number') return isIdentity || value === 0 ? String(value) : 'n'
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) {
    if (shape.type === 'list' && shape.listType === 'atomic') return value.length === 0 ? '[]' : 'l'
    let text = '['
    for (const item of value) {
      if (budget.left < 0) break
      text += `${structure(item, itemShape(shape), true, budget)},`
    }
    return `${text}]`
  }
  let text = '{'
  for (const key in value) {
    if (budget.left < 0) break
    const field = (value as Readonly<Record<string, unknown>>)[key]
    // What is set to undefined is not there.
    if (field === undefined) continue
    const below = childShape(shape, key)
    text += `${quoteKey(key)}:${structure(field, below, isIdentity && !isCollection(field), budget)},`
  }
  return `${text}}`
}

/** No key that stands as it is can be taken for another that is quoted, or for what comes before or after a key. */
function quoteKey(key: string): string {
  return plainKey.test(key) ? key : JSON.stringify(key)
}

const plainKey = /^[\w./-]+$/

function isCollection(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
