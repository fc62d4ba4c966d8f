/** Prints the tables that a server renders, with the columns that the user asked for beside them. */
import { at, isObject, listAt, numberAt, sortedEntries, textAt, textsAt, type Json } from '../fields.ts'

export interface TableOptions {
  readonly noHeaders: boolean
  readonly wide: boolean
  readonly withNamespace: boolean
  /** `deployment.apps`: put before each name. */
  readonly kind?: string | undefined
  readonly showLabels: boolean
  /** Labels with a column each. */
  readonly columnLabels: readonly string[]
}

interface Column {
  readonly name: string
  readonly wide: boolean
  readonly isName: boolean
}

const eventTypes: Readonly<Record<string, string>> = {
  ADDED: 'ADDED   ',
  MODIFIED: 'MODIFIED',
  DELETED: 'DELETED ',
  ERROR: 'ERROR   ',
}

/**
 * Prints one table after another; headers come again only when the columns change. Lines have tabs between their cells.
 */
export class TablePrinter {
  readonly #options: TableOptions
  #columns: readonly unknown[] = []
  #printedHeaders = false

  constructor(options: TableOptions) {
    this.#options = options
  }

  print(table: Json, eventType?: string): string {
    const given = listAt(table, 'columnDefinitions')
    const same = given.length === 0 || JSON.stringify(given) === JSON.stringify(this.#columns)
    const noHeaders = this.#options.noHeaders || (this.#printedHeaders && same)
    if (!same) {
      this.#columns = given
      this.#printedHeaders = false
    }
    const rows = listAt(table, 'rows')
    if (rows.length > 0) this.#printedHeaders = true
    if (rows.length === 0) return ''
    const columns = this.#columns.map((column): Column => ({
      name: textAt(column, 'name').toUpperCase(), wide: numberAt(column, 'priority') !== 0,
      isName: textAt(column, 'format') === 'name' && textAt(column, 'type') === 'string',
    }))
    const lines = noHeaders ? [] : [this.#header(columns, eventType)]
    for (const row of rows) lines.push(this.#row(columns, row, eventType))
    return lines.map((cells) => `${cells.join('\t')}\n`).join('')
  }

  #header(columns: readonly Column[], eventType: string | undefined): readonly string[] {
    const { wide, withNamespace, showLabels, columnLabels } = this.#options
    return [
      ...(eventType === undefined ? [] : ['EVENT']), ...(withNamespace ? ['NAMESPACE'] : []),
      ...columns.filter((column) => wide || !column.wide).map((column) => column.name),
      ...columnLabels.map((label) => label.split('/').at(-1)!.toUpperCase()), ...(showLabels ? ['LABELS'] : []),
    ]
  }

  #row(columns: readonly Column[], row: unknown, eventType: string | undefined): readonly string[] {
    const { wide, withNamespace, showLabels, columnLabels, kind } = this.#options
    const cells = listAt(row, 'cells').slice(0, columns.length)
    const nameIndex = kind === undefined ? -1 : columns.findIndex((column) => column.isName)
    const object = at(row, 'object')
    const labels = textsAt(object, 'metadata', 'labels')
    return [
      ...(eventType === undefined ? [] : [eventTypes[eventType] ?? eventType]),
      ...(withNamespace ? [textAt(object, 'metadata', 'namespace')] : []),
      ...cells.map((cell, index) => index === nameIndex ? `${kind}/${formatCell(cell)}` : formatCell(cell))
        .filter((_, index) => wide || !columns[index]!.wide),
      ...columnLabels.map((label) => labels[label] ?? ''), ...(showLabels ? [formatLabels(labels)] : []),
    ]
  }
}

/** `a=b,c=d`, or `<none>`. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  return sortedEntries(labels).map(([key, value]) => `${key}=${value}`).join(',') || '<none>'
}

/** Up to the first line break, and nothing that a terminal would take for a command. */
function formatCell(cell: unknown): string {
  if (cell === null || cell === undefined) return ''
  if (Array.isArray(cell)) return `[${cell.map(formatCell).join(' ')}]`
  if (isObject(cell)) {
    return `map[${sortedEntries(cell)
      .map(([key, value]) => `${key}:${formatCell(value)}`)
      .join(' ')}]`
  }
  const text = String(cell)
  const end = text.search(/[\f\n\r]/)
  return escapeTerminal(end < 0 ? text : `${text.slice(0, end)}...`)
}

export function escapeTerminal(text: string): string {
  return text.replaceAll('\u001b', '^[').replaceAll('\r', '\\r')
}
