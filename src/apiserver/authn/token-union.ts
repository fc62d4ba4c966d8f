/** All sorts of bearer tokens: the first that knows the token decides; one that refuses does not stop the others. */
import { aggregate } from '../aggregate.ts'
import { InvalidToken, type AuthenticatedToken, type TokenAuthenticator } from './authenticator.ts'

/** Undefined: no sort knows the token. Throws InvalidToken with the reasons of all that refused, when none knew it. */
export function authenticateByAny(
  sorts: readonly TokenAuthenticator[], token: string, audiences: readonly string[],
): AuthenticatedToken | undefined | Promise<AuthenticatedToken | undefined> {
  const refusals: string[] = []
  for (let index = 0; index < sorts.length; index++) {
    const answer = attempt(sorts[index]!, token, audiences, refusals)
    if (answer instanceof Promise) return continueLater(answer, sorts.slice(index + 1), token, audiences, refusals)
    if (answer) return answer
  }
  return nobody(refusals)
}

async function continueLater(
  first: Promise<AuthenticatedToken | undefined>, rest: readonly TokenAuthenticator[], token: string,
  audiences: readonly string[], refusals: string[],
): Promise<AuthenticatedToken | undefined> {
  let answer = await first
  for (const sort of rest) {
    if (answer) return answer
    answer = await attempt(sort, token, audiences, refusals)
  }
  return answer ?? nobody(refusals)
}

function attempt(
  sort: TokenAuthenticator, token: string, audiences: readonly string[], refusals: string[],
): ReturnType<TokenAuthenticator['authenticateToken']> {
  const note = (error: unknown): undefined => {
    if (!(error instanceof InvalidToken)) throw error
    refusals.push(error.message)
  }
  try {
    const answer = sort.authenticateToken(token, audiences)
    return answer instanceof Promise ? answer.catch(note) : answer
  } catch (error) {
    return note(error)
  }
}

function nobody(refusals: readonly string[]): undefined {
  if (refusals.length > 0) throw new InvalidToken(aggregate(refusals))
}
