/** An API server and all that it is made of, over a store; nothing of it runs yet. */
import { schemas } from '#api/schemas.ts'
import { servedKinds } from '#api/served-kinds.ts'
import { admissionPlugins } from '#apiserver/admission/plugins.ts'
import { mutatingPolicies } from '#apiserver/admission/policies/mutating.ts'
import { validatingPolicies } from '#apiserver/admission/policies/validating.ts'
import { mutatingWebhooks, validatingWebhooks } from '#apiserver/admission/webhooks/webhooks.ts'
import type { AdmissionPlugin } from '#apiserver/admission/admission.ts'
import { createAggregator, type Aggregator } from '#apiserver/aggregator/aggregator.ts'
import { issueRequestedToken } from '#apiserver/authn/token-request.ts'
import { bootstrapPolicy } from '#apiserver/authz/bootstrap-policy.ts'
import { definitionHooks } from '#apiserver/crd/definition-hooks.ts'
import { createDefinitions } from '#apiserver/crd/definitions.ts'
import { certificateHooks } from '#apiserver/certificates/request-hooks.ts'
import { deviceClaimHooks } from '#apiserver/devices/claim-hooks.ts'
import { createFlowConfiguration } from '#apiserver/flowcontrol/configuration.ts'
import { FlowController } from '#apiserver/flowcontrol/flow-controller.ts'
import { createPostStart, postStartHooks, type PostStart } from '#apiserver/post-start/post-start.ts'
import { servingAddresses } from '#apiserver/post-start/serving-addresses.ts'
import { metricsKinds, metricsReaderRole, resourceMetrics } from '#apiserver/resource-metrics/resource-metrics.ts'
import { UsageSource } from '#apiserver/resource-metrics/usage-source.ts'
import { readerOf } from '#apiserver/rest/newest-objects.ts'
import { createApiServer, type ApiServer } from '#apiserver/server.ts'
import type { NodePorts } from '#apiserver/services/node-ports.ts'
import { defaultNodePortRange } from '#apiserver/services/port-allocator.ts'
import { createNodePorts, serviceHooks } from '#apiserver/services/service-hooks.ts'
import { subresourceCatalog } from '#apiserver/subresources/catalog.ts'
import { parseCidr, type Cidr } from '#base/ip.ts'
import type { Transport } from '#client/transport.ts'
import type { AnyKind, KindVersion } from '#machinery/schema/define-kind.ts'
import { componentChecks, storeCheck } from './component-checks.ts'
import { apiServerUser } from './component-users.ts'
import type { ControlPlaneOptions } from './control-plane-options.ts'
import { createIdentity, type Identity } from './identity.ts'
import { reviewHandlers } from './reviews.ts'
import { flagsOf, serveOpenApi, serveTokenKeys } from './served-documents.ts'

export interface ServerAssembly {
  readonly server: ApiServer
  /** What is built in and served. */
  readonly kinds: readonly AnyKind[]
  readonly identity: Identity
  readonly serviceCidr: Cidr
  readonly nodePorts: NodePorts
  readonly aggregator: Aggregator
  readonly definitions: ReturnType<typeof createDefinitions>
  readonly flows: ReturnType<typeof createFlowConfiguration>
  readonly postStart: PostStart
  /** The components that run, by name. */
  readonly alive: Set<string>
  /** The server's own way to itself. */
  readonly transport: Transport
}

/** As many as upstream's default: 400 reads and 200 writes. */
const requestsAtOnce = 600
/** A quarter of the time that a request has, as upstream's. */
const waitLimitMs = 15_000

