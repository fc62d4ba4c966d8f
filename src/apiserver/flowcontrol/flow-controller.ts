/**
 * Priority and fairness (KEP-1040): which requests run at once, which wait for their turn, and which are refused.
 * Decision 0014 tells how it differs from upstream's: seats are lent while they are free, not by averages of the past.
 */
import type { FlowSchema, PriorityLevelConfiguration } from '#api/gen/flowcontrol-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { Clock } from '#world/clock.ts'
import { keyOfUser, type UserInfo } from '../authn/authenticator.ts'
import { metricLines, type Sample } from '../metric-text.ts'
import type { RequestInfo } from '../request-info.ts'
import { mandatoryFlowSchemas, mandatoryPriorityLevels } from '#api/flowcontrol/bootstrap-objects.ts'
import { distinguisherOf, inMatchingOrder, matchesFlowSchema } from './classify.ts'
import { FairQueues, type Waiting } from './fair-queues.ts'
import { FlowMetrics } from './flow-metrics.ts'
import { seatLimits, type SeatLimits } from './seats.ts'
import { dealHand, hashFlow } from './shuffle-sharding.ts'

type Schema = DeepReadonly<FlowSchema>
type LevelConfiguration = DeepReadonly<PriorityLevelConfiguration>

export interface FlowControllerOptions {
  readonly clock: Clock
  /** How many requests the server runs at a time, in all. */
  readonly seats: number
  /** How long a request may wait for its turn. */
  readonly waitLimitMs: number
}

export interface Classification {
  readonly flowSchemaUid: string
  readonly priorityLevelUid: string
  readonly flowSchema: string
  readonly priorityLevel: string
  readonly level: PriorityLevel
  /** Which flow of its schema: requests of one take turns with those of others. */
  readonly distinguisher: string
}

/** `refused`: too many wait already, or it waited too long. Otherwise `release` gives the seats back. */
export type Turn =
  | { readonly type: 'run'; readonly release: () => void }
  | { readonly type: 'refused' }

/** A priority level as it is at work: how many seats it has, who has taken them, who waits. */
export interface PriorityLevel {
  readonly name: string
  readonly uid: string
  readonly exempt: boolean
  limits: SeatLimits
  /** Absent: who finds no seat is refused at once. */
  readonly queues: FairQueues<Request> | undefined
  readonly deck: { readonly size: number; readonly hand: number; readonly lengthLimit: number }
  /** Taken seats. */
  executing: number
}

interface Request extends Waiting {
  readonly run: () => void
}

/** So many users, and for each of them so many questions. */
const maxRemembered = { users: 4096, questions: 256 }

export class FlowController {
  readonly metrics = new FlowMetrics()
  readonly #options: FlowControllerOptions
  #schemas: readonly Schema[] = inMatchingOrder(mandatoryFlowSchemas)
  #levels: ReadonlyMap<string, PriorityLevel> = new Map()
  /** By who asks for what; forgotten whenever the configuration changes. */
  readonly #remembered = new Map<string, Map<string, Classification>>()
  /** Seats taken of limited levels, together. */
  #executing = 0
  /** Requests that wait, and some that have just had their turn. */
  #waiting = 0
  /** Levels of old configurations, until those that wait in them are done. */
  readonly #retired = new Set<PriorityLevel>()

  constructor(options: FlowControllerOptions) {
    this.#options = options
    this.configure([], [])
  }

