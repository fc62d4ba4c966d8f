/**
 * The control plane over a given world: API server, identity, controllers, scheduler. As deterministic as its parts.
 */
import type { RuntimeConfig } from '#api/runtime-config.ts'
import { schemas } from '#api/schemas.ts'
import { servedKinds } from '#api/served-kinds.ts'
import {
  storageVersionMigration,
} from '#api/storagemigration/storageversionmigration/storageversionmigration.ts'
import type { ConfiguredAdmission } from '#apiserver/admission/open-admission.ts'
import { admissionPlugins } from '#apiserver/admission/plugins.ts'
import { mutatingPolicies } from '#apiserver/admission/policies/mutating.ts'
import { validatingPolicies } from '#apiserver/admission/policies/validating.ts'
import { mutatingWebhooks, validatingWebhooks } from '#apiserver/admission/webhooks/webhooks.ts'
import { createAggregator } from '#apiserver/aggregator/aggregator.ts'
import { runAuthenticationConfig } from '#apiserver/aggregator/authentication-config.ts'
import type { FrontProxyCertificate } from '#apiserver/aggregator/proxy.ts'
import { runServiceRegistration } from '#apiserver/aggregator/register-services.ts'
import type { Auditor } from '#apiserver/audit/auditor.ts'
import type { UserInfo } from '#apiserver/authn/authenticator.ts'
import type { ConfiguredAuthentication } from '#apiserver/authn/open-authentication.ts'
import { discoveryDocument, issueRequestedToken, keySetDocument } from '#apiserver/authn/token-request.ts'
import type { ConfiguredAuthorization } from '#apiserver/authz/open-authorization.ts'
import { bootstrapPolicy } from '#apiserver/authz/bootstrap-policy.ts'
import { definitionHooks } from '#apiserver/crd/definition-hooks.ts'
import { createDefinitions } from '#apiserver/crd/definitions.ts'
import type { Encryption } from '#apiserver/encryption/encryption.ts'
import { runEventExpiry } from '#apiserver/event-expiry.ts'
import type { FlagValues } from '#apiserver/flag-values.ts'
import { createFlowConfiguration } from '#apiserver/flowcontrol/configuration.ts'
import { FlowController } from '#apiserver/flowcontrol/flow-controller.ts'
import type { HealthCheck } from '#apiserver/health.ts'
import type { ProcessMetrics } from '#apiserver/metrics.ts'
import type { JsonObject } from '#apiserver/openapi/definitions.ts'
import { createOpenApiHandler, type ForeignDocuments } from '#apiserver/openapi/handler.ts'
import type { PathHandler } from '#apiserver/paths.ts'
import { servingAddresses } from '#apiserver/post-start/serving-addresses.ts'
import { createPostStart, postStartHooks, postStartNames } from '#apiserver/post-start/post-start.ts'
import { metricsKinds, metricsReaderRole, resourceMetrics } from '#apiserver/resource-metrics/resource-metrics.ts'
import { UsageSource } from '#apiserver/resource-metrics/usage-source.ts'
import type { Gzip } from '#apiserver/rest/compress.ts'
import type { GiveWay } from '#apiserver/rest/pace.ts'
import { createApiServer, type ApiServer } from '#apiserver/server.ts'
import { defaultNodePortRange } from '#apiserver/services/port-allocator.ts'
import { runPortRepair } from '#apiserver/services/port-repair.ts'
import { createNodePorts, serviceHooks } from '#apiserver/services/service-hooks.ts'
import { subresourceCatalog } from '#apiserver/subresources/catalog.ts'
import type { NodeConnections } from '#apiserver/subresources/node-connection.ts'
import type { ServerVersion } from '#apiserver/version.ts'
import { addressAt, formatIp, parseCidr } from '#base/ip.ts'
import { withTaskGroup } from '#base/task-group.ts'
import { loadAuthority, type CertifiedKey } from '#base/x509/authority.ts'
import { formatCertificatePem } from '#base/x509/certificate.ts'
import { createInformers, type Informers } from '#client/informers.ts'
import type { Transport } from '#client/transport.ts'
import { controllers, type ControllerSettings } from '#controllers/controllers.ts'
import { runControllers } from '#controllers/driver/run-controllers.ts'
import type { AnyKind, KindVersion } from '#machinery/schema/define-kind.ts'
import { runScheduler } from '#scheduler/scheduler.ts'
import type { Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { Crypto } from '#world/crypto.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import { createIdentity, type Identity } from './identity.ts'
import { lead, runPresence, type Peers } from './peers.ts'
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
  /** Signs the certificate requests that are approved; absent: nobody does. */
  readonly certificateAuthority?: CertifiedKey | undefined
  /** How this server vouches for its users before the API servers behind it; absent: they are not told who asks. */
  readonly frontProxy?: FrontProxy | undefined
  readonly clusterDomain: string
  readonly serviceCidr: string
  /** The range that nodes get their parts of for their pods; absent: they get none. */
  readonly podCidr?: string | undefined
  /** Where clients reach the API server. */
  readonly advertiseAddress: string
  readonly port: number
  readonly version: ServerVersion
  readonly nodes: NodeConnections
  /** Whether it measures what nodes and pods use (metrics.k8s.io), if no other server does. Default: it does not. */
  readonly measuresUsage?: boolean
  readonly processMetrics?: ProcessMetrics
  readonly gzip?: Gzip
  readonly giveWay?: GiveWay
  /** Encryption at rest, whose store is already `store`. */
  readonly encryption?: Encryption | undefined
  /** Further ways to authenticate. */
  readonly authentication?: ConfiguredAuthentication | undefined
  /** Who decides what may be done; absent: Node and RBAC. */
  readonly authorization?: ConfiguredAuthorization | undefined
  /** Which admission plugins run; absent: those that do by default. */
  readonly admission?: ConfiguredAdmission | undefined
  /** Who hears of every request. */
  readonly audit?: Auditor | undefined
  /** Further flags that the server was started with, for `/flagz`. */
  readonly flags?: FlagValues | undefined
  /** Which group-versions are served beside, or without, the default ones. */
  readonly runtimeConfig?: RuntimeConfig | undefined
  /** The store is shared with other servers; absent: it is this one's alone. */
  readonly peers?: Peers | undefined
  /**
   * What lies between a component (not the server's own start) and the server. A simulation puts an
   * unreliable network there.
   */
  readonly wrapTransport?: (transport: Transport, user: UserInfo) => Transport
}

