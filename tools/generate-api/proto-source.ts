/** Reads .proto files (proto3, as far as CRI and containerd use it): messages, enums, services. */

export interface ProtoField {
  readonly name: string
  readonly number: number
  readonly type: string
  readonly repeated: boolean
  /** Values' type, for `map<string, …>`. */
  readonly mapValue: string | undefined
}

export interface ProtoMessage {
  readonly name: string
  readonly fields: readonly ProtoField[]
}

export interface ProtoMethod {
  readonly name: string
  readonly request: string
  readonly response: string
  readonly streams: boolean
}

export interface ProtoFile {
  readonly package: string
  readonly messages: readonly ProtoMessage[]
  /** Names by number; nested enums are prefixed with their message. */
  readonly enums: ReadonlyMap<string, readonly string[]>
  readonly services: readonly { readonly name: string; readonly methods: readonly ProtoMethod[] }[]
}

export function parseProto(source: string): ProtoFile {
  const text = source.replace(/\/\*[^]*?\*\//g, '').replace(/\/\/.*$/gm, '')
  const messages: ProtoMessage[] = []
  const enums = new Map<string, readonly string[]>()
  const services: { name: string; methods: ProtoMethod[] }[] = []
  for (const block of blocksOf(text)) {
    if (block.keyword === 'message') messages.push(parseMessage(block.name, block.body, enums))
    if (block.keyword === 'enum') enums.set(block.name, parseEnum(block.body))
    if (block.keyword === 'service') services.push({ name: block.name, methods: parseMethods(block.body) })
  }
  return { package: /^package ([\w.]+);/m.exec(text)![1]!, messages, enums, services }
}

interface Block {
  readonly keyword: string
  readonly name: string
  readonly body: string
  readonly start: number
  readonly end: number
}

/** Top-level `keyword name { … }` of a text. */
function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  const opening = /\b(message|enum|service|oneof)\s+(\w+)\s*\{/g
  for (let match = opening.exec(text); match; match = opening.exec(text)) {
    let depth = 1
    let end = opening.lastIndex
    for (; depth > 0; end++) depth += text[end] === '{' ? 1 : text[end] === '}' ? -1 : 0
    blocks.push({
      keyword: match[1]!, name: match[2]!, body: text.slice(opening.lastIndex, end - 1), start: match.index, end,
    })
    opening.lastIndex = end
  }
  return blocks
}

function parseMessage(name: string, body: string, enums: Map<string, readonly string[]>): ProtoMessage {
  let rest = body
  const local = new Map<string, string>()
  for (const block of blocksOf(body).toReversed()) {
    rest = rest.slice(0, block.start) + (block.keyword === 'oneof' ? block.body : '') + rest.slice(block.end)
    if (block.keyword === 'enum') {
      local.set(block.name, `${name}${block.name}`)
      enums.set(`${name}${block.name}`, parseEnum(block.body))
    }
  }
  const fields = [
    ...rest.matchAll(/(repeated\s+)?(map\s*<\s*\w+\s*,\s*([\w.]+)\s*>|[\w.]+)\s+(\w+)\s*=\s*(\d+)\s*(?:\[[^\]]*\])?;/g),
  ]
    .filter(([, , type]) => type !== 'option')
    .map(([, repeated, type, mapValue, field, number]) => ({
      name: camel(field!), number: Number(number), type: local.get(type!) ?? type!, repeated: repeated !== undefined,
      mapValue,
    }))
  return { name, fields }
}

function parseEnum(body: string): readonly string[] {
  const names: string[] = []
  for (const [, name, number] of body.matchAll(/(\w+)\s*=\s*(\d+)\s*;/g)) names[Number(number)] ??= name!
  return Array.from(names, (name) => name ?? '')
}

function parseMethods(body: string): ProtoMethod[] {
  return [...body.matchAll(/rpc\s+(\w+)\s*\(\s*([\w.]+)\s*\)\s*returns\s*\(\s*(stream\s+)?([\w.]+)\s*\)/g)].map(
    ([, name, request, stream, response]) => ({
      name: name!, request: request!, response: response!, streams: stream !== undefined,
    }),
  )
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}
