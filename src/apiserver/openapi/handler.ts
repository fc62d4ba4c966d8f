/**
 * Serves `/openapi/v2`, `/openapi/v3` and `/openapi/v3/<group-version>`; documents are rendered when first asked for
 * and then kept.
 */
import { hexEncode, utf8Encode } from '#base/bytes.ts'
import { sha256 } from '#base/sha256.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { SchemaTable } from '#machinery/schema/table.ts'
import {
  documentsOf,
  kindsIn,
  renderOpenApiV2,
  renderOpenApiV3,
  type DocumentSource,
  type RenderOptions,
} from './documents.ts'
import { encodeOpenApiV3 } from './gnostic-v3.ts'
import { encodeOpenApiV2 } from './gnostic.ts'
import { mergeParts, type ForeignPart } from './merge.ts'
import { upgradePart } from './upgrade.ts'

export interface OpenApiRequest {
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  readonly accept: string | undefined
  readonly ifNoneMatch: string | undefined
}

export interface OpenApiResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
}

/** undefined: the path is not one of OpenAPI's. */
export type OpenApiHandler = (request: OpenApiRequest) => OpenApiResponse | undefined

export interface OpenApiHandlerOptions extends RenderOptions {
  /** The kinds of now; a new array when they have changed. */
  readonly kinds: () => readonly AnyKind[]
  readonly table: SchemaTable
  /** What other servers have to add, as it is now. */
  readonly foreign?: ForeignDocuments
  /** Milliseconds since 1970, for the Expires header. */
  readonly now: () => number
}

/** Documents of other servers, whose kinds are served through this one. */
export interface ForeignDocuments {
  /** Grows with each change. */
  readonly generation: number
  v2(): readonly ForeignPart[]
  /** Where each document of v3 is, by key: a path of this server, with the hash of the content. */
  v3(): ReadonlyMap<string, string>
  /** By key: what a server has said in v2 alone, to be told in v3. */
  withoutV3(): ReadonlyMap<string, ForeignPart>
}

const json = 'application/json'
const protobufV2 = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'
const protobufV2Deprecated = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
const protobufV3 = 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf'
const protobufV3Deprecated = 'application/com.github.proto-openapi.spec.v3@v1.0+protobuf'
const year = 365 * 24 * 3600 * 1000

interface Documents {
  readonly kinds: readonly AnyKind[]
  readonly generation: number
  readonly sources: ReadonlyMap<string, DocumentSource>
  readonly bytes: Map<string, Uint8Array>
  readonly hashes: Map<string, string>
}

export function createOpenApiHandler(options: OpenApiHandlerOptions): OpenApiHandler {
  let documents: Documents | undefined
  const current = (): Documents => {
    const kinds = options.kinds()
    const generation = options.foreign?.generation ?? 0
    const isCurrent = documents?.kinds === kinds && documents.generation === generation
    if (!documents || !isCurrent) {
      documents = { kinds, generation, sources: documentsOf(kinds), bytes: new Map(), hashes: new Map() }
    }
    return documents
  }
  return (request) => {
    const path = request.path.replace(/\/$/, '')
    if (path === '/openapi/v2') return serveV2(request, current(), options)
    if (path === '/openapi/v3') return serveIndex(request, current(), options)
    return path.startsWith('/openapi/v3/')
      ? serveV3(request, path.slice('/openapi/v3/'.length), current(), options)
      : undefined
  }
}

function serveIndex(request: OpenApiRequest, documents: Documents, options: OpenApiHandlerOptions): OpenApiResponse {
  const bytes = remember(documents, 'index', () => {
    const urls = new Map(options.foreign?.v3())
    for (const [key, part] of options.foreign?.withoutV3() ?? []) urls.set(key, urlOf(key, upgradedHash(part)))
    for (const [key, source] of documents.sources) urls.set(key, urlOf(key, hashOf(documents, key, source, options)))
    const sorted = [...urls].toSorted(([a], [b]) => (a < b ? -1 : 1))
    const paths = sorted.map(([key, url]) => [key, { serverRelativeURL: url }])
    return utf8Encode(JSON.stringify({ paths: Object.fromEntries(paths) }))
  })
  return answer(request, bytes, hexEncode(sha256(bytes)).toUpperCase(), json)
}

