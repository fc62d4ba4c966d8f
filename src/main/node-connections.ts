/** The API server's way to kubelets: by the node's own addresses, with the certificates of this cluster. */
import type { Node } from '#api/gen/core-v1.ts'
import type { NodeConnections } from '#apiserver/subresources/node-connection.ts'
import type { CertificateFiles } from '#bootstrap/certificates.ts'
import { serviceUnavailable } from '#machinery/errors/api-error.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { HttpClient } from '#world/http.ts'

const defaultKubeletPort = 10250

/** Each watch that is passed on to another API server holds a connection of its own. */
export const connectionsPerServer = 8_192

export function createNodeConnections(certificates: CertificateFiles, http: HttpClient): NodeConnections {
  const tls = {
    ca: certificates['ca.crt']!,
    certificate: certificates['apiserver-kubelet-client.crt']!,
    key: certificates['apiserver-kubelet-client.key']!,
  }
  return {
    http,
    connect(node) {
      const address = addressOf(node)
      if (address === undefined) throw serviceUnavailable(`no preferred addresses found; known addresses: []`)
      const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port || defaultKubeletPort
      return { http, baseUrl: `https://${address.includes(':') ? `[${address}]` : address}:${port}`, tls }
    },
  }
}

/** Simulated nodes serve nothing, and at their made-up addresses may be somebody else. */
export function simulatedNodeConnections(http: HttpClient): NodeConnections {
  return {
    http,
    connect() { throw serviceUnavailable('simulated nodes run no containers') },
  }
}

/**
 * Upstream's order of preference for --kubelet-preferred-address-types, names left out: certificates carry the
 * addresses.
 */
function addressOf(node: Stored<Node>): string | undefined {
  const addresses = node.status?.addresses ?? []
  return (addresses.find(({ type }) => type === 'InternalIP') ?? addresses.find(({ type }) => type === 'ExternalIP'))
    ?.address
}
