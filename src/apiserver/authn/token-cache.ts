/** Remembers for a while what a sort of token has answered, where asking costs a call. */
import type { Clock } from '#world/clock.ts'
import type { AuthenticatedToken, TokenAuthenticator } from './authenticator.ts'

export interface TokenCacheLimits {
  /** Milliseconds; 0: not kept. */
  readonly successMs: number
  /** Of tokens that the sort does not know. Refusals with a reason are never kept. */
  readonly failureMs: number
}

const maxKept = 4096

/** Those who ask for the same token at the same time share one answer. */
export function cacheTokens(sort: TokenAuthenticator, limits: TokenCacheLimits, clock: Clock): TokenAuthenticator {
  const kept = new Map<string, { readonly until: number; readonly answer: Promise<AuthenticatedToken | undefined> }>()
  const keep = (key: string, pending: Promise<AuthenticatedToken | undefined>): typeof pending => {
    if (kept.size >= maxKept) kept.delete(kept.keys().next().value!)
    kept.set(key, { until: Infinity, answer: pending })
    const settle = (ms: number): void => {
      if (ms > 0) kept.set(key, { until: clock.monotonic() + ms, answer: pending })
      else kept.delete(key)
    }
    pending.then(
      (answer) => settle(answer ? limits.successMs : limits.failureMs),
      () => settle(0),
    )
    return pending
  }
  return {
    authenticateToken(token, audiences) {
      const key = JSON.stringify([token, audiences])
      const known = kept.get(key)
      if (known && known.until > clock.monotonic()) return known.answer
      kept.delete(key)
      const answer = sort.authenticateToken(token, audiences)
      return answer instanceof Promise ? keep(key, answer) : answer
    },
  }
}
