/** The part of the server that its protocols share. */
import type { HttpRequest, HttpResponse } from '#world/http.ts'
import type { Log } from '#world/log.ts'
import type { Stream } from './h2/stream.ts'
import type { Limits } from './limits.ts'

export interface Service {
  readonly handle: (request: HttpRequest) => Promise<HttpResponse> | HttpResponse
  /**
   * Looks at each HTTP/2 stream once its headers are there. True: it reads and answers the stream by itself, and
   * `handle` does not see it.
   */
  readonly takeOver?: (stream: Stream) => boolean
  readonly log: Log
  readonly limits: Limits
  readonly closing: boolean
  readonly onStreamError: (error: Error) => void
  begin(): void
  end(): void
}

export function totalLength(chunks: readonly Uint8Array[]): number {
  let length = 0
  for (const chunk of chunks) length += chunk.length
  return length
}
