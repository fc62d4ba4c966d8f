import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Namespace, Service } from '#api/gen/core-v1.ts'
import type { EndpointSlice } from '#api/gen/discovery-v1.ts'
import type { Informer } from '#client/informer.ts'
import { createManualClock } from '#client/testing/manual-clock.ts'
import { objectKey, type KubeObject, type Stored } from '#machinery/meta/object.ts'
import { silentLog } from '#world/log.ts'
import type { Sockets } from '#world/sockets.ts'
import { startDns } from './dns.ts'
import { parseAnswers, parseQuery, renderQuery, renderResponse } from './wire.ts'

function informerOf<T extends KubeObject>(...objects: readonly Stored<T>[]): Informer<T> {
  return {
    synced: Promise.resolve(),
    addIndex: () => undefined,
    byIndex: () => [],
    byKey: (key: string) => objects.find((object) => objectKey(object) === key),
    subscribe({ onAdd }: { onAdd(object: Stored<T>): void }) {
      for (const object of objects) onAdd(object)
      return () => undefined
    },
  } as unknown as Informer<T>
}

function external(name: string, externalName: string): Stored<Service> {
  return { metadata: { name, namespace: 'shop' }, spec: { type: 'ExternalName', externalName } } as Stored<Service>
}

const web = { metadata: { name: 'web', namespace: 'shop' }, spec: { clusterIP: '10.96.0.20' } } as Stored<Service>

const socket = { port: 53, send: () => undefined, [Symbol.asyncDispose]: () => Promise.resolve() }

/** Upstream knows one name: `example.org` is 192.0.2.7. */
const sockets = {
  listenDatagrams: () => Promise.resolve(socket),
  listenStreams: () => Promise.resolve(socket),
  exchangeDatagram(_: unknown, message: Uint8Array) {
    const query = parseQuery(message)!
    const isKnown = query.name === 'example.org' && query.type === 'A'
    const answers = isKnown ? [{ name: query.name, record: { type: 'A' as const, data: '192.0.2.7' } }] : []
    const response = { code: 'NOERROR' as const, answers, additional: [], ttlSeconds: 30, authoritative: false }
    return Promise.resolve(renderResponse(message, query, response, 512))
  },
} as unknown as Sockets

const table: readonly (readonly [it: string, type: string, name: string, expected: readonly string[]])[] = [
  ['answers with a Service\'s address', 'A', 'web.shop.svc.cluster.local', ['A 10.96.0.20']],
  [
    'adds the addresses that an alias leads to outside',
    'A',
    'out.shop.svc.cluster.local',
    ['CNAME example.org', 'A 192.0.2.7'],
  ],
  ['adds the addresses that an alias leads to inside', 'A', 'in.shop.svc.cluster.local',
    ['CNAME web.shop.svc.cluster.local', 'A 10.96.0.20']],
  ['gives the alias alone to whoever asks for it', 'CNAME', 'out.shop.svc.cluster.local', ['CNAME example.org']],
  ['asks upstream for what is not the cluster\'s', 'A', 'example.org', ['A 192.0.2.7']],
]
for (const [it, type, name, expected] of table) {
  test(it, async () => {
    await using server = await startDns({
      zone: 'cluster.local',
      listen: { address: '10.96.0.10', port: 53 },
      upstreams: [{ address: '192.0.2.1', port: 53 }],
      services: informerOf<Service>(web, external('out', 'example.org'), external('in', 'web.shop.svc.cluster.local')),
      endpointSlices: informerOf<EndpointSlice>(),
      namespaces: informerOf<Namespace>(),
      sockets,
      clock: createManualClock(),
      log: silentLog,
    })
    const answer = await server.handle(renderQuery(7, name, type), 'datagram')
    assert.deepEqual(parseAnswers(answer!).map(({ record }) => `${record.type} ${String(record.data)}`), expected)
  })
}
