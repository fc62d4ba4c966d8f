/** What a request is about, read from its method, path and query (upstream: endpoints/request/requestinfo.go). */
import type { SelectorTerm } from './authz/authorizer.ts'

export type RequestInfo = ResourceRequest | PathRequest

/** Why a path tells nothing: it has an escape that is none, or names no resource behind `watch` or `proxy`. */
export type PathFault = 'broken escape' | 'no resource'

export interface PathRequest {
  readonly type: 'path'
  readonly verb: string
  readonly path: string
}

export interface ResourceRequest {
  readonly type: 'resource'
  /** `get list watch create update patch delete deletecollection`, or the method in lower case. */
  readonly verb: string
  readonly path: string
  readonly group: string
  readonly version: string
  readonly namespace: string
  readonly resource: string
  readonly subresource: string
  readonly name: string
  /**
   * The terms of a field selector: authorizers may limit what a list shows by them. Empty when there is none, or it is
   * malformed.
   */
  readonly fieldSelector?: readonly SelectorTerm[] | undefined
  /** The label selector of a list, watch or deletecollection, as it came. */
  readonly labelSelector?: string | undefined
  /** Everything behind `resource/name/subresource/`, percent-decoded: what proxies pass on. */
  readonly rest: readonly string[]
  /** `/api/v1/watch/…`, the old way to ask for a watch. */
  readonly watchByPath: boolean
}

const namespaceSubresources: ReadonlySet<string> = new Set(['status', 'finalize'])
const verbs: Readonly<Record<string, string>> = {
  POST: 'create', GET: 'get', HEAD: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete',
}

/** `query` is only looked at to tell list from watch, and for `metadata.name` in a field selector. */
export function parseRequestInfo(method: string, path: string, query: string): RequestInfo | PathFault {
  const parts = splitPath(path)
  if (!parts) return 'broken escape'
  const pathRequest: PathRequest = { type: 'path', verb: method.toLowerCase(), path }
  if (parts.length < 3 || (parts[0] !== 'api' && parts[0] !== 'apis')) return pathRequest
  let at = 1
  let group = ''
  if (parts[0] === 'apis') {
    if (parts.length < 4) return pathRequest
    group = parts[at++]!
  }
  const version = parts[at++]!
  let verb = verbs[method] ?? ''
  let watchByPath = false
  if (parts[at] === 'watch' || parts[at] === 'proxy') {
    if (parts.length - at < 2) return 'no resource'
    verb = parts[at]!
    watchByPath = verb === 'watch'
    at++
  }
  let namespace = ''
  if (parts[at] === 'namespaces' && parts.length - at > 1) {
    namespace = parts[at + 1]!
    if (parts.length - at > 2 && !namespaceSubresources.has(parts[at + 2]!)) at += 2
  }
  const resource = parts[at] ?? ''
  let name = parts[at + 1] ?? ''
  const subresource = verb === 'proxy' ? '' : (parts[at + 2] ?? '')
  if (name === '' && verb === 'get') {
    verb = asksForWatch(query) ? 'watch' : 'list'
    name = nameInSelector(fieldSelectorOf(query))
  } else if (name === '' && verb === 'delete') {
    verb = 'deletecollection'
  }
  return {
    type: 'resource', verb, path, group, version, namespace, resource, subresource, name, fieldSelector: fieldTerms(
      verb, fieldSelectorOf(query),
    ),
    ...(selectingVerbs.has(verb) && query.includes('labelSelector') && { labelSelector: labelSelectorOf(query) }),
    rest: parts.slice(at + 3), watchByPath,
  }
}

/** What may be limited by selectors. */
const selectingVerbs: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection'])

function labelSelectorOf(query: string): string {
  return new URLSearchParams(query).get('labelSelector') ?? ''
}

/** What Kubernetes makes of a boolean in a query: false when it is absent, `false` or `0`; nothing at all is true. */
export function parseBoolParameter(text: string | null): boolean {
  if (text === null) return false
  const lower = text.toLowerCase()
  return lower !== 'false' && lower !== '0'
}

function asksForWatch(query: string): boolean {
  if (!query.includes('watch')) return false
  return parseBoolParameter(new URLSearchParams(query).get('watch'))
}

const noTerms: readonly SelectorTerm[] = []

function fieldSelectorOf(query: string): string {
  return query.includes('fieldSelector') ? new URLSearchParams(query).get('fieldSelector') ?? '' : ''
}

/**
 * The terms of a field selector that an authorizer may go by (KEP-4601); none for verbs without one, and for what is
 * not understood.
 */
export function fieldTerms(verb: string, fieldSelector: string): readonly SelectorTerm[] {
  if (!selectingVerbs.has(verb) || fieldSelector === '') return noTerms
  const terms: SelectorTerm[] = []
  for (const term of fieldSelector.split(',')) {
    const match = /^([^=!\\]+)(==?|!=)([^=!\\]*)$/.exec(term)
    if (!match) return noTerms
    terms.push({ field: match[1]!, operator: match[2] === '!=' ? '!=' : '=', value: match[3]! })
  }
  return terms
}

/** A list or watch of one name asks for that object; empty for any other. */
export function nameInSelector(fieldSelector: string): string {
  if (!fieldSelector.includes('metadata.name')) return ''
  for (const term of fieldSelector.split(',')) {
    const match = /^metadata\.name={1,2}([^=!\\]+)$/.exec(term)
    if (match && !/[/%]/.test(match[1]!) && match[1] !== '.' && match[1] !== '..') return match[1]!
  }
  return ''
}

/** The path's segments. Decoded before it is split, as Go's URL.Path is: an encoded slash divides like any other. */
function splitPath(path: string): string[] | undefined {
  let decoded = path
  if (path.includes('%')) {
    try {
      decoded = decodeURIComponent(path)
    } catch (error) {
      if (error instanceof URIError) return undefined
      throw error
    }
  }
  let start = 0
  let end = decoded.length
  while (start < end && decoded.charCodeAt(start) === 0x2f) start++
  while (end > start && decoded.charCodeAt(end - 1) === 0x2f) end--
  return start === end ? [] : decoded.slice(start, end).split('/')
}

/**
 * The query as Go reads it: without the pairs that have a broken escape or a semicolon. Most have none and are returned
 * as they are.
 */
export function readableQuery(query: string): string {
  if (!query.includes(';') && (!query.includes('%') || !brokenEscape.test(query))) return query
  return query.split('&').filter((pair) => !pair.includes(';') && !brokenEscape.test(pair)).join('&')
}

const brokenEscape = /%(?![0-9A-Fa-f]{2})/
