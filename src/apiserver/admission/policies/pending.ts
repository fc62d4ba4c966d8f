/**
 * Expressions cannot wait, but some authorizers must be waited for: an evaluation that asks one is given up, and done
 * again when the answer is known.
 */
import type { AuthorizationDecision } from '../../authz/authorizer.ts'
import type { AdmissionAttributes } from '../admission.ts'

/** Thrown through an evaluation; not an error of its expression. */
class AnswerPending extends Error {
  readonly answer: Promise<unknown>
  constructor(answer: Promise<unknown>) {
    super('an authorizer is asked')
    this.answer = answer
  }
}

/** Answers that were waited for, by question; they hold for the one request. */
const known = new WeakMap<AdmissionAttributes, Map<string, AuthorizationDecision>>()

/** The answer, if it is known or given at once; otherwise the evaluation ends, and `settleQuestions` does it again. */
export function answerOf(
  attributes: AdmissionAttributes, question: object, ask: () => AuthorizationDecision | Promise<AuthorizationDecision>,
): AuthorizationDecision {
  const answers = known.get(attributes)
  const before = answers?.get(JSON.stringify(question))
  if (before) return before
  const answer = ask()
  if (!(answer instanceof Promise)) return answer
  throw new AnswerPending(answer.then((decision) => {
    const all = known.get(attributes) ?? new Map<string, AuthorizationDecision>()
    known.set(attributes, all.set(JSON.stringify(question), decision))
  }))
}

/** Questions are as many as an expression can pay for; this is far more. */
const maxRounds = 1_000

/** Does the work, again after each answer that had to be waited for: until it has all, the work may change nothing. */
export function settleQuestions<T>(work: () => T): T | Promise<T> {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof AnswerPending)) throw error
    return settleLater(error.answer, work)
  }
}

async function settleLater<T>(first: Promise<unknown>, work: () => T): Promise<T> {
  let pending = first
  for (let round = 0; round < maxRounds; round++) {
    await pending
    try {
      return work()
    } catch (error) {
      if (!(error instanceof AnswerPending)) throw error
      pending = error.answer
    }
  }
  throw new Error('an expression asks authorizers without an end')
}
