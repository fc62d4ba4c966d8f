/** THE list of subresources with handlers of their own, and of kinds that are never stored. */
import type { HealthCheck } from '../health.ts'
import { podBinding } from './binding.ts'
import { componentStatuses } from './component-status.ts'
import { nodeProxy, podConnect, podLog, podProxy, serviceProxy } from './connect.ts'
import { podEviction } from './eviction.ts'
import type { Subresource, SubresourceTable } from './kinds-of-subresource.ts'
import type { NodeConnections } from './node-connection.ts'
import { serviceAccountToken, type TokenIssuer } from './service-account-token.ts'

export interface CatalogOptions {
  readonly tokens: TokenIssuer
  readonly nodes: NodeConnections
  readonly components: ReadonlyMap<string, HealthCheck>
  /** Review kinds and whatever else is answered without being stored, by `group/plural/`. */
  readonly more?: SubresourceTable
}

/** The object's own rules, which know the subresource by its name. */
const ownRules: Subresource = { type: 'rules', mayGet: true, variation: () => ({}) }

export function subresourceCatalog({ tokens, nodes, components, more }: CatalogOptions): SubresourceTable {
  return new Map<string, Subresource>([
    ['/bindings/', podBinding],
    ['/pods/binding', podBinding],
    ['/pods/eviction', podEviction],
    ['/pods/ephemeralcontainers', ownRules],
    ['/pods/resize', ownRules],
    ['/pods/log', podLog(nodes)],
    ['/pods/exec', podConnect(nodes, 'exec')],
    ['/pods/attach', podConnect(nodes, 'attach')],
    ['/pods/portforward', podConnect(nodes, 'portForward')],
    ['/pods/proxy', podProxy(nodes)],
    ['/services/proxy', serviceProxy(nodes)],
    ['/nodes/proxy', nodeProxy(nodes)],
    ['/namespaces/finalize', { type: 'rules', mayGet: false, variation: () => ({}) }],
    ['/serviceaccounts/token', serviceAccountToken(tokens)],
    ['/componentstatuses/', componentStatuses(components)],
    ['certificates.k8s.io/certificatesigningrequests/approval', ownRules],
    ...(more ?? []),
  ])
}
