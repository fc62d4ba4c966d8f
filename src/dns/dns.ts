/** The cluster's DNS server: listens, answers from the index, hands on what is not the cluster's. */
import { serviceNameLabel } from '#api/discovery/endpointslice/endpointslice-labels.ts'
import type { Namespace, Service } from '#api/gen/core-v1.ts'
import type { EndpointSlice } from '#api/gen/discovery-v1.ts'
import type { Informer } from '#client/informer.ts'
import { objectKey, type Stored } from '#machinery/meta/object.ts'
import type { Clock } from '#world/clock.ts'
import type { RawConnection } from '#world/http.ts'
import type { Log } from '#world/log.ts'
import type { Endpoint, Sockets } from '#world/sockets.ts'
import { answerFromIndex, type Answer } from './answer.ts'
import { RecordIndex, recordsOf } from './records.ts'
import { createResolver, readMessages, withLength } from './resolver.ts'
import {
  parseAnswers,
  parseQuery,
  renderFailure,
  renderQuery,
  renderResponse,
  type Query,
  type Response,
} from './wire.ts'

export interface DnsOptions {
  /** `cluster.local` */
  readonly zone: string
  readonly listen: Endpoint
  readonly upstreams: readonly Endpoint[]
  readonly services: Informer<Service>
  readonly endpointSlices: Informer<EndpointSlice>
  readonly namespaces: Informer<Namespace>
  readonly sockets: Sockets
  readonly clock: Clock
  readonly log: Log
}

export interface DnsServer extends AsyncDisposable {
  readonly port: number
  /** One message in, one message out; undefined for what deserves no answer. */
  handle(
    message: Uint8Array,
    transport: 'datagram' | 'stream',
  ): Promise<Uint8Array | undefined> | Uint8Array | undefined
}

/** kubeadm's Corefile has `ttl 30`; short, because pods come and go. */
const ttlSeconds = 30
const streamLimitBytes = 65_535
const streamsMax = 200
const streamIdleMs = 10_000
const cachedAnswersMax = 10_000

/** Listens on UDP and TCP. Resolves when both stand and the first picture of the Services is complete. */
export async function startDns(options: DnsOptions): Promise<DnsServer> {
  const { services, endpointSlices, namespaces, sockets, listen, log } = options
  const index = new RecordIndex(options.zone)
  const handler = createHandler(options, index)
  endpointSlices.addIndex('dns-service', (slice) => [
    `${slice.metadata.namespace}/${slice.metadata.labels?.[serviceNameLabel] ?? ''}`,
  ])
  await Promise.all([services.synced, endpointSlices.synced, namespaces.synced])
  const unsubscribe = followServices(options, index)

  const datagrams = await sockets.listenDatagrams(listen, (message, from) => {
    const answer = handler.handle(message, 'datagram')
    if (answer instanceof Promise) void answer.then((bytes) => { if (bytes) datagrams.send(bytes, from) })
    else if (answer) datagrams.send(answer, from)
  })
  let open = 0
  const streams = await sockets.listenStreams({ ...listen, port: datagrams.port }, (connection) => {
    if (open >= streamsMax) return connection.destroy()
    open++
    serveStream(connection, handler.handle, options.clock)
      .catch((error: unknown) => log.debug('a DNS stream broke', { error: String(error) }))
      .finally(() => { open-- })
  })
  log.info('answered DNS', {
    address: listen.address,
    port: datagrams.port,
    upstreams: options.upstreams.map((upstream) => upstream.address),
  })
  return {
    port: datagrams.port,
    handle: handler.handle,
    async [Symbol.asyncDispose]() {
      for (const end of unsubscribe) end()
      await Promise.all([datagrams[Symbol.asyncDispose](), streams[Symbol.asyncDispose]()])
    },
  }
}

function followServices({ services, endpointSlices, zone }: DnsOptions, index: RecordIndex): (() => void)[] {
  const update = (key: string): void => {
    const service = services.byKey(key)
    index.set(key, service ? recordsOf(service, endpointSlices.byIndex('dns-service', key), zone) : [])
  }
  const onService = (service: Stored<Service>): void => update(objectKey(service))
  const onSlice = (slice: Stored<EndpointSlice>): void => {
    const name = slice.metadata.labels?.[serviceNameLabel]
    const key = `${slice.metadata.namespace}/${name}`
    // Only headless Services have names for their endpoints.
    if (name !== undefined && services.byKey(key)?.spec?.clusterIP === 'None') update(key)
  }
  return [
    services.subscribe({ onAdd: onService, onUpdate: (_, service) => onService(service), onDelete: onService }),
    endpointSlices.subscribe({ onAdd: onSlice, onUpdate: (_, slice) => onSlice(slice), onDelete: onSlice }),
  ]
}

