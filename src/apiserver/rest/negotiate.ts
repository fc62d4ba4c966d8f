/** Content negotiation: which form of an answer the client wants (upstream: endpoints/handlers/negotiation). */
import { notAcceptable, type ApiError } from '#machinery/errors/api-error.ts'
import type { HttpRequest } from '#world/http.ts'

export type MediaType = 'json' | 'yaml' | 'protobuf'

export interface Form {
  readonly media: MediaType
  /** The object itself, a table of its columns, or the metadata only, of one or of a list. */
  readonly as: 'object' | 'table' | 'metadata' | 'metadataList'
  /** The apiVersion of tables and metadata. */
  readonly formVersion: 'meta.k8s.io/v1' | 'meta.k8s.io/v1beta1'
  /** Indented. */
  readonly pretty: boolean
}

export const contentTypes: Readonly<Record<MediaType, string>> = {
  json: 'application/json', yaml: 'application/yaml', protobuf: 'application/vnd.kubernetes.protobuf',
}

export const plainJson: Form = { media: 'json', as: 'object', formVersion: 'meta.k8s.io/v1', pretty: false }
const maxClauses = 64
const cacheLimit = 256
/** Clients repeat a handful of Accept headers for ever. */
const cache = new Map<string, Form | undefined>()

/**
 * Which forms beside the object itself there are. 'metadata': no tables, as what is asked and never stored has no
 * columns; 'custom': all, but the object itself not as protobuf.
 */
export type Transforms = boolean | 'metadata' | 'custom'

/** Throws ApiError 406 when nothing that the client accepts can be served. */
export function negotiateForm(accept: string | undefined, transforms: Transforms): Form {
  const form = formOrNone(accept, transforms)
  if (!form) throw unacceptable()
  return form
}

/** The same, for who has an answer anyway: undefined when the client accepts nothing that can be served. */
export function formOrNone(accept: string | undefined, transforms: Transforms = false): Form | undefined {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return plainJson
  const key = transforms === true ? accept : `${transforms} ${accept}`
  let form = cache.get(key)
  if (form === undefined && !cache.has(key)) {
    form = decide(accept, transforms)
    if (cache.size >= cacheLimit) cache.clear()
    cache.set(key, form)
  }
  return form
}

/** Whether JSON is to be indented: as the query says, or else for clients in front of which people sit. */
export function wantsPretty({ query, headers }: Pick<HttpRequest, 'query' | 'headers'>): boolean {
  const asked = query.includes('pretty') ? new URLSearchParams(query).get('pretty') : null
  if (asked) return trueTexts.has(asked)
  const agent = headers['user-agent']
  return agent !== undefined && agentsOfPeople.test(agent)
}

/** What Go's strconv.ParseBool takes for true. */
const trueTexts: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])
const agentsOfPeople = /^(?:curl|Wget|Mozilla\/5\.0)/

/** Watches are served in these only. Throws ApiError 406. */
export function requireStreamForm({ media }: Form): void {
  if (media !== 'yaml') return
  throw notAcceptable([contentTypes.json, contentTypes.protobuf].map((type) => `${type};stream=watch`))
}

function unacceptable(): ApiError {
  return notAcceptable([contentTypes.json, contentTypes.yaml, contentTypes.protobuf])
}

export interface Clause {
  readonly type: string
  readonly subtype: string
  readonly parameters: ReadonlyMap<string, string>
  readonly quality: number
}

function decide(accept: string, transforms: Transforms): Form | undefined {
  for (const { type, subtype, parameters } of parseAccept(accept)) {
    for (const media of mediaTypes) {
      if (!matches(type, subtype, media)) continue
      const form = formOf(media, parameters, transforms)
      if (form) return form
    }
  }
  return undefined
}

const mediaTypes: readonly MediaType[] = ['json', 'yaml', 'protobuf']

function matches(type: string, subtype: string, media: MediaType): boolean {
  if (type === '*') return subtype === '*'
  return type === 'application' && (subtype === '*' || contentTypes[media] === `application/${subtype}`)
}

