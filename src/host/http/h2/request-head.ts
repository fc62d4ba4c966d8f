/** A request's headers as HTTP/2 sends them (RFC 9113 §8.2, §8.3). */
import type { HpackDecoder } from './hpack.ts'
import type { Stream } from './stream.ts'

/** Puts them into the stream; the connection's table follows whatever is wrong with them. Throws HpackError. */
export function readRequestHead(
  decoder: HpackDecoder, bytes: Buffer, stream: Stream, limitBytes: number,
): 'malformed' | 'tooLarge' | undefined {
  const { headers } = stream
  let size = 0
  let isMalformed = false
  let hasPlain = false
  let target: string | undefined
  let scheme: string | undefined
  decoder.decode(bytes, (name, value) => {
    size += name.length + value.length + 32
    if (size > limitBytes) return
    if (name.charCodeAt(0) === 0x3a) {
      if (hasPlain) isMalformed = true
      else if (name === ':method' && stream.method === '') stream.method = value
      else if (name === ':path' && target === undefined) target = value
      else if (name === ':scheme' && scheme === undefined) scheme = value
      else if (name === ':authority' && headers['host'] === undefined) headers['host'] = value
      else isMalformed = true
      return
    }
    hasPlain = true
    if (isForbidden(name, value)) { isMalformed = true; return }
    const before = headers[name]
    if (before === undefined) headers[name] = value
    else if (name === 'content-length') isMalformed = true
    else if (name !== 'host') headers[name] = name === 'cookie' ? `${before}; ${value}` : `${before}, ${value}`
  })
  if (size > limitBytes) return 'tooLarge'
  if (isMalformed || stream.method === '') return 'malformed'
  if (stream.method !== 'CONNECT' && (!target || scheme === undefined)) return 'malformed'
  const length = headers['content-length']
  if (length !== undefined && !/^\d+$/.test(length)) return 'malformed'
  const question = target?.indexOf('?') ?? -1
  stream.path = question < 0 ? target ?? '' : target!.slice(0, question)
  stream.query = question < 0 ? '' : target!.slice(question + 1)
  return undefined
}

/** Names are in lower case, and nothing about the connection itself is said in a header (RFC 9113 §8.2). */
function isForbidden(name: string, value: string): boolean {
  switch (name) {
    case 'connection': case 'keep-alive': case 'proxy-connection': case 'transfer-encoding': case 'upgrade': return true
    case 'te': return value !== 'trailers'
    default: return !/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name) || /[\0\r\n]/.test(value)
  }
}
