/** Reads the declarations of a Go API package: structs with tags and markers, named types, string constants. */

export type GoType =
  | { readonly kind: 'name'; readonly package: string; readonly name: string }
  | { readonly kind: 'pointer'; readonly to: GoType }
  | { readonly kind: 'slice'; readonly of: GoType }
  | { readonly kind: 'map'; readonly values: GoType }

export interface GoField {
  /** Go's name; for an embedded struct the name of its type. */
  readonly name: string
  readonly type: GoType
  readonly embedded: boolean
  readonly tags: ReadonlyMap<string, string>
  readonly markers: Markers
}

export interface GoDeclaration {
  readonly name: string
  readonly markers: Markers
  readonly definition:
    | { readonly kind: 'struct'; readonly fields: readonly GoField[] }
    | { readonly kind: 'alias' | 'named'; readonly type: GoType }
}

export interface GoPackage {
  /** Import path. */
  readonly path: string
  readonly group: string
  readonly declarations: ReadonlyMap<string, GoDeclaration>
  /** Values of the string constants of each named type of this package. */
  readonly constants: ReadonlyMap<string, readonly GoConstant[]>
  /** Names in `AddKnownTypes`. */
  readonly registered: readonly string[]
  /** OpenAPI definition name of each type. */
  readonly modelNames: ReadonlyMap<string, string>
}

/** `+name=value` comment lines: name without the plus, every value in order. */
export type Markers = ReadonlyMap<string, readonly string[]>

export interface GoFile {
  readonly name: string
  readonly text: string
}

/** Its value, or the constant of another package that it converts: `AddressTypeIPv4 = AddressType(v1.IPv4Protocol)`. */
export type GoConstant =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly sameAs: { readonly package: string; readonly name: string } }

const builtins = new Set([
  'string', 'bool', 'int', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'byte', 'float32',
  'float64', 'any',
])

export function parseGoPackage(path: string, files: readonly GoFile[]): GoPackage {
  const declarations = new Map<string, GoDeclaration>()
  const constants = new Map<string, GoConstant[]>()
  const registered = new Set<string>()
  const modelNames = new Map<string, string>()
  let group = ''
  for (const { name, text: commented } of files) {
    const text = commented.replace(/^\s*\/\*[^]*?\*\/$/gm, '')
    if (name === 'zz_generated.model_name.go') {
      for (const [, type, model] of text.matchAll(
        /func \(in (\w+)\) OpenAPIModelName\(\) string \{\s*return "([^"]+)"/g,
      )) {
        modelNames.set(type!, model!)
      }
      continue
    }
    if (name === 'register.go') {
      group = /GroupName\s*=\s*"([^"]*)"/.exec(text)?.[1] ?? /^\/\/ \+groupName=(\S*)/m.exec(text)?.[1] ?? ''
      for (const [, type] of text.matchAll(/^\s*&(\w+)\{\},?/gm)) registered.add(type!)
    }
    for (const declaration of parseDeclarations(path, text)) declarations.set(declaration.name, declaration)
    for (const [type, constant] of parseConstants(text, parseImports(text))) {
      constants.set(type, [...(constants.get(type) ?? []), constant])
    }
  }
  return { path, group, declarations, constants, registered: [...registered], modelNames }
}

function parseDeclarations(path: string, text: string): GoDeclaration[] {
  const imports = parseImports(text)
  const found: GoDeclaration[] = []
  const lines = text.split('\n')
  let comments: string[] = []
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!
    if (/^\s*\/\//.test(line)) {
      comments.push(line)
      continue
    }
    const struct = /^type (\w+) struct \{(\})?\s*$/.exec(line) ?? /^type (\w+) struct\{(\})/.exec(line)
    const other = /^type (\w+) (= )?([\w.*[\]]+)\s*(\/\/.*)?$/.exec(line)
    if (struct) {
      const body: string[] = []
      if (!struct[2]) while (lines[++index] !== '}') body.push(lines[index]!)
      found.push({
        name: struct[1]!, markers: parseMarkers(comments),
        definition: { kind: 'struct', fields: parseFields(body, path, imports) },
      })
    } else if (other && other[3] !== 'interface') {
      const type = parseType(other[3]!, path, imports)
      found.push({
        name: other[1]!, markers: parseMarkers(comments), definition: { kind: other[2] ? 'alias' : 'named', type },
      })
    }
    comments = []
  }
  return found
}

