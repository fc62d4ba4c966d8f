/** Names that are not the cluster's: asked of the machine's own resolvers, and kept as long as the answer allows. */
import type { Clock } from '#world/clock.ts'
import type { RawConnection } from '#world/http.ts'
import type { Endpoint, Sockets } from '#world/sockets.ts'
import { isReplyTo, type Query } from './wire.ts'

export interface Resolver {
  /** The upstream's whole answer, with this query's id. Rejects when no upstream answered. */
  resolve(message: Uint8Array, query: Query, viaStream: boolean): Promise<Uint8Array>
}

const attemptMs = 2000
const inFlightMax = 1000
const cacheEntriesMax = 10_000
/** CoreDNS's `cache 30`. */
const cacheMs = 30_000

/** Asks `servers` in turn. Without servers every question is refused, so that pods learn it at once. */
export function createResolver(sockets: Sockets, servers: readonly Endpoint[], clock: Clock): Resolver {
  const cache = new Map<string, { readonly answer: Uint8Array; readonly until: number }>()
  let inFlight = 0

  async function ask(message: Uint8Array, query: Query, viaStream: boolean): Promise<Uint8Array> {
    const failures: unknown[] = []
    for (const server of servers) {
      try {
        return viaStream
          ? await exchangeByStream(sockets, server, message)
          : await sockets.exchangeDatagram(
              server,
              message,
              (answer) => isReplyTo(message, query.questionEnd, answer),
              attemptMs,
            )
      } catch (error) {
        failures.push(error)
      }
    }
    throw new AggregateError(
      failures,
      servers.length === 0 ? 'no upstream resolvers are known' : 'no upstream resolver answered',
    )
  }

  return {
    async resolve(message, query, viaStream) {
      const key = `${viaStream ? 'tcp' : query.payloadLimit} ${query.type} ${query.name}`
      const kept = cache.get(key)
      if (kept && kept.until > clock.monotonic()) return withId(kept.answer, message)
      if (inFlight >= inFlightMax) throw new Error('too many questions are waiting for upstream resolvers')
      inFlight++
      try {
        const answer = await ask(message, query, viaStream)
        if (cache.size >= cacheEntriesMax) cache.delete(cache.keys().next().value!)
        cache.set(key, { answer, until: clock.monotonic() + cacheMs })
        return answer
      } finally {
        inFlight--
      }
    },
  }
}

async function exchangeByStream(sockets: Sockets, server: Endpoint, message: Uint8Array): Promise<Uint8Array> {
  const connection = await sockets.connect(server, attemptMs)
  try {
    await connection.write(withLength(message))
    for await (const answer of readMessages(connection)) return answer
    throw new Error(`${server.address}:${server.port} closed the connection without an answer`)
  } finally {
    connection.destroy()
  }
}

/** The messages of a DNS stream, each with its two-byte length taken off. */
export async function* readMessages(connection: RawConnection): AsyncIterable<Uint8Array> {
  let buffer = new Uint8Array(0)
  for await (const chunk of connection.received) {
    const joined = new Uint8Array(buffer.length + chunk.length)
    joined.set(buffer)
    joined.set(chunk, buffer.length)
    buffer = joined
    while (buffer.length >= 2) {
      const length = (buffer[0]! << 8) | buffer[1]!
      if (buffer.length < 2 + length) break
      yield buffer.slice(2, 2 + length)
      buffer = buffer.slice(2 + length)
    }
  }
}

export function withLength(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(message.length + 2)
  framed[0] = message.length >> 8
  framed[1] = message.length & 0xff
  framed.set(message, 2)
  return framed
}

function withId(answer: Uint8Array, message: Uint8Array): Uint8Array {
  const copy = answer.slice()
  copy.set(message.subarray(0, 2))
  return copy
}

/** The `nameserver` lines of a resolv.conf; our own address is left out, or questions would go in circles. */
export function parseResolvers(text: string, own: readonly string[]): Endpoint[] {
  return text.split('\n').flatMap((line) => {
    const address = /^\s*nameserver\s+([0-9a-fA-F.:]+)/.exec(line)?.[1]
    return address === undefined || own.includes(address) ? [] : [{ address, port: 53 }]
  }).slice(0, 3)
}
