/** The request that asks a node for SPDY in place of the websocket that a client asked for. */
import type { HttpRequest, OutgoingRequest } from '#world/http.ts'
import { forwardedHeaders, type Destination } from '../subresources/forward.ts'

/** `streamProtocol`: what the streams of the connection are to mean. */
export function spdyUpgrade(request: HttpRequest, to: Destination, streamProtocol: string): OutgoingRequest {
  const kept = Object.entries(forwardedHeaders(request, to)).filter(([name]) => !name.startsWith('sec-websocket-'))
  const headers = {
    ...Object.fromEntries(kept),
    connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': streamProtocol,
  }
  return { method: 'POST', url: to.url, headers, ...(to.tls && { tls: to.tls }) }
}
