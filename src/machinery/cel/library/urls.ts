/** Absolute URLs and paths (upstream's URLs library), as Go's net/url reads them. */
import { fail, member, plain, reads } from '../declare.ts'
import type { Functions, Overload } from '../environment.ts'
import { boolType, listOf, mapOf, opaque, stringType } from '../types.ts'
import { EntryMap, Foreign } from '../values.ts'

export const urlTypeName = 'kubernetes.URL'
const urlType = opaque(urlTypeName)

interface Url {
  readonly text: string
  readonly scheme: string
  /** With the port. */
  readonly host: string
  readonly path: string
  readonly query: string
}

/** A URL, or why the text is none. */
function read(text: string): Url | string {
  const problem = (reason: string): string => `parse ${JSON.stringify(text)}: ${reason}`
  if (text === '') return problem('empty url')
  if (/[\x00-\x1f\x7f]/.test(text)) return problem('net/url: invalid control character in URL')
  const [, scheme, rest = text] = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s.exec(text) ?? []
  if (scheme === undefined && !text.startsWith('/')) return problem('invalid URI for request')
  const withoutFragment = rest.replace(/#.*$/s, '')
  const [, before = '', query = ''] = /^([^?]*)(?:\?(.*))?$/s.exec(withoutFragment)!
  if (!before.startsWith('/')) return problem('invalid URI for request')
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(before)
  if (bad) return problem(`invalid URL escape ${JSON.stringify(bad[0])}`)
  if (!before.startsWith('//') || scheme === undefined) {
    return { text, scheme: (scheme ?? '').toLowerCase(), host: '', path: before, query }
  }
  const [, authority = '', path = ''] = /^\/\/([^/]*)(.*)$/s.exec(before)!
  const host = authority.replace(/^.*@/, '')
  if (/[ <>"{}|\\^`]/.test(host)) return problem(`invalid character ${JSON.stringify(/[ <>"{}|\\^`]/.exec(host)![0])} in host name`)
  const port = /^(?:\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(host)
  if (!port || !/^\d*$/.test(port[1] ?? '')) return problem(`invalid port ${JSON.stringify(`:${host.split(':').at(-1)}`)} after host`)
  return { text, scheme: scheme.toLowerCase(), host, path, query }
}

function parse(text: string): Foreign {
  const url = read(text)
  if (typeof url === 'string') return fail(`URL parse error during conversion from string: ${url}`)
  return new Foreign(urlTypeName, url, (other) => (other as Url).text === url.text)
}

const of = (value: Foreign): Url => value.data as Url

function splitHost(host: string): readonly [name: string, port: string] {
  const [, bracketed, name = '', port = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(host) ?? []
  return [bracketed ?? name, port]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    // Go leaves out parts that are not well-formed; what cannot be read has no name.
    return ''
  }
}

function queryOf(query: string): EntryMap {
  const lists = new Map<string, string[]>()
  for (const part of query.split('&')) {
    if (part === '') continue
    const [name = '', ...value] = part.split('=')
    const key = decode(name)
    lists.set(key, [...(lists.get(key) ?? []), decode(value.join('='))])
  }
  return new EntryMap(lists)
}

/** Go's EscapedPath: as it was written if that is a valid escaping. */
const escapedPath = ({ path }: Url): string => path.replaceAll(/[^A-Za-z0-9\-_.~!$&'()*+,;=:@/%[\]]/gu, encodeURIComponent)

export const urlFunctions = (): Functions => new Map<string, readonly Overload[]>([
  ['url', [plain('string_to_url', [stringType], urlType, parse, reads(0))]],
  ['isURL', [plain('is_url_string', [stringType], boolType, (text: string) => typeof read(text) !== 'string', reads(0))]],
  ['getScheme', [member('url_get_scheme', [urlType], stringType, (value: Foreign) => of(value).scheme)]],
  ['getHost', [member('url_get_host', [urlType], stringType, (value: Foreign) => of(value).host)]],
  ['getHostname', [member('url_get_hostname', [urlType], stringType, (value: Foreign) => splitHost(of(value).host)[0])]],
  ['getPort', [member('url_get_port', [urlType], stringType, (value: Foreign) => splitHost(of(value).host)[1])]],
  ['getEscapedPath', [member('url_get_escaped_path', [urlType], stringType, (value: Foreign) => escapedPath(of(value)))]],
  ['getQuery', [member('url_get_query', [urlType], mapOf(stringType, listOf(stringType)), (value: Foreign) =>
    queryOf(of(value).query))]],
])
