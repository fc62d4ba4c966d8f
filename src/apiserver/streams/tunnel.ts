/** port-forward for websocket clients: the bytes of a SPDY connection in binary messages (KEP-4006). */
import type { HttpRequest, HttpResponse, RawConnection } from '#world/http.ts'
import { reach, relay, type Destination } from '../subresources/forward.ts'
import { acceptHandshake, closeFrame, frame, normalClosure, opcodes } from '../websocket.ts'
import { spdyUpgrade } from './spdy-upgrade.ts'
import { WebSocketReader } from './websocket-frames.ts'

export const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io'
const tunnelled = 'portforward.k8s.io'

/** The websocket is only accepted once the node has taken the connection; its refusal is passed on as it is. */
export async function serveTunnel(request: HttpRequest, to: Destination, signal: AbortSignal): Promise<HttpResponse> {
  const answer = await reach(() => to.http.upgrade(spdyUpgrade(request, to, tunnelled), signal))
  if (answer.type === 'refused') return relay(answer.response)
  const node = answer.connection
  try {
    const client = await acceptHandshake(request, tunnelProtocol)
    const ends = (pump: Promise<void>): Promise<void> => pump.catch((error: unknown) => {
      // Either side may cut its connection at any time; the other then learns it in the same way.
      if (!(error instanceof Error)) throw error
    }).finally(() => { client.destroy(); node.destroy() })
    await Promise.all([ends(unwrap(client, node)), ends(wrap(node, client))])
  } finally {
    node.destroy()
  }
  return { status: 101, headers: {}, body: { type: 'upgraded' } }
}

async function unwrap(client: RawConnection, node: RawConnection): Promise<void> {
  const reader = new WebSocketReader()
  for await (const chunk of client.received) {
    for (const piece of reader.read(chunk)) {
      if (piece.type === 'close') return
      if (piece.type === 'ping') await client.write(frame(opcodes.pong, piece.payload))
      else if (piece.bytes.length > 0) await node.write(piece.bytes)
    }
  }
}

async function wrap(node: RawConnection, client: RawConnection): Promise<void> {
  for await (const chunk of node.received) await client.write(frame(opcodes.binary, chunk))
  await client.write(closeFrame(normalClosure))
  client.end()
}
