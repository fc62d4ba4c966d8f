import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '#api/gen/core-v1.ts'
import type { EndpointSlice } from '#api/gen/discovery-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import { answerFromIndex } from './answer.ts'
import { RecordIndex, recordsOf, reverseName } from './records.ts'

const zone = 'cluster.local'

function service(name: string, spec: Service['spec']): Stored<Service> {
  return {
    metadata: { name, namespace: 'shop', uid: name, resourceVersion: '1', creationTimestamp: '' },
    spec,
  } as Stored<Service>
}

const ready = { addresses: ['10.244.0.7'], hostname: 'db-0', conditions: { ready: true } }
const unready = { addresses: ['10.244.0.8'], hostname: 'db-1', conditions: { ready: false } }
const plain = { addresses: ['10.244.0.9'] }
const slice = {
  metadata: { name: 'db-x', namespace: 'shop' },
  addressType: 'IPv4',
  ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
  endpoints: [ready, unready, plain],
} as unknown as Stored<EndpointSlice>

function ask(type: string, name: string): string {
  const index = new RecordIndex(zone)
  index.set(
    'shop/web',
    recordsOf(
      service('web', {
        clusterIP: '10.96.0.20',
        clusterIPs: ['10.96.0.20', 'fd00::20'],
        ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
      } as Service['spec']),
      [],
      zone,
    ),
  )
  index.set(
    'shop/db',
    recordsOf(service('db', { clusterIP: 'None', ports: [] } as unknown as Service['spec']), [slice], zone),
  )
  index.set(
    'shop/out',
    recordsOf(service('out', { type: 'ExternalName', externalName: 'example.org' } as Service['spec']), [], zone),
  )
  index.set('shop/gone', recordsOf(service('gone', { clusterIP: '10.96.0.30' } as Service['spec']), [], zone))
  index.set('shop/gone', [])
  const answer = answerFromIndex({ name, type }, index, (namespace) => namespace === 'shop')
  if (!answer) return 'elsewhere'
  const show = ({ record }: { record: { type: string; data: unknown } }): string =>
    record.type === 'SRV'
      ? `SRV ${Object.values(record.data as object).join(' ')}`
      : `${record.type} ${String(record.data)}`
  return [answer.code, ...answer.records.map(show), ...answer.additional.map((record) => `+${show(record)}`)].join(
    ' | ',
  )
}

const table: readonly (readonly [type: string, name: string, expected: string])[] = [
  ['A', 'web.shop.svc.cluster.local', 'NOERROR | A 10.96.0.20'],
  ['AAAA', 'web.shop.svc.cluster.local', 'NOERROR | AAAA fd00::20'],
  ['TXT', 'web.shop.svc.cluster.local', 'NOERROR'],
  [
    'SRV',
    '_http._tcp.web.shop.svc.cluster.local',
    'NOERROR | SRV 0 100 80 web.shop.svc.cluster.local | +A 10.96.0.20 | +AAAA fd00::20',
  ],
  ['A', '_tcp.web.shop.svc.cluster.local', 'NOERROR'],
  ['A', 'db.shop.svc.cluster.local', 'NOERROR | A 10.244.0.7 | A 10.244.0.9'],
  ['A', 'db-0.db.shop.svc.cluster.local', 'NOERROR | A 10.244.0.7'],
  ['A', 'db-1.db.shop.svc.cluster.local', 'NXDOMAIN'],
  ['A', '10-244-0-9.db.shop.svc.cluster.local', 'NOERROR | A 10.244.0.9'],
  ['PTR', '20.0.96.10.in-addr.arpa', 'NOERROR | PTR web.shop.svc.cluster.local'],
  ['PTR', '7.0.244.10.in-addr.arpa', 'NOERROR | PTR db-0.db.shop.svc.cluster.local'],
  ['PTR', '9.9.9.9.in-addr.arpa', 'elsewhere'],
  ['A', 'out.shop.svc.cluster.local', 'NOERROR | CNAME example.org'],
  ['A', 'gone.shop.svc.cluster.local', 'NXDOMAIN'],
  ['A', 'shop.svc.cluster.local', 'NOERROR'],
  ['A', 'nowhere.svc.cluster.local', 'NXDOMAIN'],
  ['A', 'svc.cluster.local', 'NOERROR'],
  ['A', '10-244-0-9.shop.pod.cluster.local', 'NOERROR | A 10.244.0.9'],
  ['A', '10-244-0-900.shop.pod.cluster.local', 'NXDOMAIN'],
  ['A', '*.shop.svc.cluster.local', 'NXDOMAIN'],
  ['TXT', 'dns-version.cluster.local', 'NOERROR | TXT 1.1.0'],
  ['A', 'example.org', 'elsewhere'],
  ['A', 'notcluster.local', 'elsewhere'],
]

for (const [type, name, expected] of table) {
  test(`answers ${type} ${name} with ${expected}`, () => assert.equal(ask(type, name), expected))
}

test('turns IPv6 addresses round by nibbles', () => {
  assert.equal(reverseName('fd00::20'), '0.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa')
})
