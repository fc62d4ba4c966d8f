/**
 * `extension-apiserver-authentication` in kube-system: from it the API servers behind APIServices learn whom to trust
 * (upstream: the cluster authentication trust controller).
 */
import { configMap } from '#api/core/configmap/configmap.ts'
import type { ConfigMap } from '#api/gen/core-v1.ts'
import { semanticEqual } from '#base/deep-equal.ts'
import { withTaskGroup } from '#base/task-group.ts'
import { parseCertificatePem } from '#base/x509/certificate.ts'
import { createClient } from '#client/client.ts'
import type { Transport } from '#client/transport.ts'
import { WorkQueue } from '#client/workqueue.ts'
import { isReason } from '#machinery/errors/api-error.ts'
import type { Entry, Store } from '#storage/store.ts'
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import { objectKeyInStore } from '../rest/keys.ts'
import { StoreFollower } from '../store-follower.ts'

export interface AuthenticationConfigOptions {
  readonly store: Store
  /** As `system:apiserver`. */
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Log
  /** PEM: who signs the certificates of clients. */
  readonly clientAuthority: string
  /** PEM: who signs the certificates of front proxies; undefined: there are none. */
  readonly requestHeaderAuthority: string | undefined
}

const namespace = 'kube-system'
const name = 'extension-apiserver-authentication'
const retry = { backoffMs: 100, backoffMsMax: 60_000 }
/** A certificate that has just expired may still be in use somewhere. */
const expiryToleranceMs = 5 * 60_000

/** Makes the ConfigMap, and gives it back what it has lost, until aborted. */
export async function runAuthenticationConfig(
  options: AuthenticationConfigOptions, signal: AbortSignal,
): Promise<void> {
  const queue = new WorkQueue({ clock: options.clock, ...retry })
  signal.addEventListener('abort', () => queue.close(), { once: true })
  queue.add(name)
  const key = objectKeyInStore(configMap, namespace, name)
  const wake = (entry: Entry): void => { if (entry.key === key) queue.add(name) }
  const follower = new StoreFollower(options.store, [
    { range: { start: key, end: `${key}\0` }, clear() {}, put: wake, delete: wake },
  ])
  await withTaskGroup(signal, async (group) => {
    group.start((inner) => follower.run(inner))
    group.start((inner) => queue.each(inner, async () => {
      try {
        await ensure(options, inner)
        queue.forget(name)
      } catch (error) {
        if (inner.aborted) return
        const retryMs = queue.addRateLimited(name)
        options.log.warn('could not tell other API servers whom to trust', { error: String(error), retryMs })
      }
    }))
    await group.settled()
  })
}

async function ensure(options: AuthenticationConfigOptions, signal: AbortSignal): Promise<void> {
  const maps = createClient(options.transport).of(configMap, namespace)
  const existing = await maps.get(name, { signal }).catch((error: unknown) => {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  })
  const data = authenticationData(existing?.data ?? {}, options, options.clock.now())
  if (!existing) {
    const created: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data }
    await maps.create(created, { signal })
  } else if (!semanticEqual(existing.data ?? {}, data)) {
    await maps.update({ ...existing, data }, { signal })
  }
}

type Authorities = Pick<AuthenticationConfigOptions, 'clientAuthority' | 'requestHeaderAuthority'>

/** What it must say, joined with what other servers have said: several may stand before one store. */
export function authenticationData(
  existing: Readonly<Record<string, string>>, { clientAuthority, requestHeaderAuthority }: Authorities, now: number,
): Record<string, string> {
  const certificates = (key: string, own: string): string => joinCertificates(existing[key] ?? '', own, now)
  const list = (key: string, own: string): string => JSON.stringify([...new Set([...readList(existing[key]), own])])
  return {
    'client-ca-file': certificates('client-ca-file', clientAuthority),
    ...(requestHeaderAuthority !== undefined && {
      'requestheader-allowed-names': list('requestheader-allowed-names', 'front-proxy-client'),
      'requestheader-client-ca-file': certificates('requestheader-client-ca-file', requestHeaderAuthority),
      'requestheader-extra-headers-prefix': list('requestheader-extra-headers-prefix', 'X-Remote-Extra-'),
      'requestheader-group-headers': list('requestheader-group-headers', 'X-Remote-Group'),
      'requestheader-uid-headers': list('requestheader-uid-headers', 'X-Remote-Uid'),
      'requestheader-username-headers': list('requestheader-username-headers', 'X-Remote-User'),
    }),
  }
}

function readList(text: string | undefined): readonly string[] {
  try {
    const value: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}

/** Those of others that are still valid, and one's own, each once. */
function joinCertificates(existing: string, own: string, now: number): string {
  const mine = blocksOf(own)
  const others = blocksOf(existing).filter((block) => !mine.includes(block) && isValid(block, now))
  return [...others, ...mine].map((block) => `${block}\n`).join('')
}

function blocksOf(pem: string): readonly string[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [])
    .map((block) => block.replaceAll('\r', ''))
}

/** What is no certificate is not kept either. */
function isValid(block: string, now: number): boolean {
  try {
    return parseCertificatePem(block).notAfter > now - expiryToleranceMs
  } catch {
    return false
  }
}
