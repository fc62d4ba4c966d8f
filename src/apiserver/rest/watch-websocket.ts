/** Watches over websockets: one message for each event. */
import type { HttpRequest, HttpResponse } from '#world/http.ts'
import { acceptWebSocket } from '../websocket.ts'
import type { RequestScope } from './context.ts'
import type { RenderOptions } from './respond.ts'
import type { WatchOutput } from './watch.ts'
import { eventEncoder } from './watch-respond.ts'

/** `begin` starts the watch; it throws before the handshake for parameters that make no sense. */
export async function serveWebSocketWatch(
  begin: (scope: RequestScope) => Promise<AsyncIterable<WatchOutput>>, scope: RequestScope, options: RenderOptions, request: HttpRequest,
): Promise<HttpResponse> {
  const stop = new AbortController()
  const outputs = await begin({ ...scope, signal: AbortSignal.any([scope.signal, stop.signal]) })
  const socket = await acceptWebSocket(request)
  const encode = eventEncoder(scope, options, true)
  const binary = options.form.media === 'protobuf'
  void socket.closed.then(() => stop.abort())
  try {
    for await (const output of outputs) for (const message of encode(output)) await socket.send(message, binary)
    if (!stop.signal.aborted) await socket.close(1000)
  } finally {
    stop.abort()
    socket.destroy()
  }
  return { status: 101, headers: {}, body: { type: 'upgraded' } }
}
