/** Explains a field by the server's OpenAPI v2 document, in the older form of `--output=plaintext-openapiv2`. */
import { CommandError } from './errors.ts'
import { at, isObject, listAt, sortedEntries, textAt, type Json } from './fields.ts'
import { wrapText } from './print/wrap.ts'
import { apiVersionOf, type Resource } from './resources.ts'

const width = 80
const descriptionIndent = 5
const fieldIndent = 3
const indentOfText = 2

/** The whole answer. Throws for a kind or a field that the document does not have. */
export function explainByV2(
  document: Json, resource: Resource, fieldPath: readonly string[], isRecursive: boolean,
): string {
  const { group, version, kind } = resource
  const schema = Object.values(at(document, 'definitions') as Json ?? {}).find((candidate) =>
    listAt(candidate, 'x-kubernetes-group-version-kind').some((gvk) =>
      textAt(gvk, 'group') === group && textAt(gvk, 'version') === version && textAt(gvk, 'kind') === kind))
  if (!isObject(schema)) {
    throw new CommandError(`couldn't find resource for "${apiVersionOf(resource)}, Kind=${kind}"`)
  }
  const explainer = { document, isRecursive }
  const field = lookUp(explainer, schema, fieldPath)
  const head = `KIND:     ${kind}\nVERSION:  ${apiVersionOf(resource)}\n\n`
  return head + describe(explainer, field, fieldPath.at(-1) ?? '')
}

interface Explainer {
  readonly document: Json
  readonly isRecursive: boolean
}

function targetOf({ document }: Explainer, schema: Json): Json | undefined {
  const reference = textAt(schema, '$ref')
  if (reference === '') return undefined
  const target = at(document, ...reference.slice(2).split('/'))
  return isObject(target) ? target : {}
}

/** Of a list or a map: what its items are; undefined for everything else. */
function innerOf(schema: Json): Json | undefined {
  if (textAt(schema, 'type') === 'array') return asSchema(schema['items'])
  const isMap = textAt(schema, 'type') === 'object' && !isObject(schema['properties'])
  return isMap ? asSchema(schema['additionalProperties']) : undefined
}

function asSchema(value: unknown): Json {
  return isObject(value) ? value : {}
}

/** Lists, maps and references are passed through on the way. */
function lookUp(explainer: Explainer, schema: Json, path: readonly string[]): Json {
  const [field, ...rest] = path
  if (field === undefined) return schema
  const through = targetOf(explainer, schema) ?? innerOf(schema)
  if (through) return lookUp(explainer, through, path)
  const properties = schema['properties']
  if (!isObject(properties)) return schema
  const found = properties[field]
  if (!isObject(found)) throw new CommandError(`field "${field}" does not exist`)
  return lookUp(explainer, found, rest)
}

function describe(explainer: Explainer, schema: Json, name: string): string {
  const descriptions: string[] = []
  let current = schema
  for (let next: Json | undefined = current; next; next = targetOf(explainer, current) ?? innerOf(current)) {
    current = next
    descriptions.push(textAt(current, 'description'))
  }
  const type = typeName(explainer, schema)
  const text = formatDescriptions(descriptions)
  if (isObject(current['properties'])) {
    const title = name === '' ? '' : `RESOURCE: ${name} <${type}>\n\n`
    return `${title}${text}\nFIELDS:\n${formatFields(explainer, current, fieldIndent, new Set())}`
  }
  const isArbitrary = textAt(current, 'type') === ''
  return `${isArbitrary ? '' : `FIELD:    ${name} <${type}>\n\n`}${text}`
}

function formatDescriptions(descriptions: readonly string[]): string {
  const parts = descriptions.flatMap((text, index) =>
    text === '' ? [] : [(index === 0 ? '' : '\n') + indented(text, descriptionIndent)])
  return `DESCRIPTION:\n${parts.length === 0 ? indented('<empty>', descriptionIndent) : parts.join('')}`
}

function indented(text: string, amount: number): string {
  if (text === '') return ''
  const padding = ' '.repeat(amount)
  return wrapText(text, width - amount).split('\n').map((line) => line === '' ? '\n' : `${padding}${line}\n`).join('')
}

function formatFields(explainer: Explainer, schema: Json, amount: number, seen: ReadonlySet<string>): string {
  return sortedEntries(asSchema(schema['properties'])).map(([name, field]) => {
    const value = asSchema(field)
    const head = `${' '.repeat(amount)}${name}\t<${typeName(explainer, value)}>`
    if (explainer.isRecursive) return `${head}\n${nestedFields(explainer, value, amount + fieldIndent, seen)}`
    const required = listAt(schema, 'required').includes(name) ? ' -required-' : ''
    return `${head}${required}\n${indented(textAt(value, 'description'), amount + indentOfText)}\n`
  }).join('')
}

/** Types that contain themselves are shown once. */
function nestedFields(explainer: Explainer, schema: Json, amount: number, seen: ReadonlySet<string>): string {
  const reference = textAt(schema, '$ref')
  if (reference !== '') {
    if (seen.has(reference)) return ''
    return nestedFields(explainer, targetOf(explainer, schema)!, amount, new Set(seen).add(reference))
  }
  const inner = innerOf(schema)
  return inner ? nestedFields(explainer, inner, amount, seen) : formatFields(explainer, schema, amount, seen)
}

function typeName(explainer: Explainer, schema: Json): string {
  const target = targetOf(explainer, schema)
  if (target) return typeName(explainer, target)
  const inner = innerOf(schema)
  const type = textAt(schema, 'type')
  if (inner) return `${type === 'array' ? '[]' : 'map[string]'}${typeName(explainer, inner)}`
  return isObject(schema['properties']) ? 'Object' : type
}
