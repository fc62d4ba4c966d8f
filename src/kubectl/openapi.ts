/** Explains a field by the server's OpenAPI v3 document of its group and version. */
import { CommandError } from './errors.ts'
import { at, isObject, listAt, sortedEntries, textAt, type Json } from './fields.ts'
import { wrapText } from './print/wrap.ts'
import { apiVersionOf, type Resource } from './resources.ts'
import type { Session } from './session.ts'

export async function fetchDocument(session: Session, resource: Pick<Resource, 'group' | 'version' | 'name'>): Promise<Json> {
  const requests = await session.requests()
  const index = await requests.json({ path: '/openapi/v3' })
  const path = resource.group === '' ? `api/${resource.version}` : `apis/${apiVersionOf(resource)}`
  const relative = textAt(index, 'paths', path, 'serverRelativeURL')
  if (relative === '') throw new CommandError(
      `couldn't find resource for "${resource.group}/${resource.version}, Resource=${resource.name}"`,
    )
  return await requests.json({ path: relative }) as Json
}

interface Explainer {
  readonly document: Json
  readonly recursive: boolean
}

/** What the explanation begins with; printed even when there is no such field. */
export function explainHead({ group, version, kind }: Resource): string {
  return `${group === '' ? '' : `GROUP:      ${group}\n`}KIND:       ${kind}\nVERSION:    ${version}\n\n`
}

/** Throws for a field that does not exist. */
export function explainBody(
  document: Json,
  resource: Resource,
  fieldPath: readonly string[],
  recursive: boolean,
): string {
  const { group, version, kind } = resource
  const schema = Object.values(at(document, 'components', 'schemas') as Json ?? {}).find((candidate) =>
    listAt(candidate, 'x-kubernetes-group-version-kind').some((gvk) =>
      textAt(gvk, 'group') === group && textAt(gvk, 'version') === version && textAt(gvk, 'kind') === kind))
  if (schema === undefined) throw new CommandError(`GVK ${group}/${version}, Kind=${kind} not found in OpenAPI schema`)
  const text = describe({ document, recursive }, schema, fieldPath, new Set())
  if (text === '') throw new CommandError(`field "${fieldPath.at(-1)}" does not exist`)
  return `${text}\n`
}

function resolve({ document }: Explainer, schema: unknown): { readonly reference: string; readonly resolved: Json } {
  const reference = textAt(schema, '$ref')
  const target = reference.startsWith('#/') ? at(document, ...reference.slice(2).split('/')) : undefined
  return { reference, resolved: isObject(target) ? target : isObject(schema) ? schema : {} }
}

/** Of the schema at the end of the path; empty when there is no such field. */
function describe(explainer: Explainer, schema: unknown, path: readonly string[], seen: ReadonlySet<string>): string {
  const { reference, resolved } = resolve(explainer, schema)
  const [field, ...rest] = path
  if (field === undefined) {
    const fields = listFields(explainer, resolved, 1, new Set())
    const text = describeAll(explainer, resolved, new Set()) || '<empty>'
    return `DESCRIPTION:\n${indent(4, wrapText(text, 76))}\n${externalDocs(resolved)}${fields === '' ? '' : `FIELDS:\n${fields}`}`
  }
  if (reference !== '' && seen.has(reference)) return ''
  const next = new Set(seen).add(reference)
  const property = at(resolved, 'properties', field)
  if (property !== undefined) {
    const head = rest.length > 0 ? '' : `FIELD: ${field} <${guessType(explainer, property)}>\n${longEnum(property)}\n\n`
    const inner = describe(explainer, property, rest, new Set())
    return inner === '' ? '' : head + inner
  }
  if (isObject(resolved['items'])) return describe(explainer, resolved['items'], path, next)
  if (isObject(resolved['additionalProperties'])) {
    return describe(explainer, resolved['additionalProperties'], path, next)
  }
  for (const alternative of listAt(resolved, 'allOf')) {
    const text = describe(explainer, alternative, path, next)
    if (text !== '') return text
  }
  return ''
}