function serveV3(
  request: OpenApiRequest,
  key: string,
  documents: Documents,
  options: OpenApiHandlerOptions,
): OpenApiResponse {
  const source = documents.sources.get(key)
  const part = source ? undefined : options.foreign?.withoutV3().get(key)
  if (!source && !part) {
    return {
      status: 404,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      bytes: utf8Encode('404 page not found\n'),
    }
  }
  const type = accepted(request.accept, [json, protobufV3, protobufV3Deprecated])
  if (!type) return notAcceptable
  const form = type === json ? json : protobufV3
  const hash = source ? hashOf(documents, key, source, options) : upgradedHash(part!)
  const asked = new URLSearchParams(request.query).get('hash')
  if (asked && asked !== hash) {
    return { status: 301, headers: { location: urlOf(key, hash), vary: 'Accept' }, bytes: new Uint8Array() }
  }
  const bytes = remember(documents, `${key} ${form}`, () => {
    const document = source ? renderOpenApiV3(source, documents.kinds, options.table, options)
      : upgradePart(part!, options.serverVersion)
    return form === json ? utf8Encode(JSON.stringify(document)) : encodeOpenApiV3(document)
  })
  const response = answer(request, bytes, hash, form)
  if (!asked) return response
  // Only a document that is named by its content may be kept without asking again.
  const forever = { 'cache-control': 'public, immutable', expires: new Date(options.now() + year).toUTCString() }
  return { ...response, headers: { ...response.headers, ...forever } }
}

function serveV2(request: OpenApiRequest, documents: Documents, options: OpenApiHandlerOptions): OpenApiResponse {
  const type = accepted(request.accept, [json, protobufV2, protobufV2Deprecated])
  if (!type) return notAcceptable
  const form = type === json ? json : protobufV2
  const parts = options.foreign?.v2() ?? []
  const bytes = remember(documents, `v2 ${form}`, () => {
    const document = mergeParts(renderOpenApiV2(documents.kinds, options.table, options), parts)
    return form === json ? utf8Encode(JSON.stringify(document)) : encodeOpenApiV2(document)
  })
  const all = [...documents.sources].map(([key, source]) => hashOf(documents, key, source, options))
  return answer(request, bytes, digest([...all, ...parts.map(({ etag }) => etag)].join(' ') + form), form)
}

const notAcceptable: OpenApiResponse = { status: 406, headers: { vary: 'Accept' }, bytes: new Uint8Array() }

function answer({ ifNoneMatch }: OpenApiRequest, bytes: Uint8Array, hash: string, type: string): OpenApiResponse {
  const headers = { 'content-type': type, etag: `"${hash}"`, vary: 'Accept' }
  const unchanged = ifNoneMatch?.split(',').some((each) => each.trim().replace(/^W\//, '') === headers.etag)
  return unchanged ? { status: 304, headers, bytes: new Uint8Array() } : { status: 200, headers, bytes }
}

/** The first of the client's types that we have, in the client's order of preference; without a header, our first. */
function accepted(header: string | undefined, types: readonly string[]): string | undefined {
  if (!header) return types[0]
  const ranges = header
    .split(',')
    .map((each, index) => {
      const [type = '', ...parameters] = each.split(';').map((part) => part.trim())
      const quality = Number(parameters.find((part) => part.startsWith('q='))?.slice(2) ?? 1)
      return { type, quality, index }
    })
    .filter(({ quality }) => quality > 0)
    .toSorted((left, right) => right.quality - left.quality || left.index - right.index)
  for (const { type } of ranges) {
    const found = types.find((each) => type === each || type === '*/*' || (type === 'application/*'))
    if (found) return found
  }
  return undefined
}

function remember(documents: Documents, key: string, render: () => Uint8Array): Uint8Array {
  const known = documents.bytes.get(key)
  if (known) return known
  const bytes = render()
  documents.bytes.set(key, bytes)
  return bytes
}

/** Names the content of a document by what it is made of, so that an index does not need every document. */
function hashOf(documents: Documents, key: string, source: DocumentSource, options: OpenApiHandlerOptions): string {
  const known = documents.hashes.get(key)
  if (known) return known
  const content = !('version' in source) ? [] : kindsIn(source, documents.kinds).map((kind) => [
    kind.kind,
    kind.plural,
    kind.scope,
    kind.verbs,
    Object.keys(kind.subresources ?? {}),
    kind.subresources?.others?.map(({ name, verbs }) => [name, verbs]),
    options.customSchema?.(kind, source.version),
  ])
  const hash = digest(JSON.stringify([formatVersion, options.serverVersion, key, content]))
  documents.hashes.set(key, hash)
  return hash
}

/**
 * Raise it when documents are rendered differently, or the table changes without the server's version: clients keep
 * documents by hash.
 */
const formatVersion = 4

function upgradedHash({ etag }: ForeignPart): string {
  return digest(JSON.stringify([formatVersion, 'from v2', etag]))
}

function digest(text: string): string {
  return hexEncode(sha256(utf8Encode(text))).toUpperCase()
}

function urlOf(key: string, hash: string): string {
  return `/openapi/v3/${key}?hash=${hash}`
}
