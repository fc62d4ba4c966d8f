/** The cluster's DNS as others find it: the Service kube-dns, and where it leads. */
import { service } from '#api/core/service/service.ts'
import { endpointSlice } from '#api/discovery/endpointslice/endpointslice.ts'
import type { ClusterConfig } from '#bootstrap/cluster-config.ts'
import { createClient } from '#client/client.ts'
import type { ControlPlane } from '#cluster/control-plane.ts'

const labels = { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' }
const fieldManager = 'skiff'

/** Idempotent: applied at every start. The Service has no selector; the server in this process is its endpoint. */
export async function applyDnsService(controlPlane: ControlPlane, config: ClusterConfig): Promise<void> {
  const client = createClient(
    controlPlane.transport({ name: 'system:skiff', groups: ['system:masters', 'system:authenticated'] }),
  )
  await client.of(service, 'kube-system').apply(
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kube-dns', namespace: 'kube-system', labels },
      spec: {
        clusterIP: config.dnsServiceIp,
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: config.dnsPort },
          { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: config.dnsPort },
        ],
      },
    },
    { fieldManager, force: true },
  )
  await client.of(endpointSlice, 'kube-system').apply(
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'kube-dns',
        namespace: 'kube-system',
        labels: {
          ...labels,
          'kubernetes.io/service-name': 'kube-dns',
          'endpointslice.kubernetes.io/managed-by': 'skiff',
        },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: [config.gatewayAddress], conditions: { ready: true } }],
      ports: [
        { name: 'dns', port: config.dnsPort, protocol: 'UDP' },
        { name: 'dns-tcp', port: config.dnsPort, protocol: 'TCP' },
      ],
    },
    { fieldManager, force: true },
  )
}