function parseFields(lines: readonly string[], path: string, imports: ReadonlyMap<string, string>): GoField[] {
  const fields: GoField[] = []
  let comments: string[] = []
  for (const line of lines) {
    if (/^\s*\/\//.test(line)) {
      comments.push(line)
      continue
    }
    const match = /^\s*(?:(\w+)\s+)?([\w.*[\]]+)(?:\s+`([^`]*)`)?\s*(?:\/\/.*)?$/.exec(
      line.replace('interface{}', 'any'),
    )
    if (match) {
      const [, name, typeText, tagText] = match
      const type = parseType(typeText!, path, imports)
      const tags = new Map(
        [...(tagText ?? '').matchAll(/(\w+):"([^"]*)"/g)].map(([, key, value]) => [key!, value!] as const),
      )
      fields.push({
        name: name ?? nameOf(type), type, embedded: name === undefined, tags, markers: parseMarkers(comments),
      })
    } else if (line.trim() !== '') {
      throw new Error(`${path}: cannot read the field ${line.trim()}`)
    }
    comments = []
  }
  return fields
}

function nameOf(type: GoType): string {
  return type.kind === 'name' ? type.name : type.kind === 'pointer' ? nameOf(type.to) : ''
}

function parseType(text: string, path: string, imports: ReadonlyMap<string, string>): GoType {
  if (text.startsWith('*')) return { kind: 'pointer', to: parseType(text.slice(1), path, imports) }
  if (text.startsWith('[]')) return { kind: 'slice', of: parseType(text.slice(2), path, imports) }
  const map = /^map\[[\w.]+\](.+)$/.exec(text)
  if (map) return { kind: 'map', values: parseType(map[1]!, path, imports) }
  const [first, second] = text.split('.') as [string, string | undefined]
  if (second !== undefined) return { kind: 'name', package: imports.get(first) ?? first, name: second }
  return { kind: 'name', package: builtins.has(first) ? '' : path, name: first }
}

function parseImports(text: string): ReadonlyMap<string, string> {
  const imports = new Map<string, string>()
  for (const [, alias, path] of text.matchAll(/^\s*(?:import )?(\w+ )?"([\w./-]+\/[\w./-]+)"$/gm)) {
    imports.set(alias?.trim() ?? path!.slice(path!.lastIndexOf('/') + 1), path!)
  }
  return imports
}

function parseMarkers(comments: readonly string[]): Markers {
  const markers = new Map<string, string[]>()
  for (const comment of comments) {
    const match = /^\s*\/\/\s*\+([\w:.()-]+)(?:=(.*?))?\s*$/.exec(comment)
    if (match) markers.set(match[1]!, [...(markers.get(match[1]!) ?? []), match[2] ?? ''])
  }
  return markers
}

function* parseConstants(text: string, imports: ReadonlyMap<string, string>): Generator<[string, GoConstant]> {
  for (const [, name, type, value] of text.matchAll(/^\s*(?:const )?(\w+)\s+(\w+)\s*=\s*(?:\w+\()?"([^"]*)"\)?/gm)) {
    if (!name!.startsWith('var')) yield [type!, { name: name!, value: value! }]
  }
  for (const [, name, type, value] of text.matchAll(/^\s*(?:const )?(\w+)\s*=\s*(\w+)\("([^"]*)"\)/gm)) {
    yield [type!, { name: name!, value: value! }]
  }
  for (const [, name, type, alias, other] of text.matchAll(/^\s*(?:const )?(\w+)\s*=\s*(\w+)\((\w+)\.(\w+)\)/gm)) {
    const path = imports.get(alias!)
    if (path !== undefined) yield [type!, { name: name!, sameAs: { package: path, name: other! } }]
  }
}
