/** Who is asking. */
import type { HttpRequest } from '#world/http.ts'

export interface UserInfo {
  readonly name: string
  readonly uid?: string | undefined
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined
}

export interface Authenticator {
  /** undefined: this method found no credentials of its kind; ask the next. Throws ApiError 401 for credentials that are wrong. */
  authenticate(request: HttpRequest): Promise<UserInfo | undefined> | UserInfo | undefined
}

export const anonymous: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] }
