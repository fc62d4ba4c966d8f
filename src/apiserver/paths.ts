/** Paths that are not resources: health, version, metrics, discovery. */
import { utf8Encode } from '#base/bytes.ts'
import { quoteGo } from '#machinery/errors/field-errors.ts'
import type { HttpResponse } from '#world/http.ts'
import type { Exchange } from './exchange.ts'
import { neutralize } from './rest/authorize.ts'

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

/** Go's own answer to a path that it cannot read. */
export const badRequestPage: HttpResponse = {
  status: 400, headers: { 'content-type': 'text/plain; charset=utf-8', 'connection': 'close' },
  body: { type: 'bytes', chunks: [utf8Encode('400 Bad Request')] },
}

/** Upstream's answer to a path that is about no resource, where it should be. */
export function noRequestInfo(path: string): HttpResponse {
  const why = `failed to create RequestInfo: unable to determine kind and namespace from url, ${path}`
  return textResponse(500, neutralize(`Internal Server Error: ${quoteGo(path)}: ${why}\n`))
}

/** Go's own 404, which upstream gives for what no handler knows. */
export const notFoundPage: HttpResponse = textResponse(404, '404 page not found\n')
