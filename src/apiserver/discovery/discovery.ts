/** Serves discovery: `/api`, `/apis` and what lies below, legacy or aggregated as the client accepts. */
import { utf8Encode } from '#base/bytes.ts'
import type { KubeObject } from '#machinery/meta/object.ts'
import type { HttpResponse } from '#world/http.ts'
import type { Exchange } from '../exchange.ts'
import type { KindRegistry } from '../kind-registry.ts'
import type { PathHandler } from '../paths.ts'
import type { RestContext } from '../rest/context.ts'
import { contentTypes, negotiateForm, parseAccept, plainJson, wantsPretty, type Form } from '../rest/negotiate.ts'
import { producedByVerbs, requireProduced } from '../rest/route-media.ts'
import type { WireCodec } from '../rest/wire-codec.ts'
import { isGetOnly } from '../routes.ts'
import {
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
  etagOf,
  groupDiscoveryList,
  groupsOf,
  type DiscoveryGroup,
  type ForeignVersions,
} from './documents.ts'

interface Document {
  readonly bytes: Uint8Array
  readonly contentType: string
  readonly etag: string | undefined
}

/** `serverAddress` is what clients without a better way to reach the server are told. */
export function serveDiscovery(
  { kinds, wire }: Pick<RestContext, 'kinds' | 'wire'>, serverAddress: string, foreign: ForeignVersions | undefined,
): PathHandler {
  let cachedAt = ''
  let cache = new Map<string, Document | undefined>()
  return (exchange) => {
    const { path, headers } = exchange.request
    if (path !== '/api' && path !== '/apis' && !path.startsWith('/api/') && !path.startsWith('/apis/')) return undefined
    const generation = `${kinds.generation} ${foreign?.generation ?? 0}`
    if (cachedAt !== generation) {
      cachedAt = generation
      cache = new Map()
    }
    const wanted =
      path === '/api' || path === '/apis' || path === '/api/' || path === '/apis/'
        ? aggregatedVersion(headers['accept'])
        : undefined
    const own = path.endsWith('/') ? path.slice(0, -1) : path
    const form = wanted === undefined ? formOf(exchange, own, kinds) : plainJson
    const key = `${own} ${wanted ?? `${form.media} ${form.pretty}`}`
    let document = cache.get(key)
    if (!document) {
      document = render(groupsOf(kinds.kinds, foreign), own, { aggregated: wanted, ...form }, serverAddress, wire)
      // Only documents that exist are kept: unknown paths are the client's choice, memory is ours.
      if (document) cache.set(key, document)
    }
    return document && answer(exchange, document)
  }
}

function answer({ request }: Exchange, { bytes, contentType, etag }: Document): HttpResponse {
  const headers: Record<string, string> = { 'content-type': contentType }
  if (etag !== undefined) {
    Object.assign(headers, { 'etag': etag, 'vary': 'Accept', 'cache-control': 'public' })
    if (request.headers['if-none-match'] === etag) return { status: 304, headers, body: { type: 'none' } }
  }
  return { status: 200, headers, body: { type: 'bytes', chunks: [bytes] } }
}

/** Throws ApiError 406 where nothing that the client accepts is served. */
function formOf({ request }: Exchange, path: string, kinds: KindRegistry): Form {
  const accept = request.headers['accept']
  if (isGetOnly(path, kinds)) requireProduced(accept, producedByVerbs)
  const form = negotiateForm(accept, false)
  return wantsPretty(request) ? { ...form, pretty: true } : form
}

/** The first acceptable aggregated form, if the client wants one before plain JSON. */
function aggregatedVersion(accept: string | undefined): 'v2' | 'v2beta1' | undefined {
  if (!accept?.includes('apidiscovery.k8s.io')) return undefined
  for (const { type, subtype, parameters } of parseAccept(accept)) {
    if (!(type === '*' || (type === 'application' && (subtype === '*' || subtype === 'json')))) continue
    if (!parameters.has('as')) return undefined
    if (parameters.get('as') !== 'APIGroupDiscoveryList' || parameters.get('g') !== 'apidiscovery.k8s.io') continue
    const version = parameters.get('v')
    if (version === 'v2' || version === 'v2beta1') return version
  }
  return undefined
}

interface DocumentForm extends Form {
  readonly aggregated: 'v2' | 'v2beta1' | undefined
}

function render(
  groups: readonly DiscoveryGroup[], path: string, { aggregated, media, pretty }: DocumentForm, serverAddress: string,
  wire: WireCodec,
): Document | undefined {
  if (aggregated) {
    const text = `${JSON.stringify(groupDiscoveryList(groups, aggregated, path === '/api'))}\n`
    const contentType = `application/json;g=apidiscovery.k8s.io;v=${aggregated};as=APIGroupDiscoveryList`
    return { bytes: utf8Encode(text), contentType, etag: etagOf(text) }
  }
  const [, prefix, first, second, ...more] = path.split('/')
  if (more.length > 0) return undefined
  const plain = (value: unknown): Document => ({
    bytes: media === 'json' ? jsonOf(value, pretty) : wire.encode(media, value as KubeObject, false),
    contentType: contentTypes[media],
    etag: undefined,
  })
  if (first === undefined) return plain(prefix === 'api' ? apiVersions(serverAddress) : apiGroupList(groups))
  const group = groups.find(({ name }) => name === (prefix === 'api' ? '' : first))
  if (!group) return undefined
  const wanted = prefix === 'api' ? first : second
  if (wanted === undefined) return plain(apiGroup(group))
  const version = group.versions.find((candidate) => candidate.version === wanted)
  return version && (prefix === 'apis' || second === undefined)
    ? plain(apiResourceList(group.name, version))
    : undefined
}


function jsonOf(value: unknown, pretty: boolean): Uint8Array {
  return utf8Encode(pretty ? JSON.stringify(value, undefined, 2) : `${JSON.stringify(value)}\n`)
}