export interface FrontProxy {
  /** PEM: who signs the certificates of front proxies. */
  readonly authority: string
  /** The newest. */
  certificate(): FrontProxyCertificate
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
/** As many as upstream's default: 400 reads and 200 writes. */
const requestsAtOnce = 600
/** A quarter of the time that a request has, as upstream's. */
const waitLimitMs = 15_000

/** Reads the store, but starts nothing: that is `run`. */
export function createControlPlane(options: ControlPlaneOptions, signal: AbortSignal): ControlPlane {
  const { store, clock, random, crypto, log, clusterDomain, advertiseAddress, port, peers } = options
  const serviceCidr = parseCidr(options.serviceCidr)
  if (!serviceCidr) throw new Error(`not a range of addresses: ${options.serviceCidr}`)
  const kinds = servedKinds(options.runtimeConfig)
  const identity = createIdentity({
    store,
    kinds,
    crypto,
    clock,
    random,
    serviceAccountKey: options.serviceAccountKey,
    clusterDomain,
    authentication: options.authentication,
    authorization: options.authorization,
  })
  const { tokens, boundObjects } = identity
  const nodePorts = createNodePorts({ store, clock, random, range: defaultNodePortRange })
  const alive = new Set<string>()
  const components = componentChecks(alive, store, clock)
  const postStart = createPostStart(() => hooks, postStartNames)
  const priorities = new FlowController({ clock, seats: requestsAtOnce, waitLimitMs })
  const hookTools = {
    http: options.nodes.http, clock, log: log.named('admission'), authorizer: identity.authorizer,
    kinds: () => server.kinds.kinds,
    structOf: ({ custom, schema }: KindVersion) =>
      custom?.struct ?? (schemas.has(schema) ? schemas.struct(schema) : undefined),
  }
  const usage = options.measuresUsage ? new UsageSource(options.nodes, clock) : undefined
  const aggregator = createAggregator({
    store, clock, random, http: options.nodes.http, log: log.named('aggregator'),
    certificate: () => options.frontProxy?.certificate(),
  })
  const server: ApiServer = createApiServer({
    aggregator, store, kinds, schemas, clock, random, log, version: options.version,
    authenticators: identity.authenticators,
    authorizer: identity.authorizer,
    admission: admissionPlugins({
      authorizer: identity.authorizer, resolver: identity.rules, kinds: () => server.kinds.kinds,
      configured: options.admission,
      createNamespace: (name) => serverTransport.call({
        verb: 'create', path: { group: '', version: 'v1', resource: 'namespaces' },
        object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, options: {},
      }),
      beforeQuota: [
        mutatingPolicies(hookTools), mutatingWebhooks(hookTools), validatingPolicies(hookTools),
        validatingWebhooks(hookTools),
      ],
    }),
    hooks: new Map([
      [
        '/services',
        serviceHooks({ store, clock, random, clusterCidrs: [serviceCidr], nodePorts }),
      ],
      ['apiextensions.k8s.io/customresourcedefinitions', definitionHooks(schemas)],
    ]),
    subresources: subresourceCatalog({
      tokens: {
        issue: (request, namespace, name) =>
          issueRequestedToken(tokens, boundObjects, request, namespace, name, clock.now()),
      },
      nodes: options.nodes, components,
      more: new Map([...reviewHandlers(identity), ...(usage ? resourceMetrics(usage) : [])]),
    }),
    serverAddress: `${advertiseAddress}:${port}`,
    healthChecks: [storeCheck('etcd', store, clock), ...postStart.checks, ...(options.encryption?.healthChecks ?? [])],
    priorities,
    flags: flagsOf(options),
    audit: options.audit,
    anonymous: options.authorization?.allowsEverything
      ? { enabled: false, conditions: [] } : options.authentication?.anonymous,
    moreMetrics: () => priorities.render() + aggregator.renderMetrics() + (options.audit?.metrics.render() ?? '')
      + (options.authentication?.renderMetrics() ?? '') + (options.authorization?.renderMetrics() ?? '')
      + (options.encryption?.renderMetrics() ?? ''),
    paths: [
      serveTokenKeys(identity, `https://${advertiseAddress}:${port}/openid/v1/jwks`),
      serveOpenApi(() => server.kinds.kinds, options.version.gitVersion, clock, aggregator.openApi),
    ],
    ...(options.gzip && { gzip: options.gzip }),
    ...(options.giveWay && { giveWay: options.giveWay }),
    ...(options.processMetrics && { processMetrics: options.processMetrics }),
  })
  if (usage) for (const kind of metricsKinds) server.kinds.set(kind.group, kind.plural, [kind])
  const serverTransport = server.localTransport(apiServerUser)
  const flows = createFlowConfiguration({
    controller: priorities, store, clock, log: log.named('priorities'), transport: serverTransport, kinds,
  })
  const definitions = createDefinitions({
    store,
    kinds: server.kinds,
    schemas,
    transport: serverTransport,
    clock,
    random,
    http: options.nodes.http,
    log: log.named('definitions'),
  })
  const { wrapTransport = (direct) => direct } = options
  const transport = (user: UserInfo): Transport => wrapTransport(server.localTransport(user), user)
  const policy = bootstrapPolicy()
  const hooks = postStartHooks({
    transport: serverTransport, kinds: server.kinds,
    clusterCidrs: [serviceCidr],
    advertise: { addresses: () => servingAddresses(store, advertiseAddress), port },
    clock,
    policy: [
      ...policy.clusterRoles, ...policy.clusterRoleBindings, ...policy.roles, ...policy.roleBindings,
      ...(usage ? [metricsReaderRole()] : []),
    ],
  })
  const informersUntil = (end: AbortSignal): Informers => createInformers({
    transport: transport(componentUser('system:kube-controller-manager')), clock, random, log, signal: end,
  })
  const informers = informersUntil(signal)
  const started = Promise.withResolvers<void>()
  return {
    server, identity, informers, transport,
    started: started.promise,
    run: (own) => withTaskGroup(own, async (group) => {
      group.start((inner) => identity.run(inner))
      group.start((inner) => definitions.run(inner))
      group.start((inner) => flows.follow(inner))
      group.start((inner) => options.encryption?.run(inner) ?? Promise.resolve())
      group.start((inner) => options.audit?.run(inner) ?? Promise.resolve())
      group.start((inner) => options.authentication?.run(inner) ?? Promise.resolve())
      group.start((inner) => options.authorization?.run(inner) ?? Promise.resolve())
      group.start((inner) => runEventExpiry({ store, clock, log: log.named('event-expiry') }, inner))
      group.start((inner) => runPortRepair({ ports: nodePorts, clock, log: log.named('node-ports') }, inner))
      await postStart.run(group.signal)
      // Who asks whether the server is ready hears it before the loops take their time to begin.
      await options.giveWay?.()
      started.resolve()
      group.start((inner) => flows.maintain(inner))
      group.start((inner) => aggregator.run(serverTransport, inner))
      group.start((inner) => runAuthenticationConfig({
        store, transport: serverTransport, clock, log: log.named('authentication-config'),
        clientAuthority: options.rootCertificate, requestHeaderAuthority: options.frontProxy?.authority,
      }, inner))
      group.start((inner) => runServiceRegistration({
        kinds: server.kinds, transport: serverTransport, clock, log: log.named('api-services'),
      }, inner))
      const loops = { informers, clock, random, log }
      if (peers) {
        group.start((inner) => runPresence({
          peers, store, clock, random, log, transport: serverTransport,
          clusterIp: formatIp(addressAt(serviceCidr, 1)!), advertise: { address: advertiseAddress, port },
        }, inner))
      }
      // A component that leads again begins anew, with caches that nobody has set up for it before.
      const informersOf = (term: AbortSignal): Informers => (peers?.leaderElect ? informersUntil(term) : informers)
      const manager = transport(componentUser('system:kube-controller-manager'))
      group.start((inner) => whileAlive(alive, 'controller-manager', () =>
        lead(peers, 'kube-controller-manager', manager, loops, inner, (term) => runControllers({
          ...loops, informers: informersOf(term),
          controllers: controllers(controllerSettings(options, identity, kinds)),
          transportFor: (account) => transport(controllerUser(account)),
        }, term))))
      const scheduler = transport(componentUser('system:kube-scheduler'))
      group.start((inner) => whileAlive(alive, 'scheduler', () =>
        lead(peers, 'kube-scheduler', scheduler, loops, inner, (term) =>
          runScheduler({ ...loops, informers: informersOf(term), transport: scheduler, signal: term }))))
      await group.settled()
    }).catch((error: unknown) => {
      started.reject(error)
      if (!own.aborted) throw error
    }),
  }
}

function controllerSettings(
  options: ControlPlaneOptions, { secretTokens }: Identity, served: readonly AnyKind[],
): ControllerSettings {
  const { rootCertificate: rootCa, certificateAuthority, crypto, random, podCidr = '' } = options
  const clusterCidr = parseCidr(podCidr)
  const authority = certificateAuthority && loadAuthority({ crypto, random }, certificateAuthority)
  return {
    rootCa,
    issueSecretToken: (namespace, account, secretName) => secretTokens.issue(namespace, account, secretName),
    ...(authority && { issueCertificate: (request) => formatCertificatePem(authority.issue(request)) }),
    ...(clusterCidr && { clusterCidr }),
    migratesStorage: served.some(({ plural }) => plural === storageVersionMigration.plural),
  }
}

/** What `kubectl get componentstatuses` asks. */
function componentChecks(
  alive: ReadonlySet<string>, store: Store, clock: Clock,
): ReadonlyMap<string, HealthCheck> {
  const loop = (name: string): HealthCheck => ({
    name,
    check() {
      if (!alive.has(name)) throw new Error('it does not run')
    },
  })
  const storage = storeCheck('etcd-0', store, clock)
  return new Map([loop('scheduler'), loop('controller-manager'), storage].map((check) => [check.name, check]))
}

/** As long as upstream's `--etcd-healthcheck-timeout`. */
const storeCheckMs = 2_000

/** Whether the store answers; not only from what is known here. */
function storeCheck(name: string, store: Store, clock: Clock): HealthCheck {
  return {
    name,
    async check() {
      const late = Promise.withResolvers<never>()
      const timer = clock.schedule(storeCheckMs, () => late.reject(new Error('context deadline exceeded')))
      try {
        await Promise.race([store.read(), late.promise])
      } finally {
        timer.cancel()
      }
    },
  }
}

async function whileAlive(alive: Set<string>, name: string, run: () => Promise<void>): Promise<void> {
  alive.add(name)
  try {
    await run()
  } finally {
    alive.delete(name)
  }
}

/** A component of the control plane, as its client certificate would name it. */
export function componentUser(name: string): UserInfo {
  return { name, groups: ['system:authenticated'] }
}

const apiServerUser: UserInfo = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] }

