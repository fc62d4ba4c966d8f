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
 * Throws ApiError 406 when nothing that the client accepts can be served. `transforms`: tables and metadata are
 * possible here, or with 'metadata' that only: what is asked and never stored has no columns.
 */
export function negotiateForm(accept: string | undefined, transforms: boolean | 'metadata'): Form {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return plainJson
  const key = transforms === true ? accept : `${transforms} ${accept}`
  let form = cache.get(key)
  if (form === undefined && !cache.has(key)) {
    form = decide(accept, transforms)
    if (cache.size >= cacheLimit) cache.clear()
    cache.set(key, form)
  }
  if (!form) throw unacceptable()
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

interface Clause {
  readonly type: string
  readonly parameters: Readonly<Record<string, string>>
  readonly quality: number
}

function decide(accept: string, transforms: boolean | 'metadata'): Form | undefined {
  for (const { type, parameters } of parseAccept(accept)) {
    const media = mediaOf(type)
    if (!media) continue
    const as = transformOf(parameters, transforms !== false)
    if (!as) continue
    if (as === 'table' && (transforms === 'metadata' || media === 'protobuf')) continue
    const formVersion = parameters['v'] === 'v1beta1' ? 'meta.k8s.io/v1beta1' : 'meta.k8s.io/v1'
    return { media, as, formVersion, pretty: parameters['pretty'] === '1' }
  }
  return undefined
}

function mediaOf(type: string): MediaType | undefined {
  switch (type) {
    case '*/*': case 'application/*': case 'application/json': return 'json'
    case 'application/yaml': return 'yaml'
    case 'application/vnd.kubernetes.protobuf': return 'protobuf'
    default: return undefined
  }
}

function transformOf(parameters: Readonly<Record<string, string>>, transforms: boolean): Form['as'] | undefined {
  const kind = parameters['as']
  if (kind === undefined) return 'object'
  if (!transforms || parameters['g'] !== 'meta.k8s.io') return undefined
  if (parameters['v'] !== 'v1' && parameters['v'] !== 'v1beta1') return undefined
  if (kind === 'Table') return 'table'
  if (kind === 'PartialObjectMetadata') return 'metadata'
  return kind === 'PartialObjectMetadataList' ? 'metadataList' : undefined
}

/** The clauses of an Accept header, the most wanted first; of equals, the first. */
export function parseAccept(accept: string): Clause[] {
  const clauses = accept.split(',', maxClauses).map((clause): Clause => {
    const [type = '', ...rest] = clause.split(';')
    const parameters: Record<string, string> = Object.create(null) as Record<string, string>
    let quality = 1
    for (const parameter of rest) {
      const at = parameter.indexOf('=')
      if (at < 0) continue
      const name = parameter.slice(0, at).trim().toLowerCase()
      const value = parameter.slice(at + 1).trim().replace(/^"(.*)"$/, '$1')
      if (name === 'q') quality = Number(value) || 0
      else parameters[name] = value
    }
    return { type: type.trim().toLowerCase(), parameters, quality }
  })
  return clauses.toSorted((a, b) => b.quality - a.quality)
}
