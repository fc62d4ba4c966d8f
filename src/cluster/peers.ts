/** What a server of several on one store does that one alone need not: say that it is there, and let one lead. */
import { ensureKubernetesService } from '#apiserver/post-start/kubernetes-service.ts'
import { runIdentityLease } from '#apiserver/post-start/identity-lease.ts'
import { runServingAddresses } from '#apiserver/post-start/serving-addresses.ts'
import { withTaskGroup } from '#base/task-group.ts'
import { runAsLeader } from '#client/leader-election.ts'
import type { Transport } from '#client/transport.ts'
import type { Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'

/** This server among those that share its store. */
export interface Peers {
  readonly hostname: string
  /** Differs from that of every other server, and stays when it starts again. */
  readonly identity: string
  /** Whether controllers and scheduler run where the lease says, or in every server. */
  readonly leaderElect: boolean
}

interface World {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Runs a component while this server leads for it (without peers: always); again whenever it leads anew. */
export async function lead(
  peers: Peers | undefined, lease: 'kube-controller-manager' | 'kube-scheduler', transport: Transport, world: World,
  signal: AbortSignal, run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  if (!peers?.leaderElect) return await run(signal)
  const identity = `${peers.hostname}_${world.random.uuid()}`
  while (!signal.aborted) {
    await runAsLeader({ ...world, log: world.log.named(lease), transport, name: lease, identity }, signal, run)
  }
}

export interface PresenceOptions extends World {
  readonly peers: Peers
  readonly store: Store
  /** As `system:apiserver`. */
  readonly transport: Transport
  readonly clusterIp: string
  readonly advertise: { readonly address: string; readonly port: number }
}

/** Tells clients and the other servers, until aborted, that this one is there. */
export async function runPresence(options: PresenceOptions, signal: AbortSignal): Promise<void> {
  const { peers, store, transport, clock, random, clusterIp, advertise } = options
  const log = options.log.named('peers')
  await withTaskGroup(signal, async (group) => {
    group.start((inner) => runIdentityLease({
      transport, clock, log, hostname: peers.hostname, identity: peers.identity, instance: random.uuid(),
    }, inner))
    group.start((inner) => runServingAddresses({
      store, clock, random, log, address: advertise.address,
      onRound: (addresses, until) =>
        ensureKubernetesService(transport, { clusterIp, addresses, port: advertise.port, clock }, until),
    }, inner))
    await group.settled()
  })
}