/** Throws for a range of addresses that is none. */
export function assembleServer(options: ControlPlaneOptions): ServerAssembly {
  const { store, clock, random, log } = options
  const serviceCidr = parseCidr(options.serviceCidr)
  if (!serviceCidr) throw new Error(`not a range of addresses: ${options.serviceCidr}`)
  const kinds = servedKinds(options.runtimeConfig)
  const identity = createIdentity({ ...options, kinds })
  const usage = options.measuresUsage ? new UsageSource(options.nodes, clock) : undefined
  const alive = new Set<string>()
  const priorities = new FlowController({ clock, seats: requestsAtOnce, waitLimitMs })
  const aggregator = createAggregator({
    store, clock, random, http: options.nodes.http, log: log.named('aggregator'),
    certificate: () => options.frontProxy?.certificate(),
  })
  const nodePorts = createNodePorts({ store, clock, random, range: defaultNodePortRange })
  // What it does is known only when the server is there.
  const postStart = createPostStart(() => hooks)
  const server: ApiServer = createApiServer({
    aggregator, store, kinds, schemas, clock, random, log, priorities,
    version: options.version,
    authenticators: identity.authenticators,
    authorizer: identity.authorizer,
    admission: admissionOf(options, identity, () => server, () => transport),
    hooks: new Map([
      ['/services', serviceHooks({ store, clock, random, clusterCidrs: [serviceCidr], nodePorts })],
      ['apiextensions.k8s.io/customresourcedefinitions', definitionHooks(schemas)],
      ...certificateHooks({ crypto: options.crypto, clock, authorizer: identity.authorizer }),
      ...deviceClaimHooks({ authorizer: identity.authorizer, objects: () => readerOf({ kinds: server.kinds, store }) }),
    ]),
    subresources: subresourcesOf(options, identity, alive, usage),
    serverAddress: `${options.advertiseAddress}:${options.port}`,
    healthChecks: [
      storeCheck('etcd', store, clock), { ...storeCheck('etcd-readiness', store, clock), endpoints: ['readyz'] },
      ...postStart.checks,
      ...(options.encryption?.healthChecks ?? []),
    ],
    flags: flagsOf(options),
    audit: options.audit,
    anonymous: options.authorization?.allowsEverything
      ? { enabled: false, conditions: [] }
      : options.authentication?.anonymous,
    moreMetrics: () => metricsOf(options, priorities, aggregator),
    paths: [
      serveTokenKeys(identity, `https://${options.advertiseAddress}:${options.port}/openid/v1/jwks`),
      serveOpenApi(() => server.kinds.kinds, options.version.gitVersion, clock, aggregator.openApi),
    ],
    ...(options.gzip && { gzip: options.gzip }),
    ...(options.giveWay && { giveWay: options.giveWay }),
    ...(options.processMetrics && { processMetrics: options.processMetrics }),
  })
  if (usage) for (const kind of metricsKinds) server.kinds.set(kind.group, kind.plural, [kind])
  const transport = server.localTransport(apiServerUser)
  const flows = createFlowConfiguration({
    controller: priorities, store, clock, log: log.named('priorities'), transport, kinds,
  })
  const definitions = createDefinitions({
    store, schemas, transport, clock, random, kinds: server.kinds, http: options.nodes.http,
    log: log.named('definitions'),
  })
  const policy = bootstrapPolicy()
  const hooks = postStartHooks({
    transport, clock, kinds: server.kinds,
    clusterCidrs: [serviceCidr],
    advertise: { addresses: () => servingAddresses(store, options.advertiseAddress), port: options.port },
    policy: [
      ...policy.clusterRoles, ...policy.clusterRoleBindings, ...policy.roles, ...policy.roleBindings,
      ...(usage ? [metricsReaderRole()] : []),
    ],
  })
  return {
    server, kinds, identity, serviceCidr, nodePorts, aggregator, definitions, flows, postStart, alive, transport,
  }
}

/** `server` and `transport` are asked for when a request comes, which is when they are there. */
function admissionOf(
  { nodes, clock, log, admission }: ControlPlaneOptions, { authorizer, rules }: Identity,
  server: () => ApiServer, transport: () => Transport,
): readonly AdmissionPlugin[] {
  const kinds = (): readonly AnyKind[] => server().kinds.kinds
  const tools = {
    http: nodes.http, clock, log: log.named('admission'), authorizer, kinds,
    structOf: ({ custom, schema }: KindVersion) =>
      custom?.struct ?? (schemas.has(schema) ? schemas.struct(schema) : undefined),
  }
  return admissionPlugins({
    authorizer, resolver: rules, kinds, configured: admission,
    createNamespace: (name) => transport().call({
      verb: 'create', path: { group: '', version: 'v1', resource: 'namespaces' },
      object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, options: {},
    }),
    beforeQuota: [
      mutatingPolicies(tools), mutatingWebhooks(tools), validatingPolicies(tools), validatingWebhooks(tools),
    ],
  })
}

function subresourcesOf(
  { store, clock, nodes }: ControlPlaneOptions, identity: Identity, alive: ReadonlySet<string>,
  usage: UsageSource | undefined,
): ReturnType<typeof subresourceCatalog> {
  const { tokens, boundObjects } = identity
  return subresourceCatalog({
    nodes,
    tokens: {
      issue: (request, namespace, name) =>
        issueRequestedToken(tokens, boundObjects, request, namespace, name, clock.now()),
    },
    components: componentChecks(alive, store, clock),
    more: new Map([...reviewHandlers(identity), ...(usage ? resourceMetrics(usage) : [])]),
  })
}

function metricsOf(
  { audit, authentication, authorization, encryption }: ControlPlaneOptions, priorities: FlowController,
  aggregator: Aggregator,
): string {
  return [
    priorities.render(), aggregator.renderMetrics(), audit?.metrics.render(), authentication?.renderMetrics(),
    authorization?.renderMetrics(), encryption?.renderMetrics(),
  ].join('')
}
