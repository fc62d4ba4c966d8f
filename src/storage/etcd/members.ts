/** The members of an etcd as one: calls go to one of them until it fails, then to the next. */
import type { Clock } from '#world/clock.ts'
import type { Log } from '#world/log.ts'
import type { Random } from '#world/random.ts'
import { rpcCode, RpcError, type RpcChannel } from '#world/rpc.ts'
import { failureOf } from './etcd-errors.ts'
import type { EtcdMethod } from './methods.ts'
import { decode, encode, type Partially } from './messages/message-type.ts'

export interface Member {
  /** For the log. */
  readonly url: string
  readonly channel: RpcChannel
}

export interface MembersOptions {
  readonly members: readonly Member[]
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** One try of a call. Default 3 seconds, longer than an election takes by etcd's defaults. */
  readonly attemptMs?: number
  /** All tries of a call together. Default 20 seconds, well within what clients give an API request. */
  readonly totalMs?: number
}

const firstPauseMs = 20
const longestPauseMs = 1_000

/** How long somebody has been trying. */
export interface Patience {
  readonly until: number
  readonly tries: number
}

export class Members {
  readonly #members: readonly Member[]
  readonly #clock: Clock
  readonly #random: Random
  readonly #log: Log
  readonly #attemptMs: number
  readonly #totalMs: number
  #chosen: number

  constructor({ members, clock, random, log, attemptMs = 3_000, totalMs = 20_000 }: MembersOptions) {
    if (members.length === 0) throw new RangeError('an etcd without members')
    this.#members = members
    this.#clock = clock
    this.#random = random
    this.#log = log
    this.#attemptMs = attemptMs
    this.#totalMs = totalMs
    // Several servers of one cluster should not all sit on the same member.
    this.#chosen = Math.floor(random.next() * members.length)
  }

  /** The member that calls go to now. */
  get chosen(): Member {
    return this.#members[this.#chosen]!
  }

  /** Calls go to the next member, unless somebody has seen to that already. */
  leave(member: Member, why: string): void {
    if (member !== this.chosen || this.#members.length === 1) return
    this.#chosen = (this.#chosen + 1) % this.#members.length
    this.#log.warn('left a member of etcd', { member: member.url, for: this.chosen.url, why })
  }

  /** One try, at one member. Throws RpcError; what is then known of the request is told by `failureOf`. */
  async once<Request, Response>(
    method: EtcdMethod<Request, Response>, message: Partially<Request>, signal: AbortSignal,
    member: Member = this.chosen,
  ): Promise<Response> {
    const attempt = new AbortController()
    const giveUp = (): void => attempt.abort(signal.reason)
    const timer = this.#clock.schedule(this.#attemptMs, () => {
      attempt.abort(new RpcError(rpcCode.deadlineExceeded, 'context deadline exceeded'))
    })
    if (signal.aborted) giveUp()
    else signal.addEventListener('abort', giveUp, { once: true })
    try {
      return decode(method.response, await member.channel.unary(
        method.path, encode(method.request, message), attempt.signal,
      ))
    } catch (error) {
      if (!signal.aborted && failureOf(error) === 'elsewhere') this.leave(member, (error as RpcError).message)
      throw error
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', giveUp)
    }
  }

  /** Tries until some member answers: only for requests that may be carried out any number of times. */
  async persist<Request, Response>(
    method: EtcdMethod<Request, Response>, message: Partially<Request>, signal: AbortSignal,
  ): Promise<Response> {
    let patience = this.patience()
    for (;;) {
      try {
        return await this.once(method, message, signal)
      } catch (error) {
        if (signal.aborted || failureOf(error) === 'refused') throw error
        patience = await this.pause(patience, error, signal)
      }
    }
  }

  patience(): Patience {
    return { until: this.#clock.monotonic() + this.#totalMs, tries: 0 }
  }

  /** Waits before the next try; throws `error` when there has been enough of that. */
  async pause(patience: Patience, error: unknown, signal: AbortSignal): Promise<Patience> {
    // The other members are asked at once, and then all of them ever more slowly.
    const round = Math.floor(patience.tries / this.#members.length)
    const ms = Math.min(firstPauseMs * 2 ** round, longestPauseMs) * (0.5 + this.#random.next())
    if (this.#clock.monotonic() + ms >= patience.until) throw error
    await this.#clock.sleep(ms, signal)
    return { ...patience, tries: patience.tries + 1 }
  }
}
