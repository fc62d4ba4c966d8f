/**
 * Reads the generated schema table. One line per struct, `kinds name json`:
 * - kinds: `group/version/Kind,…` that have the struct as their root, or `-`;
 * - json: `[fields, "a" if the struct is atomic]`, each field `[name, shape, proto number, flags, extras?]`;
 * - shape: a letter for a scalar (see scalars), the line number of a struct, `L` or `W` (wrapped) + `a|s|m` + items
 *   for a list,
 *   `M` + `a|g` + values for a map, `S` + `l|b|s` + line for a union with a JSON schema;
 * - proto number: 0 for none, text `2.1` for a field of an embedded message; flags: 1 required, 2 omitempty, 4 pointer;
 * - extras: k map keys, m merge key, p patch strategies, e enum, d default, t map type of the field, g Go's type.
 * Lines are parsed when their struct is first looked at, so that loading costs next to nothing.
 */
import type { FieldSchema, ScalarType, Shape, StructSchema } from './schema.ts'

export interface SchemaTable {
  /** By upstream's OpenAPI definition name; throws for a name that is not in the table. */
  struct(name: string): StructSchema
  has(name: string): boolean
  /** The root of a kind. Empty group: core. */
  kind(group: string, version: string, kind: string): StructSchema | undefined
  names(): Iterable<string>
  kinds(): Iterable<{
    readonly group: string
    readonly version: string
    readonly kind: string
    readonly struct: StructSchema
  }>
}

type RawExtras = {
  readonly k?: readonly string[]; readonly m?: string; readonly p?: readonly ('merge' | 'replace' | 'retainKeys')[]
  readonly e?: readonly string[]; readonly d?: unknown; readonly t?: 'granular' | 'atomic'
  readonly g?: string
}
type RawField = readonly [name: string, shape: string, proto: number | string, flags: number, extras?: RawExtras]

const scalars: Readonly<Record<string, ScalarType>> = {
  s: 'string', b: 'bool', i: 'int32', l: 'int64', u: 'uint32', v: 'uint64', f: 'float', d: 'double', y: 'bytes',
  t: 'time', T: 'microTime', D: 'duration', q: 'quantity', o: 'intOrString', r: 'rawExtension', j: 'json',
  F: 'fieldsV1', e: 'enum',
}
const scalarShapes: Readonly<Record<string, Shape>> = Object.fromEntries(
  Object.entries(scalars).map(([code, type]) => [code, { type }]),
)
const unions = { l: 'jsonSchemaOrList', b: 'jsonSchemaOrBool', s: 'jsonSchemaOrStrings' } as const
const listTypes = { a: 'atomic', s: 'set', m: 'map' } as const
const none: readonly never[] = Object.freeze([])

class LazyStruct implements StructSchema {
  readonly name: string
  readonly protobuf: 'proto2' | 'proto3'
  readonly #json: string
  readonly #line: (line: number) => StructSchema
  #parsed: Pick<StructSchema, 'fields' | 'fieldsByName' | 'fieldsByNumber' | 'mapType'> | undefined

  constructor(name: string, json: string, protobuf: 'proto2' | 'proto3', line: (line: number) => StructSchema) {
    this.name = name
    this.protobuf = protobuf
    this.#json = json
    this.#line = line
  }

