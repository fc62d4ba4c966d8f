/** A socket that left HTTP, as world/http.ts describes it. */
import type { Duplex } from 'node:stream'
import type { RawConnection } from '#world/http.ts'
import { drained } from './body.ts'

/** `head` is what the peer sent right behind its headers. A reader that takes nothing for `stalledMs` is cut off. */
export function rawConnection(socket: Duplex, head: Uint8Array, stalledMs: number): RawConnection {
  if (head.length > 0) socket.unshift(head)
  return {
    received: received(socket),
    async write(bytes) {
      if (socket.destroyed || socket.writableEnded) throw new Error('connection is closed')
      if (!socket.write(bytes) && !(await drained(socket, stalledMs))) throw new Error('connection was closed')
    },
    end() { socket.end() },
    destroy() { socket.destroy() },
  }
}

/** Ends, without an error, when the peer is gone: to these protocols a lost connection is one more way to end. */
async function* received(socket: Duplex): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array
  } catch (error) {
    if (!socket.destroyed) throw error
  }
}