/** A controller's service account, or the controller manager or the API server itself. */
function controllerUser(name: string): UserInfo {
  if (name === 'kube-apiserver') return apiServerUser
  if (name === 'kube-controller-manager') return componentUser('system:kube-controller-manager')
  return {
    name: `system:serviceaccount:${kubeSystem}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${kubeSystem}`, 'system:authenticated'],
  }
}

/** A node's kubelet. */
export function nodeUser(nodeName: string): UserInfo {
  return { name: `system:node:${nodeName}`, groups: ['system:nodes', 'system:authenticated'] }
}

/** What upstream's server would have been started with, for `/flagz`. */
function flagsOf(options: ControlPlaneOptions): Readonly<Record<string, string>> {
  const { advertiseAddress, port, serviceCidr, clusterDomain, runtimeConfig = [] } = options
  return {
    'advertise-address': advertiseAddress,
    'allow-privileged': 'true',
    'authorization-mode': '[Node,RBAC]',
    'enable-priority-and-fairness': 'true',
    'max-mutating-requests-inflight': '200',
    'max-requests-inflight': '400',
    'runtime-config': runtimeConfig.map(([key, enabled]) => `${key}=${enabled}`).join(),
    'secure-port': String(port),
    'service-account-issuer': `[https://kubernetes.default.svc.${clusterDomain}]`,
    'service-cluster-ip-range': serviceCidr,
    ...options.flags,
  }
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
    if (info.path === '/.well-known/openid-configuration') {
      return answer('application/json', discoveryDocument(tokens, keySetUrl))
    }
    return undefined
  }
}

/** The schemas of everything that is served, for `kubectl explain`, validation and server-side apply in clients. */
function serveOpenApi(
  served: () => readonly AnyKind[], serverVersion: string, clock: Clock, foreign: ForeignDocuments,
): PathHandler {
  const handle = createOpenApiHandler({
    foreign,
    kinds: served,
    table: schemas,
    serverVersion,
    now: () => clock.now(),
    customSchema: (kind) => kind.storedVersion.custom?.openApi as JsonObject | undefined,
  })
  return ({ info, request }) => {
    if (info.type !== 'path' || !info.path.startsWith('/openapi/')) return undefined
    const response = handle({
      path: info.path,
      query: request.query,
      accept: request.headers['accept'],
      ifNoneMatch: request.headers['if-none-match'],
    })
    return (
      response && {
        status: response.status,
        headers: response.headers,
        body: { type: 'bytes', chunks: [response.bytes] },
      }
    )
  }
}
