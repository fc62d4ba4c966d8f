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
import { QuestionHandler, type Outcome, type Way } from './question-handler.ts'
import { RecordIndex, recordsOf } from './records.ts'
import { createResolver, readMessages, withLength } from './resolver.ts'

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
  handle(message: Uint8Array, way: Way): Outcome
}

const streamsMax = 200
const streamIdleMs = 10_000

/** Listens on UDP and TCP. Resolves when both stand and the first picture of the Services is complete. */
export async function startDns(options: DnsOptions): Promise<DnsServer> {
  const { services, endpointSlices, namespaces, sockets, listen, log } = options
  const index = new RecordIndex(options.zone)
  const handler = new QuestionHandler({
    index, log, zone: options.zone,
    resolver: createResolver(sockets, options.upstreams, options.clock),
    namespaceExists: (name) => namespaces.byKey(name) !== undefined,
  })
  const handle = (message: Uint8Array, way: Way): Outcome => handler.handle(message, way)
  endpointSlices.addIndex('dns-service', (slice) => [
    `${slice.metadata.namespace}/${slice.metadata.labels?.[serviceNameLabel] ?? ''}`,
  ])
  await Promise.all([services.synced, endpointSlices.synced, namespaces.synced])
  const unsubscribe = followServices(options, index)

  const datagrams = await sockets.listenDatagrams(listen, (message, from) => {
    const answer = handle(message, 'datagram')
    if (answer instanceof Promise) void answer.then((bytes) => { if (bytes) datagrams.send(bytes, from) })
    else if (answer) datagrams.send(answer, from)
  })
  let open = 0
  const streams = await sockets.listenStreams({ ...listen, port: datagrams.port }, (connection) => {
    if (open >= streamsMax) return connection.destroy()
    open++
    serveStream(connection, handle, options.clock)
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
    handle,
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
