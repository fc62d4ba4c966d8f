/** What a client sees when the handler itself failed. */
import { ApiError, internalError } from '#machinery/errors/api-error.ts'
import type { HttpResponse } from '#world/http.ts'
import type { Log } from '#world/log.ts'

/** An ApiError becomes its own Status; anything else is a fault of ours: logged, and a 500 without its inner text. */
export function failureResponse(error: unknown, log: Log): HttpResponse {
  if (!(error instanceof ApiError)) log.error('request handler failed', { error })
  const apiError = error instanceof ApiError ? error : internalError('the request handler failed')
  return plain(apiError.code, JSON.stringify(apiError.status) + '\n', 'application/json')
}

export function plain(status: number, text: string, contentType = 'text/plain; charset=utf-8'): HttpResponse {
  return { status, headers: { 'content-type': contentType }, body: { type: 'bytes', chunks: [Buffer.from(text)] } }
}
