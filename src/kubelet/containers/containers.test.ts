/** From a pod's words to what the runtime gets. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyContainer, PodObject, ServiceObject } from '../types.ts'
import { computeEnvironment, type EnvironmentSources } from './environment.ts'
import { expandVariables } from './expansion.ts'
import { parseResolverConfiguration, podDns, podHostname, renderHostsFile } from './network-files.ts'
import { quantityMilli, quantityValue } from './quantities.ts'
import { containerResources, cpuShares, oomScoreAdjust, podResources } from './resources.ts'
import { containerSecurity } from './security.ts'

function podOf(spec: object, metadata: object = {}): PodObject {
  return {
    metadata: { name: 'p', namespace: 'n', uid: 'u', resourceVersion: '1', creationTimestamp: '', ...metadata },
    spec: { containers: [], ...spec },
  } as unknown as PodObject
}

test('variables expand as upstream\'s do', () => {
  const values: Readonly<Record<string, string>> = { A: '1', B: '$(A)' }
  for (const [text, expected] of [
    ['$(A)', '1'],
    ['x$(A)y', 'x1y'],
    ['$(B)', '$(A)'],
    ['$$(A)', '$(A)'],
    ['$(MISSING)', '$(MISSING)'],
    ['$', '$'],
    ['$(A', '$(A'],
    ['$$$(A)', '$1'],
    ['$A', '$A'],
  ] as const) {
    assert.equal(
      expandVariables(text, (name) => values[name]),
      expected,
      text,
    )
  }
})

const service = {
  metadata: { name: 'my-db', namespace: 'n' },
  spec: { clusterIP: '10.0.0.9', ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] },
} as unknown as ServiceObject

function environment(
  container: object, more: Partial<EnvironmentSources> = {}, spec: object = {},
): Record<string, string> {
  const list = computeEnvironment({ name: 'c', ...container } as AnyContainer, {
    pod: podOf(spec), podIps: ['10.1.1.1'], hostIps: ['192.0.2.1'], services: [], allocatable: { cpu: '4' },
    configMap: (name) => (name === 'map' ? { metadata: { name }, data: { K: 'v' } } as never : undefined),
    secret: (name) => (name === 'key' ? { metadata: { name }, data: { S: 'aGk=' } } as never : undefined), ...more,
  })
  return Object.fromEntries(list.map(({ name, value }) => [name, value]))
}

test('environment variables come from everywhere, later ones over earlier ones', () => {
  assert.deepEqual(
    environment({
      envFrom: [{ prefix: 'P_', configMapRef: { name: 'map' } }, { secretRef: { name: 'key' } }],
      env: [{ name: 'S', value: 'x' }],
    }),
    { P_K: 'v', S: 'x' },
  )
  assert.deepEqual(
    environment({
      env: [
        { name: 'C', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        { name: 'H', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
      ],
    }),
    { C: '4', H: '192.0.2.1' },
  )
  assert.throws(() => environment({ envFrom: [{ configMapRef: { name: 'no' } }] }), /^Error: configmap "no" not found$/)
  assert.throws(
    () => environment({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'key', key: 'no' } } }] }),
    /couldn't find key no in Secret n\/key/,
  )
  assert.deepEqual(
    environment({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'no', key: 'x', optional: true } } }] }),
    {},
  )
})

test('services are announced as upstream does, unless the pod declines', () => {
  assert.deepEqual(environment({}, { services: [service] }), {
    MY_DB_SERVICE_HOST: '10.0.0.9',
    MY_DB_SERVICE_PORT: '5432',
    MY_DB_SERVICE_PORT_SQL: '5432',
    MY_DB_PORT: 'tcp://10.0.0.9:5432',
    MY_DB_PORT_5432_TCP: 'tcp://10.0.0.9:5432',
    MY_DB_PORT_5432_TCP_PROTO: 'tcp',
    MY_DB_PORT_5432_TCP_PORT: '5432',
    MY_DB_PORT_5432_TCP_ADDR: '10.0.0.9',
  })
  assert.deepEqual(environment({}, { services: [service] }, { enableServiceLinks: false }), {})
})

test('resources become shares, quotas and scores', () => {
  assert.deepEqual([cpuShares(0), cpuShares(1), cpuShares(500), cpuShares(1000)], [2, 2, 512, 1024])
  const guaranteed = { limits: { cpu: '500m', memory: '64Mi' } }
  const container = { name: 'c', resources: guaranteed } as AnyContainer
  assert.deepEqual(containerResources(podOf({ containers: [container] }), container, 2 ** 30), {
    cpuPeriod: 100_000,
    cpuQuota: 50_000,
    cpuShares: 512,
    memoryLimitBytes: 64 * 2 ** 20,
    oomScoreAdjust: -997,
    unified: {},
  })
  const burstable = { name: 'c', resources: { requests: { memory: '512Mi' } } } as AnyContainer
  assert.equal(oomScoreAdjust(podOf({ containers: [burstable] }), burstable, 2 ** 30), 500)
  assert.equal(oomScoreAdjust(podOf({ containers: [{ name: 'c' }] }), { name: 'c' }, 2 ** 30), 1000)
  assert.deepEqual(podResources(podOf({
    initContainers: [
      { name: 'i', resources: { requests: { cpu: '2' } } },
      { name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '100m' } } },
    ],
    containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }],
  })).cpuRequestMilli, 2000)
})

test('quantities are read as they are written', () => {
  for (const [text, value] of [
    ['1', 1],
    ['100m', 0.1],
    ['1Ki', 1024],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['1e3', 1000],
    ['2k', 2000],
    [undefined, 0],
  ] as const) {
    assert.equal(quantityValue(text), value)
  }
  assert.equal(quantityMilli('100m'), 100)
})

test('a pod\'s resolver follows its policy', () => {
  const settings = {
    clusterDns: ['10.96.0.10'],
    clusterDomain: 'cluster.local',
    node: parseResolverConfiguration('nameserver 1.1.1.1\nsearch a.b\noptions timeout:1\n'),
  }
  assert.deepEqual(podDns(podOf({}), settings), {
    servers: ['10.96.0.10'],
    searches: ['n.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'a.b'],
    options: ['ndots:5'],
  })
  assert.deepEqual(podDns(podOf({ dnsPolicy: 'Default' }), settings), settings.node)
  assert.deepEqual(podDns(podOf({ hostNetwork: true }), settings), settings.node)
  assert.deepEqual(
    podDns(podOf({ dnsConfig: { options: [{ name: 'ndots', value: '2' }], nameservers: ['9.9.9.9'] } }), settings)
      .options,
    ['ndots:2'],
  )
})

test('names: cut to 63, with a domain for a subdomain, aliases at the end of the hosts file', () => {
  assert.equal(podHostname(podOf({}, { name: `${'a'.repeat(62)}-bcd` }), 'x').hostname, 'a'.repeat(62))
  const pod = podOf({ hostname: 'h', subdomain: 's', hostAliases: [{ ip: '1.2.3.4', hostnames: ['a', 'b'] }] })
  const text = renderHostsFile(pod, ['10.1.1.1'], 'cluster.local', undefined)
  assert.match(text, /^10\.1\.1\.1\th\.s\.n\.svc\.cluster\.local\th$/m)
  assert.match(text, /\n\n# Entries added by HostAliases\.\n1\.2\.3\.4\ta\tb\n$/)
})

test('runAsNonRoot is checked against the image', () => {
  const security = (container: object, image: { uid: number | undefined; username: string }) =>
    containerSecurity(
      podOf({}),
      { name: 'c', securityContext: { runAsNonRoot: true, ...container } } as AnyContainer,
      image,
      { seccompRoot: '' },
    )
  assert.throws(() =>
    security({}, { uid: undefined, username: '' }), /container has runAsNonRoot and image will run as root/)
  assert.throws(() => security({}, { uid: undefined, username: 'app' }), /non-numeric user \(app\)/)
  assert.throws(() => security({ runAsUser: 0 }, { uid: 5, username: '' }), /breaks non-root policy/)
  assert.equal(security({}, { uid: 5, username: '' }).runAsUser, 5)
})
