/** Watches over websockets: one text message for each event. */
import type { HttpRequest, HttpResponse } from '#world/http.ts'
import type { RequestScope } from './context.ts'
import type { RenderOptions } from './respond.ts'
import type { WatchOutput } from './watch.ts'
import { eventEncoder } from './watch-respond.ts'
import { acceptWebSocket } from '../websocket.ts'

export async function serveWebSocketWatch(
  outputs: AsyncGenerator<WatchOutput, void, undefined>, scope: RequestScope, options: RenderOptions, request: HttpRequest,
): Promise<HttpResponse> {
  const socket = await acceptWebSocket(request)
  const encode = eventEncoder(scope, options, true)
  const binary = options.form.media === 'protobuf'
  void socket.closed.then(() => outputs.return())
  try {
    for await (const output of outputs) for (const message of encode(output)) await socket.send(message, binary)
    await socket.close(1000)
  } finally {
    socket.destroy()
  }
  return { status: 101, headers: {}, body: { type: 'upgraded' } }
}
