/** gzip for large answers, where the client takes it and the machine offers it. */
import type { ByteSource, HttpRequest, HttpResponse } from '#world/http.ts'

/**
 * Provided by the host: this side of the border has no compressor. `source`, where given, has the same bytes as
 * `chunks`, and always some or an end; it is read in place of them.
 */
export type Gzip = (
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, source?: ByteSource,
) => AsyncIterable<Uint8Array>

/** Upstream's threshold: below, compressing costs more than it saves. */
const minBytes = 128 * 1024

/** `streams`: the request is for events, which must leave as they come. */
export function compressResponse(
  response: HttpResponse, request: HttpRequest, gzip: Gzip | undefined, streams: boolean,
): HttpResponse {
  const { body } = response
  if (streams || !gzip || (body.type !== 'bytes' && body.type !== 'stream') || !acceptsGzip(request.headers['accept-encoding'])) {
    return response
  }
  const chunks = body.chunks
  // A list that is streamed is a large one.
  if (body.type === 'bytes' && body.chunks.reduce((sum, chunk) => sum + chunk.length, 0) < minBytes) return response
  return {
    status: response.status,
    headers: {
      ...response.headers,
      'content-encoding': 'gzip',
      vary: response.headers['vary'] === undefined ? 'Accept-Encoding' : `${response.headers['vary']}, Accept-Encoding`,
    },
    body: { type: 'stream', chunks: gzip(chunks, sourceOf(body)) },
  }
}

function acceptsGzip(header: string | undefined): boolean {
  if (!header?.includes('gzip')) return false
  const clause = header
    .split(',')
    .map((part) => part.trim())
    .find((part) => part === 'gzip' || part.startsWith('gzip;'))
  return clause !== undefined && !/;\s*q=0(?:\.0*)?$/.test(clause)
}

/** Not one that waits for more, as events do. */
function sourceOf(body: HttpResponse['body']): ByteSource | undefined {
  return body.type === 'stream' && !body.source?.begin ? body.source : undefined
}
