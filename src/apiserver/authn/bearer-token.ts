/** `Authorization: Bearer …`, and the place where browsers must put a token when they open a websocket. */
import { base64UrlDecode, utf8DecodeStrict } from '#base/bytes.ts'
import { unauthorized } from '#machinery/errors/api-error.ts'
import type { HttpRequest } from '#world/http.ts'
import {
  InvalidToken, type AuthenticatedToken, type Authenticator, type TokenAuthenticator, type UserInfo,
} from './authenticator.ts'
import { authenticateByAny } from './token-union.ts'

/** Longer tokens are refused unread; ours have about 1,200 characters. */
const maxTokenLength = 16 * 1024
/** Of headers that are known again. */
const maxKnown = 1024
const websocketPrefix = 'base64url.bearer.authorization.k8s.io.'

/** Throws 401 when there is a token that none of the authenticators knows. Another scheme than Bearer is no token. */
export function bearerAuthenticator(sorts: readonly TokenAuthenticator[]): Authenticator {
  /** By headers that come again and again: to take a long one apart costs as much as to know its token. */
  const known = new Map<string, string>()
  return {
    authenticate(request) {
      const { authorization } = request.headers
      let token = authorization === undefined ? undefined : known.get(authorization)
      if (token === undefined) {
        token = tokenOf(request)
        if (authorization !== undefined && token !== undefined && token.length <= maxTokenLength) {
          if (known.size >= maxKnown) known.delete(known.keys().next().value!)
          known.set(authorization, token)
        }
      }
      if (token === undefined || token === '') return undefined
      if (token.length > maxTokenLength) throw unauthorized()
      try {
        const answer = authenticateByAny(sorts, token, [])
        return answer instanceof Promise ? answer.then(userOf, refuse) : userOf(answer)
      } catch (error) {
        return refuse(error)
      }
    },
  }
}

function userOf(answer: AuthenticatedToken | undefined): UserInfo {
  if (!answer) throw unauthorized()
  return answer.user
}

function refuse(error: unknown): never {
  throw error instanceof InvalidToken ? unauthorized() : error
}

function tokenOf({ headers }: HttpRequest): string | undefined {
  const { authorization } = headers
  if (authorization !== undefined) {
    const [scheme, token] = authorization.trim().split(' ')
    return scheme!.toLowerCase() === 'bearer' ? token : undefined
  }
  const protocols = headers['sec-websocket-protocol']
  if (protocols === undefined || headers['upgrade'] === undefined) return undefined
  const carrier =
    protocols.split(',').map((protocol) => protocol.trim()).find((protocol) => protocol.startsWith(websocketPrefix))
  const bytes = carrier === undefined ? undefined : base64UrlDecode(carrier.slice(websocketPrefix.length))
  return bytes && utf8DecodeStrict(bytes)
}
