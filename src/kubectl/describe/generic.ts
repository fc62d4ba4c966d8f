/** Describes any object by its fields. */
import { isObject, nameOf, namespaceOf, sortedEntries, type Json } from '../fields.ts'
import { formatGoValue } from '../print/custom-columns.ts'
import { subjectOf, writeEvents, writeLabelsAndAnnotations, type Describer } from './common.ts'
import { Description } from './writer.ts'

const skipped = new Set([
  '.metadata.managedFields',
  '.metadata.name',
  '.metadata.namespace',
  '.metadata.labels',
  '.metadata.annotations',
])

export const describeGeneric: Describer = async (context, object) => {
  const description = new Description()
  description.line(0, `Name:\t${nameOf(object)}`)
  description.line(0, `Namespace:\t${namespaceOf(object)}`)
  writeLabelsAndAnnotations(description, object)
  writeContent(description, 0, object, '')
  await writeEvents(context, description, subjectOf(object))
  return description.finish()
}

function writeContent(description: Description, level: number, content: Json, path: string): void {
  for (const [field, value] of sortedEntries(content)) {
    const inner = `${path}.${field}`
    if (skipped.has(inner)) continue
    if (isObject(value)) {
      description.line(level, `${formatTitle(field)}:`)
      writeContent(description, level + 1, value, inner)
    } else if (Array.isArray(value)) {
      description.line(level, `${formatTitle(field)}:`)
      for (const item of value) {
        if (isObject(item)) writeContent(description, level + 1, item, inner)
        else description.line(level + 1, formatGoValue(item))
      }
    } else description.line(level, `${formatTitle(field)}:\t${formatGoValue(value)}`)
  }
}

const acronyms = new Set(['API', 'URL', 'UID', 'GUID'])

/** `creationTimestamp` is `Creation Timestamp`; names with other characters than letters stay as they are. */
function formatTitle(field: string): string {
  if (!/^[\p{L}-]*$/u.test(field)) return field
  const parts = field.match(/\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}?\p{Ll}+|\p{Lu}+|-+/gu) ?? [field]
  const merged: string[] = []
  for (let index = 0; index < parts.length; index++) {
    const [part, next] = [parts[index]!, parts[index + 1]]
    if (/^\p{Lu}{2,}$/u.test(part) && next !== undefined && /^\p{Lu}/u.test(next)) {
      merged.push(part + next)
      index++
    } else merged.push(part)
  }
  return merged.map((part) => {
    if (acronyms.has(part.toUpperCase())) return part.toUpperCase()
    return part.toLowerCase() === part ? part.charAt(0).toUpperCase() + part.slice(1) : part
  }).join(' ')
}
