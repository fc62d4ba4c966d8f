/**
 * Asks kubelets what is used, when somebody wants to know. Two readings make a rate: who asks regularly (an autoscaler)
 * gets it over the time since the last reading, who asks for the first time waits a second for a second one.
 */
import type { Node } from '#api/gen/core-v1.ts'
import { utf8Decode } from '#base/bytes.ts'
import type { Stored } from '#machinery/meta/object.ts'
import type { Clock } from '#world/clock.ts'
import { withinTime } from '../aggregator/proxy.ts'
import type { NodeConnections } from '../subresources/node-connection.ts'
import { parseReading, type Reading } from './reading.ts'

export interface Readings {
  readonly before: Reading
  readonly after: Reading
}

interface Known {
  last: Reading | undefined
  latest: Readings | undefined
  /** Everybody who asks meanwhile waits for the same. */
  underWay: Promise<Readings> | undefined
}

/** No kubelet is asked more often than this. */
const freshMs = 10_000
/** An older reading would make a rate of a time that nobody asks about. */
const usefulMs = 60_000
const secondReadingMs = 1_000
const timeoutMs = 10_000
const answerBytesMax = 16 * 1024 * 1024
const nodesMax = 10_000
const never = new AbortController().signal

export class UsageSource {
  readonly #nodes: NodeConnections
  readonly #clock: Clock
  readonly #known = new Map<string, Known>()

  constructor(nodes: NodeConnections, clock: Clock) {
    this.#nodes = nodes
    this.#clock = clock
  }

  /** Rejects when the kubelet does not answer. */
  async measure(node: Stored<Node>): Promise<Readings> {
    const { uid } = node.metadata
    const known = this.#known.get(uid) ?? { last: undefined, latest: undefined, underWay: undefined }
    this.#remember(uid, known)
    if (known.latest && this.#clock.now() - known.latest.after.at < freshMs) return known.latest
    known.underWay ??= this.#readings(node, known).finally(() => { known.underWay = undefined })
    return await known.underWay
  }

  async #readings(node: Stored<Node>, known: Known): Promise<Readings> {
    let before = known.last
    let after = await this.#read(node)
    if (!before || after.at - before.at > usefulMs || after.at <= before.at) {
      before = after
      await this.#clock.sleep(secondReadingMs)
      after = await this.#read(node)
    }
    known.last = after
    known.latest = { before, after }
    return known.latest
  }

  async #read(node: Stored<Node>): Promise<Reading> {
    const { http, baseUrl, tls } = this.#nodes.connect(node)
    return await withinTime(this.#clock, timeoutMs, never, async (signal) => {
      const url = `${baseUrl}/metrics/resource`
      const answer = await http.request({ method: 'GET', url, headers: {}, ...(tls && { tls }) }, signal)
      const body = await answer.readBody(answerBytesMax)
      if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`)
      return parseReading(utf8Decode(body), this.#clock.now())
    })
  }

  /** Nodes come and go under ever new uids; those that were not asked for longest are forgotten first. */
  #remember(uid: string, known: Known): void {
    this.#known.delete(uid)
    this.#known.set(uid, known)
    const oldest = this.#known.keys().next()
    if (this.#known.size > nodesMax && !oldest.done) this.#known.delete(oldest.value)
  }
}