  get fields(): readonly FieldSchema[] { return this.#parse().fields }
  get fieldsByName(): ReadonlyMap<string, FieldSchema> { return this.#parse().fieldsByName }
  get fieldsByNumber(): ReadonlyMap<number, FieldSchema> { return this.#parse().fieldsByNumber }
  get mapType(): 'granular' | 'atomic' { return this.#parse().mapType }

  #parse(): Pick<StructSchema, 'fields' | 'fieldsByName' | 'fieldsByNumber' | 'mapType'> {
    if (this.#parsed) return this.#parsed
    const [raw, atomic] = JSON.parse(this.#json) as [readonly RawField[], string?]
    const fields = raw.map((field) => parseField(field, this.#line))
    this.#parsed = {
      fields,
      fieldsByName: new Map(fields.map((field) => [field.name, field])),
      fieldsByNumber: new Map(
        fields.flatMap((field) =>
          field.protoNumber === undefined || field.protoPath ? [] : [[field.protoNumber, field]],
        ),
      ),
      mapType: atomic === 'a' ? 'atomic' : 'granular',
    }
    return this.#parsed
  }
}

function parseField(raw: RawField, line: (line: number) => StructSchema): FieldSchema {
  const [name, shape, proto, flags, extras] = raw
  const path = typeof proto === 'string' ? proto.split('.').map(Number) : proto === 0 ? [] : [proto]
  const strategies = extras?.p ?? none
  const parsed = parseShape(shape, extras, line)
  return {
    name,
    shape: parsed,
    required: (flags & 1) !== 0,
    omitEmpty: (flags & 2) !== 0,
    pointer: (flags & 4) !== 0,
    protoNumber: path.at(-1),
    ...(path.length > 1 && { protoPath: path.slice(0, -1) }),
    enum: extras?.e,
    defaultValue: extras?.d,
    patchStrategy: strategies,
    ...(extras?.g && { goType: extras.g }),
  }
}

function parseShape(code: string, extras: RawExtras | undefined, line: (line: number) => StructSchema): Shape {
  const scalar = scalarShapes[code]
  if (scalar) return scalar
  switch (code[0]) {
    case 'L': case 'W':
      return {
        type: 'list', items: parseShape(code.slice(2), undefined, line),
        listType: listTypes[code[1] as keyof typeof listTypes], mapKeys: extras?.k ?? none,
        patchStrategy: extras?.p ?? none, patchMergeKey: extras?.m, ...(code[0] === 'W' && { wrapped: true }),
      }
    case 'M':
      return {
        type: 'map', values: parseShape(code.slice(2), undefined, line),
        mapType: code[1] === 'a' ? 'atomic' : 'granular',
      }
    case 'S':
      return { type: unions[code[1] as keyof typeof unions], of: line(Number(code.slice(2))) }
    default:
      return { type: 'struct', struct: line(Number(code)), ...(extras?.t && { mapType: extras.t }) }
  }
}

/** `text` is one generated table, or several joined by newlines in the order that the generator numbered them. */
export function loadSchemaTable(text: string, protobuf: 'proto2' | 'proto3' = 'proto2'): SchemaTable {
  const lines = text.split('\n')
  const byName = new Map<string, number>()
  const byKind = new Map<string, number>()
  lines.forEach((line, number) => {
    const first = line.indexOf(' ')
    byName.set(line.slice(first + 1, line.indexOf(' ', first + 1)), number)
    if (first > 1) for (const kind of line.slice(0, first).split(',')) byKind.set(kind, number)
  })
  const structs: (StructSchema | undefined)[] = []
  const atLine = (number: number): StructSchema => {
    const known = structs[number]
    if (known) return known
    const line = lines[number]
    if (line === undefined) throw new Error(`the schema table has no line ${number}`)
    const first = line.indexOf(' ')
    const second = line.indexOf(' ', first + 1)
    return structs[number] = new LazyStruct(line.slice(first + 1, second), line.slice(second + 1), protobuf, atLine)
  }
  return {
    struct(name) {
      const number = byName.get(name)
      if (number === undefined) throw new Error(`the schema table has no ${name}`)
      return atLine(number)
    },
    has: (name) => byName.has(name),
    kind(group, version, kind) {
      const number = byKind.get(`${group}/${version}/${kind}`)
      return number === undefined ? undefined : atLine(number)
    },
    names: () => byName.keys(),
    *kinds() {
      for (const [key, number] of byKind) {
        const [group, version, kind] = key.split('/') as [string, string, string]
        yield { group, version, kind, struct: atLine(number) }
      }
    },
  }
}