function describeAll(explainer: Explainer, schema: unknown, seen: ReadonlySet<string>): string {
  const { reference, resolved } = resolve(explainer, schema)
  if (reference !== '' && seen.has(reference)) return ''
  const next = new Set(seen).add(reference)
  const own = textAt(resolved, 'description')
  return (
    (own === '' ? '' : `${own}\n`)
    + children(resolved)
      .map((child) => describeAll(explainer, child, next))
      .join('')
  )
}

function children(schema: Json): readonly unknown[] {
  return [...listAt(schema, 'allOf'), ...[schema['items'], schema['additionalProperties']].filter(isObject)]
}

function externalDocs(schema: Json): string {
  const docs = at(schema, 'externalDocs')
  if (docs === undefined) return ''
  const [description, url] = [textAt(docs, 'description'), textAt(docs, 'url')]
  return `\nEXTERNAL DOCS:\n${description === '' ? '' : `${indent(4, wrapText(description, 76))}\n`}${url === '' ? '' : `    URL: ${url}\n`}`
}

function listFields(explainer: Explainer, schema: unknown, level: number, seen: ReadonlySet<string>): string {
  const { reference, resolved } = resolve(explainer, schema)
  if (reference !== '' && seen.has(reference)) return ''
  const next = new Set(seen).add(reference)
  const own = sortedEntries(isObject(resolved['properties']) ? resolved['properties'] : {}).map(
    ([name, field]) =>
      describeField(explainer, resolved, name, field, level)
      + (explainer.recursive ? listFields(explainer, field, level + 1, next) : ''),
  )
  return own.join('') + children(resolved).map((child) => listFields(explainer, child, level, next)).join('')
}

function describeField(explainer: Explainer, schema: Json, name: string, field: unknown, level: number): string {
  const amount = level * 2
  const required = listAt(schema, 'required').includes(name) ? ' -required-' : ''
  const head = `${' '.repeat(amount)}${name}\t<${guessType(explainer, field)}>${required}${shortEnum(field, amount)}\n`
  if (explainer.recursive) return head
  const description = textAt(field, 'description') || '<no description>'
  return `${head}${indent(amount + 2, wrapText(description, 78 - amount))}\n\n`
}

function guessType(explainer: Explainer, schema: unknown): string {
  const items = at(schema, 'items')
  if (items !== undefined) return `[]${guessType(explainer, items)}`
  const values = at(schema, 'additionalProperties')
  if (isObject(values)) return `map[string]${guessType(explainer, values)}`
  const all = listAt(schema, 'allOf')
  if (all.length === 1 && at(schema, 'properties') === undefined) return guessType(explainer, all[0])
  const { reference, resolved } = resolve(explainer, schema)
  if (reference !== '') {
    const type = textAt(resolved, 'type')
    return type === '' || type === 'object' ? reference.split('/').at(-1)!.split('.').at(-1) || 'Object' : type
  }
  const type = textAt(schema, 'type')
  return type === '' || type === 'object' ? 'Object' : type
}

const shownValues = 4

function shortEnum(schema: unknown, amount: number): string {
  const values = listAt(schema, 'enum').map(formatValue)
  if (values.length === 0) return ''
  return `\n${' '.repeat(amount)}enum: ${values.slice(0, shownValues).join(', ')}${values.length > shownValues ? ', ....' : ''}`
}

function longEnum(schema: unknown): string {
  const values = listAt(schema, 'enum').map(formatValue)
  return values.length === 0 ? '' : `ENUM:${values.map((value) => `\n    ${value}`).join('')}`
}

function formatValue(value: unknown): string {
  return value === '' ? '""' : String(value)
}

function indent(amount: number, text: string): string {
  const padding = ' '.repeat(amount)
  return padding + text.replaceAll('\n', `\n${padding}`)
}
