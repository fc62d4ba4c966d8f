/** All ways to authenticate, in upstream's order; bad credentials of one sort do not spoil good ones of another. */
import { ApiError, unauthorized } from '#machinery/errors/api-error.ts'
import type { Authenticator, UserInfo } from './authenticator.ts'

/**
 * Throws 401 only when no authenticator knew the caller and at least one refused what it was shown. Front proxy,
 * certificate, token.
 */
export function combineAuthenticators(...authenticators: readonly Authenticator[]): Authenticator {
  return {
    authenticate(request) {
      let refused = false
      for (let index = 0; index < authenticators.length; index++) {
        const authenticator = authenticators[index]!
        try {
          const answer = authenticator.authenticate(request)
          if (answer instanceof Promise) return continueLater(answer, authenticators.slice(index + 1), request, refused)
          if (answer) return answer
        } catch (error) {
          if (!isRefusal(error)) throw error
          refused = true
        }
      }
      if (refused) throw unauthorized()
      return undefined
    },
  }
}

async function continueLater(
  pending: Promise<UserInfo | undefined>,
  rest: readonly Authenticator[],
  request: Parameters<Authenticator['authenticate']>[0],
  refusedBefore: boolean,
): Promise<UserInfo | undefined> {
  let refused = refusedBefore
  try {
    const answer = await pending
    if (answer) return answer
  } catch (error) {
    if (!isRefusal(error)) throw error
    refused = true
  }
  const answer = await combineAuthenticators(...rest).authenticate(request)
  if (answer) return answer
  if (refused) throw unauthorized()
  return undefined
}

function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.code === 401
}
