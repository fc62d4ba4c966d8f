/** Watches over websockets: one message for each event. */
import type { HttpRequest, HttpResponse } from '#world/http.ts'
import { acceptWebSocket } from '../websocket.ts'
import type { RequestScope, RestContext } from './context.ts'
import type { RenderOptions } from './respond.ts'
import { scopeWith } from './scope.ts'
import { eventEncoder } from './watch-respond.ts'
import type { WatchFeed } from './watch-feed.ts'

/** `begin` starts the watch; it throws before the handshake for parameters that make no sense. */
export async function serveWebSocketWatch(
  begin: (scope: RequestScope) => Promise<WatchFeed>,
  scope: RequestScope,
  options: RenderOptions,
  request: HttpRequest,
  meterWatch: RestContext['meterWatch'],
): Promise<HttpResponse> {
  const stop = new AbortController()
  const outputs = await begin(scopeWith(scope, { signal: AbortSignal.any([scope.signal, stop.signal]) }))
  const socket = await acceptWebSocket(request)
  const encode = eventEncoder(scope, options, true)
  const binary = options.form.media === 'protobuf'
  void socket.closed.then(() => stop.abort())
  const meter = meterWatch?.(scope)
  try {
    for await (const output of outputs) {
      for (const message of encode(output)) {
        meter?.sent(1, message.length)
        await socket.send(message, binary)
      }
    }
    if (!stop.signal.aborted) await socket.close(1000)
  } finally {
    meter?.ended()
    stop.abort()
    socket.destroy()
  }
  return { status: 101, headers: {}, body: { type: 'upgraded' } }
}
