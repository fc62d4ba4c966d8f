/** URLs as Go's net/url reads them: laxer than browsers in some ways, and with other complaints. */

export interface GoUrl {
  /** In lower case; empty for a relative one. */
  readonly scheme: string
  /** `name:password`, as it was written; undefined: there is no `@`. */
  readonly user: string | undefined
  /** With the port; empty: there is none. */
  readonly host: string
  /** Behind the question mark. */
  readonly query: string
  /** Behind the hash. */
  readonly fragment: string
}

/** The URL, or why the text is none: `parse "…": missing protocol scheme`. */
export function parseGoUrl(text: string): GoUrl | string {
  const hash = text.indexOf('#')
  const [whole, fragment] = hash < 0 ? [text, ''] : [text.slice(0, hash), text.slice(hash + 1)]
  const problem = (reason: string): string => `parse ${JSON.stringify(whole)}: ${reason}`
  if (/[\0-\x1f\x7f]/.test(whole)) return problem('net/url: invalid control character in URL')
  if (whole.startsWith(':')) return problem('missing protocol scheme')
  const [, scheme = '', rest = whole] = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s.exec(whole) ?? []
  const [, before = '', query = ''] = /^([^?]*)(?:\?(.*))?$/s.exec(rest)!
  const parts = { scheme: scheme.toLowerCase(), user: undefined, host: '', query, fragment }
  if (!before.startsWith('/')) {
    const isOpaque = scheme !== '' || whole === '*'
    return isOpaque || !before.split('/', 1)[0]!.includes(':') ? checkPath(parts, isOpaque ? '' : before, problem)
      : problem('first path segment in URL cannot contain colon')
  }
  if (!before.startsWith('//') || (scheme === '' && before.startsWith('///'))) return checkPath(parts, before, problem)
  const [, authority = '', path = ''] = /^\/\/([^/]*)(.*)$/s.exec(before)!
  const at = authority.lastIndexOf('@')
  const host = authority.slice(at + 1)
  const fault = problemOfHost(host)
  if (fault !== undefined) return problem(fault)
  const user = at < 0 ? undefined : authority.slice(0, at)
  if (user !== undefined && !/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user)) return problem('net/url: invalid userinfo')
  return checkPath({ ...parts, user, host }, path, problem)
}

function checkPath(url: GoUrl, path: string, problem: (reason: string) => string): GoUrl | string {
  const fault = problemOfEscapes(path) ?? problemOfEscapes(url.user ?? '')
  return fault === undefined ? url : problem(fault)
}

function problemOfEscapes(text: string): string | undefined {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(text)
  return bad ? `invalid URL escape ${JSON.stringify(bad[0])}` : undefined
}

function problemOfHost(host: string): string | undefined {
  const open = host.lastIndexOf('[')
  if (open > 0) return 'invalid IP-literal'
  const close = host.lastIndexOf(']')
  if (open === 0 && close < 0) return "missing ']' in host"
  const port = open === 0 ? host.slice(close + 1) : host.includes(':') ? host.slice(host.indexOf(':')) : ''
  if (!/^(:\d*)?$/.test(port)) return `invalid port ${JSON.stringify(port)} after host`
  const escape = problemOfEscapes(host) ?? /%(?!25)[0-7][0-9a-fA-F]/.exec(host)?.[0]
  if (escape !== undefined) return escape.startsWith('%') ? `invalid URL escape ${JSON.stringify(escape)}` : escape
  const bad = /[^A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"%\u0080-\uffff]/.exec(host)
  return bad ? `invalid character ${JSON.stringify(bad[0])} in host name` : undefined
}
