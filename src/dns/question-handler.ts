/** One question, one answer: from the index where the name is the cluster's, from other resolvers where it is not. */
import type { Log } from '#world/log.ts'
import { answerFromIndex, type Answer } from './answer.ts'
import type { RecordIndex } from './records.ts'
import type { Resolver } from './resolver.ts'
import {
  parseAnswers,
  parseQuery,
  renderFailure,
  renderQuery,
  renderResponse,
  type Query,
  type Response,
} from './wire.ts'

/** How the question came, and so how long the answer may be. */
export type Way = 'datagram' | 'stream'

/** Undefined for what deserves no answer. A promise only where somebody else has to be asked. */
export type Outcome = Promise<Uint8Array | undefined> | Uint8Array | undefined

export interface QuestionHandlerOptions {
  readonly index: RecordIndex
  /** `cluster.local` */
  readonly zone: string
  readonly resolver: Resolver
  readonly namespaceExists: (name: string) => boolean
  readonly log: Log
}

/** kubeadm's Corefile has `ttl 30`; short, because pods come and go. */
const ttlSeconds = 30
const streamLimitBytes = 65_535
const cachedAnswersMax = 10_000

export class QuestionHandler {
  readonly #options: QuestionHandlerOptions
  /** Whole answers by question, without the id; good until the index changes. */
  #cached = new Map<string, Uint8Array>()
  #cachedVersion = -1
  #turn = 0

  constructor(options: QuestionHandlerOptions) {
    this.#options = options
  }

  handle(message: Uint8Array, way: Way): Outcome {
    const { index, namespaceExists } = this.#options
    if (this.#cachedVersion !== index.version) {
      this.#cached = new Map()
      this.#cachedVersion = index.version
    }
    const key = way + asKey(message)
    const known = this.#cached.get(key)
    if (known) return withIdOf(message, known)
    const query = parseQuery(message)
    if (!query) return renderFailure(message, 'FORMERR')
    if (query.opcode !== 0) return renderFailure(message, 'NOTIMP')
    if (!query.isInternetClass || query.type === 'ANY' || query.type === 'TYPE252') {
      return renderFailure(message, 'REFUSED')
    }
    const answer = answerFromIndex(query, index, namespaceExists)
    if (!answer) return this.#fromUpstream(message, query, way)
    if (answer.continueAt !== undefined) return this.#followAlias(message, query, answer, answer.continueAt, way)
    const bytes = this.#render(message, query, answer, way)
    // Several addresses are dealt in another order each time, so they are not kept.
    if (answer.records.length <= 1 && this.#cached.size < cachedAnswersMax) this.#cached.set(key, bytes)
    return bytes
  }

  async #fromUpstream(message: Uint8Array, query: Query, way: Way): Promise<Uint8Array | undefined> {
    try {
      return await this.#options.resolver.resolve(message, query, way === 'stream')
    } catch (error) {
      this.#options.log.debug('upstream resolvers failed', { name: query.name, error: String(error) })
      return renderFailure(message, 'SERVFAIL')
    }
  }

  #render(message: Uint8Array, query: Query, answer: Answer, way: Way): Uint8Array {
    const response: Response = {
      code: answer.code,
      answers: this.#shuffle(answer.records),
      additional: answer.additional,
      ttlSeconds,
      authoritative: true,
      authorityZone: answer.records.length === 0 ? this.#options.zone : undefined,
    }
    return renderResponse(message, query, response, limitOf(query, way))
  }

  /**
   * Simple resolvers in pods do not follow aliases themselves, so an ExternalName's answer has the target's addresses
   * with it.
   */
  async #followAlias(
    message: Uint8Array, query: Query, answer: Answer, target: string, way: Way,
  ): Promise<Uint8Array> {
    const { index, namespaceExists } = this.#options
    const name = target.toLowerCase()
    const inside = answerFromIndex({ name, type: query.type }, index, namespaceExists)
    const further = inside ? inside.records : await this.#addressesOutside(name, query)
    // In order: whoever reads it looks for the alias first. No turning of addresses here, it would move it.
    const answers = [answer.records[0]!, ...further]
    const response: Response = { code: 'NOERROR', answers, additional: [], ttlSeconds, authoritative: true }
    return renderResponse(message, query, response, limitOf(query, way))
  }

  async #addressesOutside(name: string, { id, type }: Query): Promise<Answer['records']> {
    const question = renderQuery(id, name, type)
    try {
      return parseAnswers(await this.#options.resolver.resolve(question, parseQuery(question)!, false))
    } catch (error) {
      this.#options.log.debug('upstream resolvers failed', { name, error: String(error) })
      return []
    }
  }

  /** A different first address for each question, as CoreDNS's loadbalance does, but without chance. */
  #shuffle<T>(records: readonly T[]): readonly T[] {
    if (records.length < 2) return records
    const first = this.#turn++ % records.length
    return [...records.slice(first), ...records.slice(0, first)]
  }
}

function limitOf({ payloadLimit }: Query, way: Way): number {
  return way === 'stream' ? streamLimitBytes : payloadLimit
}

/** The question without its id. */
function asKey(message: Uint8Array): string {
  let key = ''
  for (let at = 2; at < message.length; at++) key += String.fromCharCode(message[at]!)
  return key
}

function withIdOf(message: Uint8Array, known: Uint8Array): Uint8Array {
  const answer = known.slice()
  answer.set(message.subarray(0, 2))
  return answer
}
