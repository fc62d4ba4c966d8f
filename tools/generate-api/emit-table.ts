/**
 * Writes the schema table: one line per struct, `kinds name json`, read lazily by src/machinery/schema/table.ts
 * (which documents the form).
 */
import { header } from './emit-types.ts'
import type { ModelField, ModelShape, ModelStruct } from './model.ts'

export interface TableEntry {
  readonly struct: ModelStruct
  /** `group/version/Kind`s that have this struct as their root. */
  readonly kinds: readonly string[]
}

const scalarCodes: Readonly<Record<string, string>> = {
  string: 's', bool: 'b', int32: 'i', int64: 'l', uint32: 'u', uint64: 'v', float: 'f', double: 'd', bytes: 'y',
  time: 't', microTime: 'T', duration: 'D', quantity: 'q', intOrString: 'o', rawExtension: 'r', json: 'j',
  fieldsV1: 'F',
}

/**
 * `start` is the number of the first line: structs refer to each other by line, also across tables that are loaded
 * together.
 */
export function emitTable(entries: readonly TableEntry[], known: ReadonlyMap<string, number>): string {
  return entries.map(({ struct, kinds }) => {
    const fields = struct.fields.map((field) => emitField(field, known))
    const json = JSON.stringify(struct.mapType === 'atomic' ? [fields, 'a'] : [fields])
    return `${kinds.join(',') || '-'} ${struct.name} ${json}`
  }).join('\n')
}

function emitField(field: ModelField, known: ReadonlyMap<string, number>): unknown[] {
  const flags = (field.required ? 1 : 0) | (field.omitEmpty ? 2 : 0) | (field.pointer ? 4 : 0)
  const proto = field.protoPath.length <= 1 ? field.protoPath[0] ?? 0 : field.protoPath.join('.')
  const extras = {
    ...(field.mapKeys.length > 0 && { k: field.mapKeys }),
    ...(field.patchMergeKey && { m: field.patchMergeKey }),
    ...(field.patchStrategy.length > 0 && { p: field.patchStrategy }),
    ...(field.enum && { e: field.enum }),
    ...(field.defaultValue !== undefined && { d: field.defaultValue }),
    ...(field.goType && field.shape.kind !== 'schemaOr' && { g: field.goType }),
    ...(field.shape.kind === 'struct' && field.mapType && { t: field.mapType }),
  }
  const base = [field.name, emitShape(field.shape, field, known), proto, flags]
  return Object.keys(extras).length === 0 ? base : [...base, extras]
}

function emitShape(shape: ModelShape, field: ModelField | undefined, known: ReadonlyMap<string, number>): string {
  switch (shape.kind) {
    case 'scalar': return scalarCodes[shape.scalar]!
    case 'struct': return String(lineOf(shape.name, known))
    case 'list': {
      const code = { map: 'm', set: 's' }[field?.listType ?? ''] ?? 'a'
      return `${shape.wrapped ? 'W' : 'L'}${code}${emitShape(shape.items, undefined, known)}`
    }
    case 'map': return `M${field?.mapType === 'atomic' ? 'a' : 'g'}${emitShape(shape.values, undefined, known)}`
    case 'schemaOr': return `S${{ list: 'l', bool: 'b', strings: 's' }[shape.alternative]}${lineOf(shape.name, known)}`
  }
}

function lineOf(name: string, known: ReadonlyMap<string, number>): number {
  const line = known.get(name)
  if (line === undefined) throw new Error(`${name} is not in the table`)
  return line
}

/** A module with the table as its only export. */
export function emitTableModule(name: string, from: string, text: string): string {
  const escaped = text.replace(/\\/g, '\\\\').replace(/`/g, '\\`').replace(/\$\{/g, '\\${')
  return `${header(from)}export const ${name} = \`${escaped}\`\n`
}