function createHandler(options: DnsOptions, index: RecordIndex): Pick<DnsServer, 'handle'> {
  const resolver = createResolver(options.sockets, options.upstreams, options.clock)
  const namespaceExists = (name: string): boolean => options.namespaces.byKey(name) !== undefined
  /** Whole answers by question, without the id; good until the index changes. */
  let cached = new Map<string, Uint8Array>()
  let cachedVersion = -1

  async function fromUpstream(
    message: Uint8Array,
    query: Query,
    transport: 'datagram' | 'stream',
  ): Promise<Uint8Array | undefined> {
    try {
      return await resolver.resolve(message, query, transport === 'stream')
    } catch (error) {
      options.log.debug('upstream resolvers failed', { name: query.name, error: String(error) })
      return renderFailure(message, 'SERVFAIL')
    }
  }

  function handle(
    message: Uint8Array,
    transport: 'datagram' | 'stream',
  ): Promise<Uint8Array | undefined> | Uint8Array | undefined {
    if (cachedVersion !== index.version) {
      cached = new Map()
      cachedVersion = index.version
    }
    const key = transport + asKey(message)
    const known = cached.get(key)
    if (known) {
      const answer = known.slice()
      answer.set(message.subarray(0, 2))
      return answer
    }
    const query = parseQuery(message)
    if (!query) return renderFailure(message, 'FORMERR')
    if (query.opcode !== 0) return renderFailure(message, 'NOTIMP')
    if (!query.isInternetClass || query.type === 'ANY' || query.type === 'TYPE252') {
      return renderFailure(message, 'REFUSED')
    }
    const answer = answerFromIndex(query, index, namespaceExists)
    if (!answer) return fromUpstream(message, query, transport)
    if (answer.continueAt !== undefined) return followAlias(message, query, answer, answer.continueAt, transport)
    const bytes = render(message, query, answer, transport)
    // Several addresses are dealt in another order each time, so they are not kept.
    if (answer.records.length <= 1 && cached.size < cachedAnswersMax) cached.set(key, bytes)
    return bytes
  }

  function render(message: Uint8Array, query: Query, answer: Answer, transport: 'datagram' | 'stream'): Uint8Array {
    const response: Response = {
      code: answer.code,
      answers: shuffle(answer.records),
      additional: answer.additional,
      ttlSeconds,
      authoritative: true,
      authorityZone: answer.records.length === 0 ? options.zone : undefined,
    }
    return renderResponse(message, query, response, transport === 'stream' ? streamLimitBytes : query.payloadLimit)
  }

  /**
   * Simple resolvers in pods do not follow aliases themselves, so an ExternalName's answer has the target's addresses
   * with it.
   */
  async function followAlias(
    message: Uint8Array,
    query: Query,
    answer: Answer,
    target: string,
    transport: 'datagram' | 'stream',
  ): Promise<Uint8Array> {
    const name = target.toLowerCase()
    const inside = answerFromIndex({ name, type: query.type }, index, namespaceExists)
    const further = inside ? inside.records : await addressesOutside(name, query)
    const alias = answer.records[0]!
    // In order: whoever reads it looks for the alias first. No turning of addresses here, it would move it.
    return renderResponse(
      message,
      query,
      {
        code: 'NOERROR',
        answers: [alias, ...further],
        additional: [],
        ttlSeconds,
        authoritative: true,
      },
      transport === 'stream' ? streamLimitBytes : query.payloadLimit,
    )
  }

  async function addressesOutside(name: string, { id, type }: Query): Promise<Answer['records']> {
    const question = renderQuery(id, name, type)
    try {
      return parseAnswers(await resolver.resolve(question, parseQuery(question)!, false))
    } catch (error) {
      options.log.debug('upstream resolvers failed', { name, error: String(error) })
      return []
    }
  }

  let turn = 0
  /** A different first address for each question, as CoreDNS's loadbalance does, but without chance. */
  function shuffle<T>(records: readonly T[]): readonly T[] {
    if (records.length < 2) return records
    const first = turn++ % records.length
    return [...records.slice(first), ...records.slice(0, first)]
  }

  return { handle }
}

function asKey(message: Uint8Array): string {
  let key = ''
  for (let at = 2; at < message.length; at++) key += String.fromCharCode(message[at]!)
  return key
}

async function serveStream(connection: RawConnection, handle: DnsServer['handle'], clock: Clock): Promise<void> {
  let idle = clock.schedule(streamIdleMs, () => connection.destroy())
  try {
    for await (const message of readMessages(connection)) {
      idle.cancel()
      const answer = await handle(message, 'stream')
      if (answer) await connection.write(withLength(answer))
      idle = clock.schedule(streamIdleMs, () => connection.destroy())
    }
  } finally {
    idle.cancel()
    connection.end()
  }
}
