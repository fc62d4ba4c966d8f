/** One request to the kubelet's server, and the plain answers to it. */
import { utf8Encode } from '#base/bytes.ts'
import type { HttpClient, HttpRequest, HttpResponse } from '#world/http.ts'
import type { Log } from '#world/log.ts'
import type { Kubelet } from '../kubelet.ts'

/** What every handler gets. */
export interface KubeletExchange {
  readonly kubelet: Kubelet
  readonly httpClient: HttpClient
  readonly request: HttpRequest
  readonly query: URLSearchParams
  /** The path's parts after the first. */
  readonly parts: readonly string[]
  readonly log: Log
}

export function text(status: number, body: string): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: { type: 'bytes', chunks: [utf8Encode(body)] },
  }
}
