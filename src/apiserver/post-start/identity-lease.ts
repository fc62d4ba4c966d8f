/**
 * That this API server lives, for everybody to see: the Lease `apiserver-<hash>` in kube-system (KEP-1965), renewed
 * while it serves; those of servers that are gone for good are cleared away.
 */
import { sha256 } from '#base/sha256.ts'
import { utf8Encode } from '#base/bytes.ts'
import type { Lease } from '#api/gen/coordination-v1.ts'
import { createClient, type KindClient } from '#client/client.ts'
import type { Transport } from '#client/transport.ts'
import { isReason } from '#machinery/errors/api-error.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'

export interface IdentityLeaseOptions {
  /** As `system:apiserver`. */
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Log
  readonly hostname: string
  /** Differs from that of every other server of the cluster. */
  readonly identity: string
  /** Differs with each start of the process. */
  readonly instance: string
}

const renewMs = 10_000
const durationSeconds = 3_600
const clearMs = 3_600_000
const identityLabel = 'apiserver.kubernetes.io/identity'
const identityValue = 'kube-apiserver'
const leaseResource = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' }

/** `apiserver-` and 26 letters and digits. */
function identityLeaseName(identity: string): string {
  const hash = sha256(Uint8Array.from([...lengthPrefixed(identity), ...lengthPrefixed(identityValue)]))
  return `apiserver-${base32(hash.subarray(0, 16))}`
}

/** Runs until aborted; failures are tried again at the next renewal. */
export async function runIdentityLease(options: IdentityLeaseOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options
  const leases = createClient(options.transport).resource<Lease>(leaseResource, 'kube-system')
  let clearAt = clock.monotonic() + clearMs
  while (!signal.aborted) {
    try {
      await renew(leases, options, signal)
      if (clock.monotonic() >= clearAt) {
        clearAt = clock.monotonic() + clearMs
        await clearExpired(leases, options, signal)
      }
    } catch (error) {
      if (!signal.aborted) log.warn('could not renew the lease of this server', { error: String(error) })
    }
    await clock.sleep(renewMs, signal).catch(() => undefined)
  }
}

async function renew(
  leases: KindClient<Lease>, { clock, hostname, identity, instance }: IdentityLeaseOptions, signal: AbortSignal,
): Promise<void> {
  const name = identityLeaseName(identity)
  const renewTime = microTime(clock.now())
  const existing = await leases.get(name, { signal }).catch((error: unknown) => {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  })
  const holderIdentity = `${name}_${instance}`
  if (existing) {
    await leases.update(
      { ...existing, spec: { ...existing.spec, holderIdentity, leaseDurationSeconds: durationSeconds, renewTime } },
      { signal },
    )
    return
  }
  await leases.create({
    apiVersion: 'coordination.k8s.io/v1', kind: 'Lease',
    metadata: {
      name, namespace: 'kube-system',
      labels: { [identityLabel]: identityValue, 'kubernetes.io/hostname': hostname },
    },
    spec: { holderIdentity, leaseDurationSeconds: durationSeconds, renewTime },
  }, { signal })
}

/** Judged by the wall clock, as upstream does: an hour is longer than clocks are apart. */
async function clearExpired(
  leases: KindClient<Lease>, { clock }: IdentityLeaseOptions, signal: AbortSignal,
): Promise<void> {
  const { items } = await leases.list({ labelSelector: `${identityLabel}=${identityValue}`, signal })
  for (const { metadata, spec } of items) {
    const until = Date.parse(spec?.renewTime ?? '') + (spec?.leaseDurationSeconds ?? durationSeconds) * 1000
    if (Number.isNaN(until) || until > clock.now()) continue
    await leases.delete(metadata.name, { preconditions: { uid: metadata.uid }, signal }).catch((error: unknown) => {
      if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error
    })
  }
}

/** Two bytes of length, and the text. */
function lengthPrefixed(text: string): readonly number[] {
  const bytes = utf8Encode(text)
  return [bytes.length >> 8, bytes.length & 255, ...bytes]
}

/** RFC 4648 in lower case, without padding. */
function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = held << 8 | byte
    for (bits += 8; bits >= 5; bits -= 5) text += 'abcdefghijklmnopqrstuvwxyz234567'[held >> bits - 5 & 31]
    held &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + 'abcdefghijklmnopqrstuvwxyz234567'[held << 5 - bits & 31]
}

/** metav1.MicroTime. */
function microTime(nowMs: number): string {
  return new Date(nowMs).toISOString().replace('Z', '000Z')
}
