/** The control plane over a given world: API server, identity, controllers, scheduler. As deterministic as its parts. */
import { kinds } from '#api/kinds.ts'
import { schemas } from '#api/schemas.ts'
import { admissionPlugins } from '#apiserver/admission/plugins.ts'
import type { UserInfo } from '#apiserver/authn/authenticator.ts'
import { discoveryDocument, issueRequestedToken, keySetDocument } from '#apiserver/authn/token-request.ts'
import type { HealthCheck } from '#apiserver/health.ts'
import type { ProcessMetrics } from '#apiserver/metrics.ts'
import type { PathHandler } from '#apiserver/paths.ts'
import { createApiServer } from '#apiserver/server.ts'
import type { ApiServer } from '#apiserver/server.ts'
import { subresourceCatalog } from '#apiserver/subresources/catalog.ts'
import type { NodeConnections } from '#apiserver/subresources/node-connection.ts'
import type { ServerVersion } from '#apiserver/version.ts'
import { withTaskGroup } from '#base/task-group.ts'
import { createInformers } from '#client/informers.ts'
import type { Informers } from '#client/informers.ts'
import type { Transport } from '#client/transport.ts'
import { controllers } from '#controllers/controllers.ts'
import { runControllers } from '#controllers/driver/run-controllers.ts'
import { runScheduler } from '#scheduler/scheduler.ts'
import type { Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { Crypto } from '#world/crypto.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import { createIdentity } from './identity.ts'
import type { Identity } from './identity.ts'
import { reviewHandlers } from './reviews.ts'

export interface ControlPlaneOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly crypto: Crypto
  readonly log: Log
  /** PEM: the key that signs service account tokens, and the authority that pods trust. */
  readonly serviceAccountKey: string
  readonly rootCertificate: string
  readonly clusterDomain: string
  readonly serviceCidr: string
  /** Where clients reach the API server. */
  readonly advertiseAddress: string
  readonly port: number
  readonly version: ServerVersion
  readonly nodes: NodeConnections
  readonly processMetrics?: ProcessMetrics
  readonly gzip?: (bytes: Uint8Array) => Promise<Uint8Array>
}

export interface ControlPlane {
  readonly server: ApiServer
  readonly identity: Identity
  /** Shared by everything in this process that may see all of the cluster. */
  readonly informers: Informers
  transport(user: UserInfo): Transport
  /** Resolves when what every cluster has exists, and the loops work. */
  readonly started: Promise<void>
  /** Controllers and scheduler, until aborted; rejects when one of them hits a bug. */
  run(signal: AbortSignal): Promise<void>
}

const kubeSystem = 'kube-system'

/** Reads the store, but starts nothing. */
export function createControlPlane(options: ControlPlaneOptions, signal: AbortSignal): ControlPlane {
  const { store, clock, random, crypto, clusterDomain } = options
  const log = options.log
  const identity = createIdentity({ store, kinds, crypto, clock, random, serviceAccountKey: options.serviceAccountKey, clusterDomain })
  const { tokens, boundObjects } = identity
  const components = new Map<string, HealthCheck>()
  const server = createApiServer({
    store, kinds, schemas, clock, random, log, version: options.version,
    authenticators: identity.authenticators,
    authorizer: identity.authorizer,
    admission: admissionPlugins(identity.authorizer, identity.rules),
    subresources: subresourceCatalog({
      tokens: { issue: (request, namespace, name) => issueRequestedToken(tokens, boundObjects, request, namespace, name, clock.now()) },
      nodes: options.nodes, components, more: reviewHandlers(identity),
    }),
    serverAddress: `${options.advertiseAddress}:${options.port}`,
    paths: [serveTokenKeys(identity, `https://${options.advertiseAddress}:${options.port}/openid/v1/jwks`)],
    ...(options.processMetrics && { processMetrics: options.processMetrics }),
  })
  const transport = (user: UserInfo): Transport => server.localTransport(user)
  const informers = createInformers({ transport: transport(componentUser('system:kube-controller-manager')), clock, random, log, signal })
  const started = Promise.withResolvers<void>()
  return {
    server, identity, informers, transport,
    started: started.promise,
    run: (own) => withTaskGroup(own, async (group) => {
      group.start((inner) => identity.run(inner))
      started.resolve()
      const loops = { informers, clock, random, log }
      group.start((inner) => runControllers({ ...loops, controllers, transportFor: (account) => transport(serviceAccountUser(account)) }, inner))
      group.start((inner) => runScheduler({ ...loops, transport: transport(componentUser('system:kube-scheduler')), signal: inner }))
      await group.settled()
    }),
  }
}

/** A component of the control plane, as its client certificate would name it. */
export function componentUser(name: string): UserInfo {
  return { name, groups: ['system:authenticated'] }
}

/** A controller's service account. */
export function serviceAccountUser(name: string): UserInfo {
  return {
    name: `system:serviceaccount:${kubeSystem}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${kubeSystem}`, 'system:authenticated'],
  }
}

/** A node's kubelet. */
export function nodeUser(nodeName: string): UserInfo {
  return { name: `system:node:${nodeName}`, groups: ['system:nodes', 'system:authenticated'] }
}

/** Where others find the keys to verify service account tokens with (KEP-1393). */
function serveTokenKeys({ tokens }: Identity, keySetUrl: string): PathHandler {
  const encoder = new TextEncoder()
  const answer = (contentType: string, text: string): ReturnType<PathHandler> => ({
    status: 200, headers: { 'content-type': contentType, 'cache-control': 'public, max-age=3600' },
    body: { type: 'bytes', chunks: [encoder.encode(text)] },
  })
  return ({ info }) => {
    if (info.type !== 'path' || info.verb !== 'get') return undefined
    if (info.path === '/openid/v1/jwks') return answer('application/jwk-set+json', keySetDocument(tokens))
    if (info.path === '/.well-known/openid-configuration') return answer('application/json', discoveryDocument(tokens, keySetUrl))
    return undefined
  }
}
