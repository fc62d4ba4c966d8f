/** Prints objects by `-o custom-columns=NAME:.metadata.name,…`. */
import type { CommandContext } from '../command.ts'
import { CommandError } from '../errors.ts'
import { isObject, sortedEntries, type Json } from '../fields.ts'
import { executeJsonPath, parseJsonPath, relaxJsonPath } from '../jsonpath.ts'
import { align, tableStyle } from './tab-writer.ts'

export interface CustomColumn {
  readonly header: string
  readonly path: string
}

/** Throws for a malformed specification. */
export async function readCustomColumns(
  context: CommandContext,
  format: string,
  argument: string,
): Promise<readonly CustomColumn[]> {
  if (argument === '') throw new CommandError('custom-columns format specified but no custom columns given')
  if (format === 'custom-columns') {
    return argument.split(',').map((part) => {
      const colon = part.indexOf(':')
      if (colon < 0) {
        throw new CommandError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`)
      }
      return { header: part.slice(0, colon), path: relaxJsonPath(part.slice(colon + 1)) }
    })
  }
  const bytes = await context.environment.files.read(argument)
  if (!bytes) throw new CommandError(`error reading template ${argument}, open ${argument}: no such file or directory`)
  const [headers = '', paths = ''] = new TextDecoder().decode(bytes).split('\n')
  const columns = headers.trim().split(/\s+/)
  const specs = paths.trim().split(/\s+/)
  if (columns.length !== specs.length) {
    throw new CommandError(
      `number of headers (${columns.length}) and field specifications (${specs.length}) don't match`,
    )
  }
  return columns.map((header, index) => ({ header, path: relaxJsonPath(specs[index]!) }))
}

export function printCustomColumns(
  columns: readonly CustomColumn[],
  objects: readonly Json[],
  noHeaders: boolean,
): string {
  const paths = columns.map(({ path }) => parseJsonPath(path))
  const rows = objects.map((object) => paths.map((path) => {
    const found = executeJsonPath(path, object, true).flat()
    return found.length === 0 ? '<none>' : found.map(formatGoValue).join(',')
  }))
  const lines = noHeaders ? rows : [columns.map(({ header }) => header), ...rows]
  return align(lines.map((cells) => `${cells.join('\t')}\n`).join(''), tableStyle)
}

/** As Go's %v prints what JSON gave. */
export function formatGoValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(formatGoValue).join(' ')}]`
  if (isObject(value)) {
    return `map[${sortedEntries(value)
      .map(([key, inner]) => `${key}:${formatGoValue(inner)}`)
      .join(' ')}]`
  }
  return String(value)
}
