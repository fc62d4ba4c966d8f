/** Table: Services in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { service } from './service.ts'
import { serviceStatusWarnings } from './service-warnings.ts'

/** A Service as the store has it. */
function allocated(spec: object = {}): object {
  return { metadata: { name: 'a' }, spec: {
    type: 'ClusterIP',
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
    clusterIP: '10.0.0.1',
    clusterIPs: ['10.0.0.1'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    ...spec,
  } }
}

function loadBalancer(spec: object = {}): object {
  return allocated({
    type: 'LoadBalancer', externalTrafficPolicy: 'Cluster', allocateLoadBalancerNodePorts: true, ...spec,
  })
}

const rows: readonly Row[] = [
  {
    it: 'is for the cluster alone unless it says otherwise',
    object: { metadata: { name: 'a' }, spec: { ports: [{ port: 80 }] } },
    holds: {
      'spec.type': 'ClusterIP', 'spec.sessionAffinity': 'None', 'spec.internalTrafficPolicy': 'Cluster',
      'spec.ports.0': { port: 80, protocol: 'TCP', targetPort: 80 }, status: { loadBalancer: {} },
    },
  },
  {
    it: 'lets traffic of a load balancer through any node',
    object: { metadata: { name: 'a' }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } },
    holds: { 'spec.externalTrafficPolicy': 'Cluster', 'spec.allocateLoadBalancerNodePorts': true },
  },
  {
    it: 'keeps clients for three hours',
    object: { metadata: { name: 'a' }, spec: { sessionAffinity: 'ClientIP', ports: [{ port: 80 }] } },
    holds: { 'spec.sessionAffinityConfig': { clientIP: { timeoutSeconds: 10800 } } },
  },
  { it: 'needs ports', object: { metadata: { name: 'a' }, spec: {} }, errors: ['spec.ports: Required value'] },
  {
    it: 'needs none when it has no address',
    object: { metadata: { name: 'a' }, spec: { clusterIP: 'None' } },
    holds: { 'spec.clusterIPs': ['None'] },
  },
  {
    it: 'names ports when there are several',
    object: { metadata: { name: 'a' }, spec: { ports: [{ port: 80 }, { port: 81, name: 'b' }] } },
    errors: ['spec.ports[0].name: Required value'],
  },
  {
    it: 'has ports from 1 to 65535', object: { metadata: { name: 'a' }, spec: { ports: [{ port: 70000 }] } },
    errors: ['spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
      'spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
  },
  {
    it: 'has one of the known types', object: { metadata: { name: 'a' }, spec: { type: 'X', ports: [{ port: 80 }] } },
    errors: [
      'spec.type: Unsupported value: "X": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
  },
  {
    it: 'has no node ports inside the cluster',
    object: { metadata: { name: 'a' }, spec: { ports: [{ port: 80, nodePort: 30000 }] } },
    errors: ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
  },
  {
    it: 'points to a name outside',
    object: { metadata: { name: 'a' }, spec: { type: 'ExternalName' } },
    errors: ['spec.externalName: Required value'],
  },
  {
    it: 'does not send traffic back',
    object: { metadata: { name: 'a' }, spec: { externalIPs: ['127.0.0.1'], ports: [{ port: 80 }] } },
    errors: [
      'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
  },
  {
    it: 'keeps the address that it got',
    old: allocated(),
    object: { metadata: { name: 'a' }, spec: { ports: [{ port: 80 }] } },
    holds: { 'spec.clusterIP': '10.0.0.1', 'spec.clusterIPs': ['10.0.0.1'], 'spec.ipFamilies': ['IPv4'] },
  },
  {
    it: 'does not take another address', old: allocated(),
    object: allocated({ clusterIP: '10.0.0.2', clusterIPs: ['10.0.0.2'] }),
    errors: ['spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set'],
  },
  {
    it: 'gives up its address for a name',
    old: allocated(),
    object: allocated({ type: 'ExternalName', externalName: 'a.b' }),
    holds: { 'spec.clusterIP': undefined, 'spec.clusterIPs': undefined, 'spec.ipFamilies': undefined },
  },
  {
    it: 'keeps node ports by port',
    old: allocated({
      type: 'NodePort',
      externalTrafficPolicy: 'Cluster',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80, nodePort: 30080 }],
    }),
    object: { metadata: { name: 'a' }, spec: { type: 'NodePort', ports: [{ port: 80 }] } },
    holds: { 'spec.ports.0.nodePort': 30080 },
  },
  {
    it: 'says the same in both annotations',
    object: {
      metadata: {
        name: 'a',
        annotations: {
          'service.kubernetes.io/topology-aware-hints': 'auto', 'service.kubernetes.io/topology-mode': 'disabled',
        },
      },
      spec: { ports: [{ port: 80 }] },
    },
    errors: [
      'metadata.annotations[service.kubernetes.io/topology-mode]: Invalid value: "disabled": must match annotations[service.kubernetes.io/topology-aware-hints] when both are specified',
    ],
  },
  {
    it: 'spreads traffic in known ways',
    object: { metadata: { name: 'a' }, spec: {
      ports: [{ port: 80 }], trafficDistribution: 'X', internalTrafficPolicy: 'X', externalTrafficPolicy: 'Local',
    } },
    errors: [
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
      'spec.internalTrafficPolicy: Unsupported value: "X": supported values: "Cluster", "Local"',
      'spec.trafficDistribution: Unsupported value: "X": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"',
    ],
  },
  {
    it: 'is reached from outside at addresses of its own',
    object: { metadata: { name: 'a' }, spec: { ports: [{ port: 80 }], externalIPs: ['192.0.2.1'] } },
    holds: { 'spec.externalTrafficPolicy': 'Cluster' },
  },
  {
    it: 'takes addresses that all read alike',
    object: { metadata: { name: 'a' }, spec: {
      type: 'LoadBalancer', ports: [{ port: 80 }], externalIPs: ['192.0.2.01'], clusterIP: '::ffff:10.0.0.1',
      loadBalancerSourceRanges: [' 10.0.0.0/8 ', '10.0.0.1/8'],
    } },
    errors: [
      'spec.clusterIPs[0]: Invalid value: "::ffff:10.0.0.1": must not be an IPv4-mapped IPv6 address',
      'spec.externalIPs[0]: Invalid value: "192.0.2.01": must not have leading 0s',
      'spec.LoadBalancerSourceRanges[1]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length',
    ],
  },
  {
    it: 'keeps addresses of old as they are',
    old: allocated({ externalIPs: ['192.0.2.01'], externalTrafficPolicy: 'Cluster' }),
    object: allocated({ externalIPs: ['192.0.2.01', '192.0.2.02'], externalTrafficPolicy: 'Cluster' }),
    errors: ['spec.externalIPs[1]: Invalid value: "192.0.2.02": must not have leading 0s'],
  },
  {
    it: 'gives up its second address knowingly',
    old: allocated({
      clusterIPs: ['10.0.0.1', 'fd00::1'], ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'PreferDualStack',
    }),
    object: allocated({ ipFamilyPolicy: 'PreferDualStack' }),
    errors: [
      'spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to \'SingleStack\' when releasing the secondary clusterIP',
      'spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to \'SingleStack\' when releasing the secondary ipFamily',
    ],
  },
  {
    it: 'changes neither families nor second address',
    old: allocated({
      clusterIPs: ['10.0.0.1', 'fd00::1'], ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'PreferDualStack',
    }),
    object: allocated({
      clusterIPs: ['10.0.0.1', 'fd00::2'], ipFamilies: ['IPv6', 'IPv4'], ipFamilyPolicy: 'PreferDualStack',
    }),
    errors: [
      'spec.clusterIPs[1]: Invalid value: ["10.0.0.1","fd00::2"]: may not change once set',
      'spec.ipFamilies[0]: Invalid value: ["IPv6","IPv4"]: may not change once set',
      'spec.ipFamilies[0]: Invalid value: ["IPv6","IPv4"]: may not change once set',
      'spec.clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`',
      'spec.clusterIPs[1]: Invalid value: "fd00::2": expected an IPv4 value as indicated by `ipFamilies[1]`',
    ],
  },
  {
    it: 'keeps the class of its load balancer, and the port that tells of health',
    old: loadBalancer({ loadBalancerClass: 'a.com/b', externalTrafficPolicy: 'Local', healthCheckNodePort: 30001 }),
    object: loadBalancer({ loadBalancerClass: 'a.com/c', externalTrafficPolicy: 'Local', healthCheckNodePort: 30002 }),
    errors: [
      'spec.loadBalancerClass: Invalid value: "a.com/c": may not change once set',
      'spec.healthCheckNodePort: Forbidden: field is immutable',
    ],
  },
  {
    it: 'tells of points where a load balancer is reached',
    old: loadBalancer(), subresource: 'status',
    object: { ...loadBalancer(), status: { loadBalancer: { ingress: [
      { ip: '192.0.2.1' }, { ip: '192.0.2.1', ipMode: 'X' }, { ipMode: 'VIP', hostname: '192.0.2.1' },
    ] } } },
    errors: [
      'status.loadBalancer.ingress[1].ipMode: Unsupported value: "X": supported values: "Proxy", "VIP"',
      'status.loadBalancer.ingress[2].ipMode: Forbidden: may not be specified when `ip` is not set',
      'status.loadBalancer.ingress[2].hostname: Invalid value: "192.0.2.1": must be a DNS name, not an IP address',
    ],
    holds: { 'status.loadBalancer.ingress.0.ipMode': 'VIP' },
  },
  {
    it: 'tells of none without a load balancer',
    old: allocated(), subresource: 'status',
    object: { ...allocated(), status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } } },
    errors: ["status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"],
  },
]

test('warns of what has no effect', () => {
  assert.deepEqual(service.warnings!(allocated({
    clusterIP: 'None', clusterIPs: ['None'], externalIPs: ['fd00::0:1'], sessionAffinity: 'ClientIP',
    externalName: 'a.b', trafficDistribution: 'PreferClose',
  }) as never, undefined), [
    'spec.externalIPs is ignored for headless services',
    'spec.SessionAffinity is ignored for headless services',
    'spec.externalIPs[0]: IPv6 address "fd00::0:1" should be in RFC 5952 canonical format ("fd00::1")',
    'spec.externalName is ignored when spec.type is not "ExternalName"',
    'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
  ])
})

test('warns of addresses of load balancers', () => {
  assert.deepEqual(serviceStatusWarnings({ status: { loadBalancer: { ingress: [{ hostname: 'a' }, { ip: 'fd00::0:1' }] } } }),
    ['status.loadBalancer.ingress[1]: IPv6 address "fd00::0:1" should be in RFC 5952 canonical format ("fd00::1")'])
})

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(service, row), expectedOf(row)))
