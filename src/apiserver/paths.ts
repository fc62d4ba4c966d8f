/** Paths that are not resources: health, version, metrics, discovery. */
import { utf8Encode } from '#base/bytes.ts'
import type { HttpResponse } from '#world/http.ts'
import type { Exchange } from './exchange.ts'

/** Answers the request, or leaves it to the next. */
export type PathHandler = (exchange: Exchange) => HttpResponse | undefined | Promise<HttpResponse | undefined>

export function textResponse(status: number, text: string, contentType = 'text/plain; charset=utf-8'): HttpResponse {
  return {
    status,
    headers: { 'content-type': contentType, 'x-content-type-options': 'nosniff' },
    body: { type: 'bytes', chunks: [utf8Encode(text)] },
  }
}

export function jsonResponse(status: number, value: unknown): HttpResponse {
  return {
    status,
    headers: {
      'content-type': 'application/json',
    },
    body: { type: 'bytes', chunks: [utf8Encode(`${JSON.stringify(value)}\n`)] },
  }
}

/** Go's own 404, which upstream gives for what no handler knows. */
export const notFoundPage: HttpResponse = textResponse(404, '404 page not found\n')
