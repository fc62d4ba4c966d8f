/** Who is asking. */
import type { HttpRequest } from '#world/http.ts'

export interface UserInfo {
  readonly name: string
  readonly uid?: string | undefined
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined
}

export interface Authenticator {
  /**
   * undefined: this method found no credentials of its kind; ask the next. Throws ApiError 401 for credentials that are
   * wrong.
   */
  authenticate(request: HttpRequest): Promise<UserInfo | undefined> | UserInfo | undefined
}

/** Knows the users of one sort of bearer token. Also asked by TokenReview. */
export interface TokenAuthenticator {
  /**
   * undefined: not a token of this sort; ask the next. Throws InvalidToken for one of this sort that is wrong, with a
   * sentence that
   * never holds any part of the token. `audiences` empty: the API server itself.
   */
  authenticateToken(
    token: string, audiences: readonly string[],
  ): AuthenticatedToken | undefined | Promise<AuthenticatedToken | undefined>
}

export interface AuthenticatedToken {
  readonly user: UserInfo
  /** Those of the asked audiences that the token is for; empty when its sort knows no audiences. */
  readonly audiences: readonly string[]
}

export class InvalidToken extends Error {}

const keys = new WeakMap<UserInfo, string>()

/** The same for users of one name and one list of groups: what most decisions about a user depend on. */
export function keyOfUser(user: UserInfo): string {
  let key = keys.get(user)
  if (key === undefined) keys.set(user, key = [user.name, ...user.groups].join('\0'))
  return key
}

export const anonymous: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] }
