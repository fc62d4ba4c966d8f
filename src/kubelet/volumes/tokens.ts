/** Service account tokens bound to pods: asked for once, renewed before they end. */
import type { TokenRequest } from '#api/gen/authentication-v1.ts'
import { createClient } from '#client/client.ts'
import type { Transport } from '#client/transport.ts'
import type { Clock } from '#world/clock.ts'
import type { PodObject } from '../types.ts'

interface Held {
  readonly token: string
  readonly issuedAt: number
  readonly expiresAt: number
}

const renewAfterMs = 24 * 3600 * 1000

export class ServiceAccountTokens {
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #held = new Map<string, Map<string, Held>>()

  constructor(transport: Transport, clock: Clock) {
    this.#transport = transport
    this.#clock = clock
  }

  /** A token with a good part of its life left. A renewal that fails keeps the old one while that is valid. */
  async get(pod: PodObject, audience: string, expirationSeconds: number): Promise<string> {
    const key = `${audience}/${expirationSeconds}`
    const ofPod = this.#held.get(pod.metadata.uid) ?? new Map<string, Held>()
    this.#held.set(pod.metadata.uid, ofPod)
    const held = ofPod.get(key)
    const now = this.#clock.now()
    if (held && now < renewAt(held)) return held.token
    try {
      const fresh = await this.#request(pod, audience, expirationSeconds, now)
      ofPod.set(key, fresh)
      return fresh.token
    } catch (error) {
      if (held && now < held.expiresAt) return held.token
      throw error
    }
  }

  /** When the pod's volumes should be written anew; undefined: it has no token. */
  nextRenewal(podUid: string): number | undefined {
    const times = [...(this.#held.get(podUid)?.values() ?? [])].map(renewAt)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  release(podUid: string): void {
    this.#held.delete(podUid)
  }

  async #request(pod: PodObject, audience: string, expirationSeconds: number, now: number): Promise<Held> {
    const accounts = createClient(this.#transport).resource(
      { group: '', version: 'v1', resource: 'serviceaccounts' },
      pod.metadata.namespace,
    )
    const answer = await accounts.subresource<TokenRequest>(pod.spec?.serviceAccountName || 'default', 'token').create({
      apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {},
      spec: {
        audiences: audience === '' ? [] : [audience], expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid },
      },
    } as TokenRequest)
    // By this node's own clock: the server's may be hours away from it, and a token would then be renewed at
    // once, for ever.
    const lifetimeMs = (answer.spec?.expirationSeconds ?? expirationSeconds) * 1000
    return { token: answer.status?.token ?? '', issuedAt: now, expiresAt: now + lifetimeMs }
  }
}

/** After 80 % of its life, and at least daily. */
function renewAt({ issuedAt, expiresAt }: Held): number {
  return Math.min(issuedAt + 0.8 * (expiresAt - issuedAt), issuedAt + renewAfterMs)
}
