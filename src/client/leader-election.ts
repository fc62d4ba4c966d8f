/** One of several replicas at a time does the work: a Lease that the leader renews (client-go's leaderelection). */
import { isReason } from '#machinery/errors/api-error.ts'
import type { DeepReadonly, KubeObject, Stored } from '#machinery/meta/object.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import { createClient } from './client.ts'
import type { Transport } from './transport.ts'

export interface LeaderElectionOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Default `kube-system`. */
  readonly namespace?: string
  /** The Lease: `kube-controller-manager`, `kube-scheduler`. */
  readonly name: string
  /** Unique per process: host name and a uuid, joined with `_`. */
  readonly identity: string
  readonly leaseDurationMs?: number
  readonly renewDeadlineMs?: number
  readonly retryPeriodMs?: number
}

interface Lease extends KubeObject {
  spec?: {
    holderIdentity?: string
    leaseDurationSeconds?: number
    acquireTime?: string
    renewTime?: string
    leaseTransitions?: number
  }
}

const leaseResource = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' }

/**
 * Waits to become the leader, then runs `lead` until it returns or leadership is lost, in which case its signal
 * aborts. Returns in both cases, after `lead` has ended, and when `signal` aborts; the lease is given up on the way
 * out if it is still held.
 *
 * A lease is no lock: a leader that was suspended may still write for a moment. Its writes carry resource versions, and
 * those fence it.
 */
export async function runAsLeader(
  options: LeaderElectionOptions, signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { clock, random, log, retryPeriodMs = 2000, renewDeadlineMs = 10_000 } = options
  const elector = new LeaseHolder(options)
  while (!await elector.tryAcquireOrRenew(signal)) {
    if (!await pause(clock, retryPeriodMs * (1 + 1.2 * random.next()), signal)) return
  }
  log.info('became leader', { lease: options.name, identity: options.identity })
  const term = new AbortController()
  const leading = lead(AbortSignal.any([signal, term.signal])).finally(() => term.abort())
  let renewedAt = clock.monotonic()
  while (await pause(clock, retryPeriodMs, AbortSignal.any([signal, term.signal]))) {
    const patience = renewedAt + renewDeadlineMs - clock.monotonic()
    if (await within(clock, patience, elector.tryAcquireOrRenew(term.signal))) renewedAt = clock.monotonic()
    else if (clock.monotonic() - renewedAt >= renewDeadlineMs || elector.isHeldByAnother) break
  }
  if (!signal.aborted && !term.signal.aborted) {
    log.warn('lost leadership', { lease: options.name, identity: options.identity })
  }
  term.abort()
  await leading
  await elector.release()
}

/**
 * What an attempt came to; false when it has not come to anything by then. A call that hangs must not keep a leader in
 * office: another one takes over when the lease is over, whether this one knows it or not.
 */
async function within(clock: Clock, ms: number, attempt: Promise<boolean>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>()
  const timer = clock.schedule(Math.max(0, ms), () => late.resolve(false))
  try {
    return await Promise.race([attempt, late.promise])
  } finally {
    timer.cancel()
  }
}

/** False when the signal ended the wait. */
async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  return await clock.sleep(ms, signal).then(() => true, (error: unknown) => {
    if (signal.aborted) return false
    throw error
  })
}

class LeaseHolder {
  readonly #options: LeaderElectionOptions
  readonly #leases
  readonly #durationMs: number
  /**
   * The lease as last seen and when that was by our own monotonic clock: other machines' clocks are never
   * compared with ours.
   */
  #seen: { readonly lease: Stored<Lease>; readonly at: number } | undefined

  constructor(options: LeaderElectionOptions) {
    this.#options = options
    this.#durationMs = options.leaseDurationMs ?? 15_000
    this.#leases = createClient(options.transport).resource<Lease>(leaseResource, options.namespace ?? 'kube-system')
  }

  get isHeldByAnother(): boolean {
    const holder = this.#seen?.lease.spec?.holderIdentity
    return holder !== undefined && holder !== '' && holder !== this.#options.identity
  }

  async tryAcquireOrRenew(signal: AbortSignal): Promise<boolean> {
    const { log, name, clock } = this.#options
    try {
      const lease = await this.#leases.get(name, { signal }).catch((error: unknown) => {
        if (isReason(error, 'NotFound')) return undefined
        throw error
      })
      if (!lease) {
        this.#see(await this.#leases.create(this.#draft(undefined), { signal }))
        return true
      }
      if (lease.metadata.resourceVersion !== this.#seen?.lease.metadata.resourceVersion) this.#see(lease)
      const seconds = lease.spec?.leaseDurationSeconds ?? this.#durationMs / 1000
      if (this.isHeldByAnother && clock.monotonic() < this.#seen!.at + seconds * 1000) return false
      this.#see(await this.#leases.update(this.#draft(lease), { signal }))
      return true
    } catch (error) {
      if (!signal.aborted) log.warn('could not take or renew the lease', { lease: name, error: String(error) })
      return false
    }
  }

  /** Lets the next one in at once instead of after the lease has run out. */
  async release(): Promise<void> {
    const { identity, log, name } = this.#options
    const lease = this.#seen?.lease
    if (lease?.spec?.holderIdentity !== identity) return
    const now = microTime(this.#options.clock.now())
    try {
      await this.#leases.update({
        ...lease,
        spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now },
      })
    } catch (error) {
      log.warn('could not release the lease', { lease: name, error: String(error) })
    }
  }

  #see(lease: Stored<Lease>): void {
    this.#seen = { lease, at: this.#options.clock.monotonic() }
  }

  #draft(old: Stored<Lease> | undefined): DeepReadonly<Lease> {
    const { identity, name, namespace = 'kube-system', clock } = this.#options
    const now = microTime(clock.now())
    const isOurs = old?.spec?.holderIdentity === identity
    const spec = {
      ...old?.spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.round(this.#durationMs / 1000),
      acquireTime: isOurs ? (old.spec.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (old?.spec?.leaseTransitions ?? 0) + (old && !isOurs ? 1 : 0),
    }
    return old
      ? { ...old, spec }
      : { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec }
  }
}

/** metav1.MicroTime. */
function microTime(nowMs: number): string {
  return new Date(nowMs).toISOString().replace('Z', '000Z')
}
