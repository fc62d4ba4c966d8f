/** Bootstrap tokens (`abcdef.0123456789abcdef`): secrets in kube-system with which new nodes introduce themselves. */
import { base64Decode, equalBytesConstantTime, utf8Decode, utf8Encode } from '#base/bytes.ts'
import { timeToMilliseconds } from '#machinery/time.ts'
import type { Clock } from '#world/clock.ts'
import { InvalidToken, type TokenAuthenticator } from './authenticator.ts'

/** A secret of kube-system by its name, or undefined. */
export type SecretLookup = (name: string) => {
  readonly type?: string
  readonly data?: Readonly<Record<string, string>>
  readonly metadata?: { readonly deletionTimestamp?: string | undefined } | undefined
} | undefined

const groupPattern = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/

/** One answer for every fault, so that guessing learns nothing from it. */
export function bootstrapTokenAuthenticator(lookup: SecretLookup, clock: Clock): TokenAuthenticator {
  return {
    authenticateToken(token) {
      const match = /^([a-z0-9]{6})\.([a-z0-9]{16})$/.exec(token)
      if (!match) return undefined
      const [, id, secretText] = match as unknown as [string, string, string]
      const secret = lookup(`bootstrap-token-${id}`)
      const data = (key: string): string => {
        const bytes = base64Decode(secret?.data?.[key] ?? '')
        return bytes ? utf8Decode(bytes) : ''
      }
      // Compared even when there is no such token: how long it takes must not tell.
      const matches = equalBytesConstantTime(utf8Encode(secretText), utf8Encode(data('token-secret').padEnd(16, '\0')))
      const groups = data('auth-extra-groups') === '' ? [] : data('auth-extra-groups').split(',')
      const expiration = data('expiration')
      const good = secret !== undefined && matches
        && secret.type === 'bootstrap.kubernetes.io/token' && secret.metadata?.deletionTimestamp === undefined
        && data('token-id') === id && data('usage-bootstrap-authentication') === 'true'
        && (expiration === '' || timeToMilliseconds(expiration) > clock.now())
        && groups.every((group) => groupPattern.test(group))
      if (!good) throw new InvalidToken('invalid bootstrap token')
      return {
        user: { name: `system:bootstrap:${id}`, groups: ['system:bootstrappers', ...groups, 'system:authenticated'] },
        audiences: [],
      }
    },
  }
}