  /** Takes over a new configuration. Requests that run or wait end by the old one. */
  configure(schemas: readonly Schema[], levels: readonly LevelConfiguration[]): void {
    const withMandatory = <Item extends Schema | LevelConfiguration>(items: readonly Item[], musts: readonly Item[]) =>
      [...items, ...musts.filter((must) => !items.some(({ metadata }) => metadata?.name === must.metadata?.name))]
    const all = withMandatory<LevelConfiguration>(levels, mandatoryPriorityLevels)
    const limits = seatLimits(all, this.#options.seats)
    const before = this.#levels
    this.#levels = new Map(all.map((configuration) => {
      const name = configuration.metadata?.name ?? ''
      const level = makeLevel(configuration, limits.get(name)!)
      const old = before.get(name)
      // As long as the queues are the same, so is who waits in them.
      if (!old || !sameShape(old, level)) return [name, level]
      old.limits = level.limits
      return [name, old]
    }))
    const kept = new Set(this.#levels.values())
    for (const level of before.values()) if (!kept.has(level) && level.queues?.waiting) this.#retired.add(level)
    this.#schemas = inMatchingOrder(withMandatory(schemas, mandatoryFlowSchemas))
      .filter(({ spec }) => this.#levels.has(spec?.priorityLevelConfiguration?.name ?? ''))
    this.#remembered.clear()
    this.#dispatch()
  }

  /**
   * The turn, now or later, of a request that was classified so. `seats`: how many it is worth. A request whose signal
   * is aborted while it waits is refused; the signal is asked for only then.
   */
  take(classification: Classification, seats: number, signal: () => AbortSignal): Turn | Promise<Turn> {
    const { level, flowSchema, distinguisher } = classification
    if (level.exempt) {
      return { type: 'run', release: () => {} }
    }
    const width = Math.min(seats, Math.max(1, level.limits.nominal))
    const { queues, deck } = level
    if (!queues) return this.#fits(level, width) ? this.#run(level, width) : refused
    if (queues.waiting === 0 && this.#fits(level, width)) return this.#run(level, width)
    const queue = queues.choose(dealHand(hashFlow(flowSchema, distinguisher), deck.size, deck.hand))
    return queue === undefined ? refused : this.#wait(level, queues, { seats: width, queue }, signal())
  }

  /** In Prometheus' text format, with upstream's names. */
  render(): string {
    const levels = [...this.#levels.values()]
    const metric = (name: string, type: 'gauge', help: string, value: (level: PriorityLevel) => number): string => {
      const samples = levels.map((level): Sample => [`priority_level="${level.name}"`, value(level)])
      return `${metricLines(name, type, help, samples).join('\n')}\n`
    }
    const prefix = 'apiserver_flowcontrol'
    return metric(`${prefix}_nominal_limit_seats`, 'gauge',
      '[BETA] Nominal number of execution seats configured for each priority level', ({ limits }) => limits.nominal)
      + metric(`${prefix}_lower_limit_seats`, 'gauge',
        '[ALPHA] Configured lower bound on number of execution seats available to each priority level',
        ({ limits }) => limits.nominal - limits.lendable)
      + metric(`${prefix}_upper_limit_seats`, 'gauge',
        '[ALPHA] Configured upper bound on number of execution seats available to each priority level',
        ({ limits }) => Math.min(this.#options.seats, limits.nominal + limits.borrowing))
      + this.metrics.render()
  }

  /** Under which priority a request falls, and into which flow of it. */
  classify(user: UserInfo, info: RequestInfo): Classification {
    const who = keyOfUser(user)
    let remembered = this.#remembered.get(who)
    if (!remembered) {
      if (this.#remembered.size >= maxRemembered.users) this.#remembered.clear()
      this.#remembered.set(who, remembered = new Map())
    }
    const what = info.type === 'resource'
      ? `${info.verb} ${info.group}/${info.resource}/${info.subresource}/${info.namespace}` : `${info.verb}  ${info.path}`
    let classification = remembered.get(what)
    if (!classification) {
      if (remembered.size >= maxRemembered.questions) remembered.clear()
      remembered.set(what, classification = this.#classify(user, info))
    }
    return classification
  }

  #classify(user: UserInfo, info: RequestInfo): Classification {
    // The last of the mandatory schemas takes everything; a user in no group at all is caught as well.
    const schema = this.#schemas.find((candidate) => matchesFlowSchema(candidate, user, info))
      ?? this.#schemas.find(({ metadata }) => metadata?.name === 'catch-all')!
    const level = this.#levels.get(schema.spec?.priorityLevelConfiguration?.name ?? '')!
    return {
      level,
      distinguisher: distinguisherOf(schema, user, info),
      flowSchema: schema.metadata?.name ?? '',
      flowSchemaUid: schema.metadata?.uid ?? '',
      priorityLevel: level.name,
      priorityLevelUid: level.uid,
    }
  }

  /** Whether so many seats are free for the level: its own, or what others lend. */
  #fits(level: PriorityLevel, width: number): boolean {
    const { limits, executing } = level
    if (this.#executing + width > this.#options.seats && this.#executing > 0) return false
    if (executing + width <= limits.nominal || executing === 0) return true
    if (executing + width > limits.nominal + limits.borrowing) return false
    let kept = 0
    for (const other of this.#levels.values()) {
      if (other === level || other.exempt) continue
      kept += Math.max(0, other.limits.nominal - other.limits.lendable - other.executing)
    }
    return this.#executing + width + kept <= this.#options.seats
  }

  #run(level: PriorityLevel, width: number, ended?: () => void): Turn {
    level.executing += width
    this.#executing += width
    let released = false
    return {
      type: 'run',
      release: () => {
        if (released) return
        released = true
        level.executing -= width
        this.#executing -= width
        ended?.()
        this.#dispatch()
      },
    }
  }

  async #wait(
    level: PriorityLevel, queues: FairQueues<Request>, place: Waiting, signal: AbortSignal,
  ): Promise<Turn> {
    const { clock, waitLimitMs } = this.#options
    const turn = Promise.withResolvers<Turn>()
    const request: Request = {
      ...place,
      run: () => {
        const begun = clock.monotonic()
        turn.resolve(this.#run(level, place.seats, () => queues.end(request, (clock.monotonic() - begun) / 1000)))
      },
    }
    const giveUp = (): void => {
      if (queues.remove(request)) turn.resolve(refused)
    }
    queues.add(request)
    this.#waiting++
    const timer = clock.schedule(waitLimitMs, giveUp)
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await turn.promise
    } finally {
      this.#waiting--
      timer.cancel()
      signal.removeEventListener('abort', giveUp)
    }
  }

  /** Lets run who can: first with their levels' own seats, then with borrowed ones. */
  #dispatch(): void {
    if (this.#waiting === 0 && this.#retired.size === 0) return
    for (const borrowing of [false, true]) {
      for (const level of [...this.#retired, ...this.#levels.values()]) {
        const { queues } = level
        while (queues && queues.waiting > 0) {
          const next = queues.peek()
          if (!next || !this.#fits(level, next.seats)) break
          if (!borrowing && level.executing + next.seats > level.limits.nominal) break
          queues.start(next)
          next.run()
        }
      }
    }
    for (const level of this.#retired) if (!level.queues?.waiting) this.#retired.delete(level)
  }
}

const refused: Turn = { type: 'refused' }



function makeLevel({ metadata, spec }: LevelConfiguration, limits: SeatLimits): PriorityLevel {
  const { type, queuing = {} } = spec?.limited?.limitResponse ?? {}
  const deck = { size: queuing.queues ?? 64, hand: queuing.handSize ?? 8, lengthLimit: queuing.queueLengthLimit ?? 50 }
  return {
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    exempt: spec?.type === 'Exempt',
    limits,
    queues: type === 'Queue' ? new FairQueues<Request>(deck.size, deck.lengthLimit) : undefined,
    deck,
    executing: 0,
  }
}

function sameShape(a: PriorityLevel, b: PriorityLevel): boolean {
  return a.uid === b.uid && a.exempt === b.exempt && (a.queues === undefined) === (b.queues === undefined)
    && a.deck.size === b.deck.size && a.deck.hand === b.deck.hand && a.deck.lengthLimit === b.deck.lengthLimit
}
