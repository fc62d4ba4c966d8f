/** Table: Services in → what is stored of them | what is wrong with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedOf, outcomeOf, type Row } from '../../kind-check.ts'
import { service } from './service.ts'

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
]

for (const row of rows) test(row.it, () => assert.deepEqual(outcomeOf(service, row), expectedOf(row)))
