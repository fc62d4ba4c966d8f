/** Tokens that another server knows: it is sent a TokenReview (upstream: token/webhook). */
import type { TokenReview } from '#api/gen/authentication-v1.ts'
import type { Random } from '#world/random.ts'
import { askWebhook, WebhookFailure, type WebhookTarget } from '../remote-webhook.ts'
import { InvalidToken, type TokenAuthenticator } from './authenticator.ts'

export interface WebhookTokensOptions {
  readonly target: WebhookTarget
  readonly version: 'v1' | 'v1beta1'
  readonly random: Random
}

/** For all tries together. */
const totalMs = 30_000

export function webhookAuthenticator({ target, version, random }: WebhookTokensOptions): TokenAuthenticator {
  const apiVersion = `authentication.k8s.io/${version}`
  return {
    async authenticateToken(token, wanted) {
      const spec = { token, ...(wanted.length > 0 && { audiences: wanted }) }
      const review = { kind: 'TokenReview', apiVersion, metadata: {}, spec, status: { user: {} } }
      const answer = await askWebhook(target, review, random, totalMs).catch((error: unknown) => {
        if (!(error instanceof WebhookFailure)) throw error
        throw new InvalidToken(error.message, { cause: error })
      })
      const { status = {} } = answer as Partial<TokenReview>
      const { user, audiences = [] } = status
      if (!status.authenticated) {
        if (status.error) throw new InvalidToken(status.error)
        return undefined
      }
      const shared = audiences.filter((audience) => wanted.includes(audience))
      if (wanted.length > 0 && audiences.length > 0 && shared.length === 0) return undefined
      const { username = '', uid, groups = [], extra } = user ?? {}
      return { user: { name: username, uid, groups, extra }, audiences: shared }
    },
  }
}