/** Undefined: this form is not served. Parameters that nobody knows are nobody's business. */
function formOf(
  media: MediaType, parameters: ReadonlyMap<string, string>, transforms: Transforms,
): Form | undefined {
  const stream = parameters.get('stream')
  if (stream && (stream !== 'watch' || media === 'yaml')) return undefined
  // The version of its own that a server may be asked for.
  const server = parameters.get('sv')
  if (server && (server !== 'v1' || transforms === false)) return undefined
  const pretty = parameters.get('pretty') === '1'
  if (!['as', 'g', 'v'].some((name) => parameters.has(name))) {
    if (transforms === 'custom' && media === 'protobuf') return undefined
    return { media, as: 'object', formVersion: 'meta.k8s.io/v1', pretty }
  }
  const as = transformOf(parameters.get('as') ?? '')
  const formVersion = `${parameters.get('g') ?? ''}/${parameters.get('v') ?? ''}`
  if (transforms === false || !as || (formVersion !== 'meta.k8s.io/v1' && formVersion !== 'meta.k8s.io/v1beta1')) {
    return undefined
  }
  if (as === 'table' && (transforms === 'metadata' || media === 'protobuf')) return undefined
  return { media, as, formVersion, pretty }
}

function transformOf(kind: string): Form['as'] | undefined {
  switch (kind) {
    case 'Table': return 'table'
    case 'PartialObjectMetadata': return 'metadata'
    case 'PartialObjectMetadataList': return 'metadataList'
    default: return undefined
  }
}

/** The clauses of an Accept header, the most wanted first (upstream: munnerz/goautoneg, with its order of equals). */
export function parseAccept(accept: string): readonly Clause[] {
  const clauses: Clause[] = []
  for (const text of accept.split(',', maxClauses)) {
    const clause = parseClause(text)
    if (!clause) continue
    // Its order is none that every sort could keep to, so this is the sort that it uses for a handful.
    let at = clauses.push(clause) - 1
    for (; at > 0 && isPreferred(clause, clauses[at - 1]!); at--) clauses[at] = clauses[at - 1]!
    clauses[at] = clause
  }
  return clauses
}

function isPreferred(one: Clause, other: Clause): boolean {
  return one.quality > other.quality || (one.type !== '*' && other.type === '*')
    || (one.subtype !== '*' && other.subtype === '*')
}

function parseClause(text: string): Clause | undefined {
  const [range = '', ...rest] = trimSpaces(text).split(';')
  const [type, subtype = '', ...more] = range.split('/').map(trimSpaces)
  if (type === undefined || more.length > 0 || (subtype === '' && type !== '*')) return undefined
  const parameters = new Map<string, string>()
  let quality = 1
  for (const parameter of rest) {
    const [name, value, ...others] = parameter.split('=')
    if (!value || others.length > 0) continue
    const token = trimSpaces(name!)
    if (token === 'q') quality = Number(value) || 0
    else parameters.set(token, trimSpaces(value))
  }
  return { type, subtype: subtype || '*', parameters, quality }
}

function trimSpaces(text: string): string {
  return text.replace(/^ +| +$/g, '')
}

/** The body's media type as Go's mime.ParseMediaType reads it, in lower case; undefined: it is none. */
export function parseMediaType(header: string): string | undefined {
  const [type = ''] = header.split(';', 1)
  const parsed = mediaTypeForm.exec(header)
  if (!parsed) return undefined
  const seen = new Map<string, string>()
  for (const [, name, value] of parsed[1]!.matchAll(parameterForm)) {
    const key = name!.toLowerCase()
    if (seen.has(key) && seen.get(key) !== value) return undefined
    seen.set(key, value!)
  }
  return type.trim().toLowerCase()
}

const tokenForm = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const parameterText = `;\\s*${tokenForm}\\s*=\\s*(?:${tokenForm}|"(?:[^"\\\\\\r\\n]|\\\\.)*")\\s*`
const mediaTypeForm = new RegExp(`^\\s*${tokenForm}(?:/${tokenForm})?\\s*((?:${parameterText})*)(?:;\\s*)?$`)
const parameterForm = new RegExp(`;\\s*(${tokenForm})\\s*=\\s*(${tokenForm}|"(?:[^"\\\\\\r\\n]|\\\\.)*")`, 'g')
