/**
 * The control plane over a given world: API server, identity, controllers, scheduler. As deterministic as its parts.
 */
import {
  storageVersionMigration,
} from '#api/storagemigration/storageversionmigration/storageversionmigration.ts'
import { runAuthenticationConfig } from '#apiserver/aggregator/authentication-config.ts'
import { runServiceRegistration } from '#apiserver/aggregator/register-services.ts'
import type { UserInfo } from '#apiserver/authn/authenticator.ts'
import { runEventExpiry } from '#apiserver/event-expiry.ts'
import type { ApiServer } from '#apiserver/server.ts'
import { runPortRepair } from '#apiserver/services/port-repair.ts'
import { addressAt, formatIp, parseCidr } from '#base/ip.ts'
import { withTaskGroup, type TaskGroup } from '#base/task-group.ts'
import { loadAuthority } from '#base/x509/authority.ts'
import { formatCertificatePem } from '#base/x509/certificate.ts'
import { createInformers, type Informers } from '#client/informers.ts'
import type { Transport } from '#client/transport.ts'
import { controllers, type ControllerSettings } from '#controllers/controllers.ts'
import { runControllers } from '#controllers/driver/run-controllers.ts'
import { runScheduler } from '#scheduler/scheduler.ts'
import { whileAlive } from './component-checks.ts'
import { componentUser, controllerUser } from './component-users.ts'
import type { ControlPlaneOptions } from './control-plane-options.ts'
import type { Identity } from './identity.ts'
import { lead, runPresence } from './peers.ts'
import { assembleServer, type ServerAssembly } from './server-assembly.ts'

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

/** Reads the store, but starts nothing: that is `run`. */
export function createControlPlane(options: ControlPlaneOptions, signal: AbortSignal): ControlPlane {
  const assembly = assembleServer(options)
  const { server, identity, postStart } = assembly
  const { clock, random, log, wrapTransport = (direct) => direct } = options
  const transport = (user: UserInfo): Transport => wrapTransport(server.localTransport(user), user)
  const informersUntil = (end: AbortSignal): Informers => createInformers({
    transport: transport(componentUser('system:kube-controller-manager')), clock, random, log, signal: end,
  })
  const informers = informersUntil(signal)
  const started = Promise.withResolvers<void>()
  return {
    server, identity, informers, transport,
    started: started.promise,
    run: (own) => withTaskGroup(own, async (group) => {
      startServerLoops(group, options, assembly)
      await postStart.run(group.signal)
      // Who asks whether the server is ready hears it before the loops take their time to begin.
      await options.giveWay?.()
      started.resolve()
      startServerUpkeep(group, options, assembly)
      await options.giveWay?.()
      startComponents(group, options, assembly, { transport, informers, informersUntil })
      await group.settled()
    }).catch((error: unknown) => {
      started.reject(error)
      if (!own.aborted) throw error
    }),
  }
}

/** What the server needs before it is ready. */
function startServerLoops(
  group: TaskGroup, options: ControlPlaneOptions, { identity, definitions, flows, nodePorts }: ServerAssembly,
): void {
  const { store, clock, log } = options
  group.start((inner) => identity.run(inner))
  group.start((inner) => definitions.run(inner))
  group.start((inner) => flows.follow(inner))
  for (const part of [options.encryption, options.audit, options.authentication, options.authorization]) {
    if (part) group.start((inner) => part.run(inner))
  }
  group.start((inner) => runEventExpiry({ store, clock, log: log.named('event-expiry') }, inner))
  group.start((inner) => runPortRepair({ ports: nodePorts, clock, log: log.named('node-ports') }, inner))
}

/** What the server keeps up to date of itself, once it is ready. */
function startServerUpkeep(
  group: TaskGroup, options: ControlPlaneOptions, { server, flows, aggregator, transport, serviceCidr }: ServerAssembly,
): void {
  const { store, clock, random, log, peers, advertiseAddress, port } = options
  group.start((inner) => flows.maintain(inner))
  group.start((inner) => aggregator.run(transport, inner))
  group.start((inner) => runAuthenticationConfig({
    store, transport, clock, log: log.named('authentication-config'),
    clientAuthority: [options.rootCertificate, options.clientAuthorities ?? ''].join(''),
    requestHeaderAuthority: options.frontProxy?.authority,
  }, inner))
  group.start((inner) =>
    runServiceRegistration({ kinds: server.kinds, transport, clock, log: log.named('api-services') }, inner))
  if (!peers) return
  group.start((inner) => runPresence({
    peers, store, clock, random, log, transport,
    clusterIp: formatIp(addressAt(serviceCidr, 1)!), advertise: { address: advertiseAddress, port },
  }, inner))
}

interface Ways {
  readonly transport: (user: UserInfo) => Transport
  readonly informers: Informers
  readonly informersUntil: (end: AbortSignal) => Informers
}

/** Controllers and scheduler, here or, where several servers share a store, on the one that leads. */
function startComponents(
  group: TaskGroup, options: ControlPlaneOptions, { kinds, identity, alive }: ServerAssembly,
  { transport, informers, informersUntil }: Ways,
): void {
  const { clock, random, log, peers } = options
  const loops = { informers, clock, random, log }
  // A component that leads again begins anew, with caches that nobody has set up for it before.
  const informersOf = (term: AbortSignal): Informers => (peers?.leaderElect ? informersUntil(term) : informers)
  const manager = transport(componentUser('system:kube-controller-manager'))
  const migratesStorage = kinds.some(({ plural }) => plural === storageVersionMigration.plural)
  const settings = controllerSettings(options, identity, migratesStorage)
  group.start((inner) => whileAlive(alive, 'controller-manager', () =>
    lead(peers, 'kube-controller-manager', manager, loops, inner, (term) => runControllers({
      ...loops, informers: informersOf(term),
      controllers: controllers(settings),
      transportFor: (account) => transport(controllerUser(account)),
      giveWay: options.giveWay,
    }, term))))
  const scheduler = transport(componentUser('system:kube-scheduler'))
  group.start((inner) => whileAlive(alive, 'scheduler', () =>
    lead(peers, 'kube-scheduler', scheduler, loops, inner, (term) =>
      runScheduler({ ...loops, informers: informersOf(term), transport: scheduler, signal: term }))))
}

function controllerSettings(
  options: ControlPlaneOptions, { secretTokens }: Identity, migratesStorage: boolean,
): ControllerSettings {
  const { rootCertificate: rootCa, certificateAuthority, crypto, random, podCidr = '' } = options
  const clusterCidr = parseCidr(podCidr)
  const authority = certificateAuthority && loadAuthority({ crypto, random }, certificateAuthority)
  return {
    rootCa, migratesStorage,
    issueSecretToken: (namespace, account, secretName) => secretTokens.issue(namespace, account, secretName),
    ...(authority && { issueCertificate: (request) => formatCertificatePem(authority.issue(request)) }),
    ...(clusterCidr && { clusterCidr }),
  }
}
