/**
 * The API server's way to kubelets and pods, as it needs it; who provides it knows the cluster's certificates and
 * addresses.
 */
import type { Node } from '#api/gen/core-v1.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { HttpClient, OutgoingRequest } from '#world/http.ts'

export interface NodeConnection {
  readonly http: HttpClient
  /** `https://10.0.0.7:10250`, without a trailing slash. */
  readonly baseUrl: string
  readonly tls: OutgoingRequest['tls']
}

export interface NodeConnections {
  /** How to reach this node's kubelet. Throws ApiError 503 for a node that has no usable address yet. */
  connect(node: Stored<Node>): NodeConnection
  /** For pods and services, which are reached by their addresses. */
  readonly http: HttpClient
}
