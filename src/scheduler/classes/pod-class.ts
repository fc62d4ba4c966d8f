/**
 * The nodes as pods of one class see them, kept up to date pod by pod, so that a decision looks at no node at all.
 *
 * Nodes that differ in nothing but their own load form a tier: the same raw scores of what is normalized over all
 * nodes, and the same surroundings. Within a tier, nodes lie in buckets by what their load scores. A decision compares
 * the best buckets of the tiers.
 */
import type { Around, Place, Plugin, Profile, Verdict } from '../plugin.ts'
import type { ClusterState, PodChange } from '../snapshot/cluster-state.ts'
import type { NodeInfo } from '../snapshot/node-info.ts'
import type { PodInfo } from '../snapshot/pod-info.ts'
import { CounterState } from './domain-counts.ts'
import { Tier } from './tier.ts'

interface StaticScorer {
  readonly score: (node: NodeInfo) => number
  readonly weight: number
  readonly plugin: Plugin
}

interface AroundPlugin {
  readonly around: Around
  readonly plugin: Plugin
  readonly weight: number
  /** Where its counters begin in the list of all. */
  readonly offset: number
}

export interface Pick {
  readonly node: string
  readonly score: number
  readonly feasible: number
}

export class PodClass {
  readonly #pod: PodInfo
  readonly #state: ClusterState
  readonly #profile: Profile
  #layout = -1
  #seen = 0
  #judges: ((node: NodeInfo) => Verdict)[] = []
  /** Scores of a node's own load, 0-100 each. */
  #local: StaticScorer[] = []
  /** Scores that are compared over all nodes. */
  #compared: StaticScorer[] = []
  #arounds: AroundPlugin[] = []
  #counters: CounterState[] = []
  /** For each counter: the values of its label that more than one node has. */
  #shared: ReadonlySet<string>[] = []
  #tiers = new Map<string, Tier>()
  #tierOf: (Tier | undefined)[] = []

  /** `pod` stands for all of its class. */
  constructor(pod: PodInfo, state: ClusterState, profile: Profile) {
    this.#pod = pod
    this.#state = state
    this.#profile = profile
  }

  /**
   * The best node, or undefined if none fits or the class is one that must be looked at node by node. `next` as in
   * decide.
   */
  pick(next: () => number): Pick | undefined {
    if (!this.#update()) return undefined
    const place = new TierPlace(this.#counters)
    const fitting: Tier[] = []
    let feasible = 0
    for (const tier of this.#tiers.values()) {
      if (!this.#arounds.every(({ around, offset }) => around.fits(place.at(tier, offset)))) continue
      fitting.push(tier)
      feasible += tier.size
    }
    if (feasible === 0) return undefined
    const totals = fitting.map((tier) => tier.best)
    for (const [at, { plugin, weight }] of this.#compared.entries()) {
      addNormalized(totals, fitting.map((tier) => tier.raw[at]!), plugin, weight)
    }
    for (const { around, plugin, weight, offset } of this.#arounds) {
      if (around.score === undefined) continue
      place.startScoring(fitting, offset, around)
      addNormalized(totals, fitting.map((tier) => around.score!(place.at(tier, offset))), plugin, weight)
    }
    const node = this.#state.nodes[choose(fitting, totals, next)]!
    return { node: node.name, score: totals.reduce((a, b) => Math.max(a, b)), feasible }
  }

  /** Takes in what has happened since the last time. False: this class must be looked at node by node. */
  #update(): boolean {
    const { layout, changeCount } = this.#state
    const changes = layout === this.#layout ? this.#state.changesSince(this.#seen) : undefined
    const isCovered =
      changes?.every(({ pod, sign }) => sign < 0 || this.#arounds.every(({ around }) => around.covers(pod))) === true
    this.#seen = changeCount
    if (changes === undefined || !isCovered) return this.#build()
    const dirty = new Set<number>()
    for (const change of changes) this.#apply(change, dirty)
    for (const position of dirty) this.#place(position)
    return true
  }

  #apply({ node: name, pod, sign }: PodChange, dirty: Set<number>): void {
    const position = this.#state.positionOf(name)
    if (position === undefined) return
    const node = this.#state.nodes[position]!
    for (const counter of this.#counters) counter.addPod(pod, node, sign)
    dirty.add(position)
  }

  #build(): boolean {
    const { nodes, layout } = this.#state
    this.#layout = layout
    if (!this.#begin()) {
      this.#layout = -1
      return false
    }
    for (const node of nodes) {
      for (const counter of this.#counters) {
        counter.addNode(node)
        for (const other of node.pods.values()) counter.addPod(other, node, 1)
      }
    }
    this.#shared = this.#counters.map(({ counter }) => sharedValues(nodes, counter.topologyKey))
    this.#tiers = new Map()
    this.#tierOf = Array.from<Tier | undefined>({ length: nodes.length })
    for (let position = 0; position < nodes.length; position++) this.#place(position)
    return true
  }

  /** Prepares the plugins; false if one of them speaks of particular nodes or of none. */
  #begin(): boolean {
    this.#judges = []
    this.#local = []
    this.#compared = []
    this.#arounds = []
    this.#counters = []
    for (const { plugin, weight = 1 } of this.#profile.plugins) {
      if (plugin.around !== undefined) {
        const around = plugin.around(this.#pod, this.#state)
        if (around === undefined) continue
        this.#arounds.push({ around, plugin, weight, offset: this.#counters.length })
        this.#counters.push(...around.counters.map((counter) => new CounterState(counter)))
        continue
      }
      const prepared = plugin.beginFilter(this.#pod, this.#state)
      if (prepared.type === 'rejected' || (prepared.type === 'ready' && prepared.only !== undefined)) return false
      if (prepared.type === 'ready') this.#judges.push(prepared.state)
      const scorer = plugin.beginScore(this.#pod, this.#state, this.#state.nodes)
      if (scorer === undefined) continue
      const list = scorer.normalize === undefined ? this.#local : this.#compared
      list.push({ score: (node) => scorer.score(node), weight, plugin })
    }
    return true
  }

  /** Puts a node where it belongs now. */
  #place(position: number): void {
    const before = this.#tierOf[position]
    if (before !== undefined) {
      before.remove(position)
      if (before.size === 0) this.#tiers.delete(before.key)
      this.#tierOf[position] = undefined
    }
    const node = this.#state.nodes[position]!
    for (const judge of this.#judges) if (judge(node).type === 'rejected') return
    const tier = this.#tierFor(node)
    let local = 0
    for (const { score, weight } of this.#local) local += score(node) * weight
    tier.add(position, local)
    this.#tierOf[position] = tier
  }

  /**
   * Of a label value that many nodes share, the tier remembers the value; of one that a node has for itself, only the
   * count, so that all the nodes with the same count are one tier.
   */
  #tierFor(node: NodeInfo): Tier {
    const raw = this.#compared.map(({ score }) => score(node))
    const surroundings = this.#counters.map((counter, i): string | number | undefined => {
      const value = node.labels[counter.counter.topologyKey]
      return value === undefined || this.#shared[i]!.has(value) ? value : counter.at(value)!
    })
    const key =
      this.#counters.length + raw.length === 0 ? '' : JSON.stringify([raw, surroundings.map((each) => each ?? null)])
    let tier = this.#tiers.get(key)
    if (tier === undefined) this.#tiers.set(key, tier = new Tier(key, raw, surroundings))
    return tier
  }
}

/** What the plugins see of a tier. */
class TierPlace implements Place {
  readonly #counters: readonly CounterState[]
  #tier: Tier | undefined
  #offset = 0
  #fitting: readonly Tier[] = []
  #fittingDomains = new Map<number, number>()

  constructor(counters: readonly CounterState[]) {
    this.#counters = counters
  }

  at(tier: Tier, offset: number): this {
    this.#tier = tier
    this.#offset = offset
    return this
  }

  startScoring(fitting: readonly Tier[], offset: number, around: Around): void {
    this.#fittingDomains.clear()
    const { ignores } = around
    this.#fitting = ignores === undefined ? fitting : fitting.filter((tier) => !ignores(this.at(tier, offset)))
  }

  count(counter: number): number | undefined {
    const at = this.#offset + counter
    const known = this.#tier!.surroundings[at]
    return typeof known === 'number' ? known : this.#counters[at]!.at(known)
  }

  least(counter: number): number { return this.#counters[this.#offset + counter]!.least }
  domains(counter: number): number { return this.#counters[this.#offset + counter]!.domains }
  total(counter: number): number { return this.#counters[this.#offset + counter]!.total }

  fittingDomains(counter: number): number {
    const at = this.#offset + counter
    let domains = this.#fittingDomains.get(at)
    if (domains === undefined) {
      const shared = new Set<string>()
      domains = 0
      for (const { surroundings, size } of this.#fitting) {
        const known = surroundings[at]
        if (typeof known === 'number') domains += size
        else if (known !== undefined) shared.add(known)
      }
      domains += shared.size
      this.#fittingDomains.set(at, domains)
    }
    return domains
  }
}

function addNormalized(totals: number[], raw: readonly number[], { normalize }: Plugin, weight: number): void {
  let [least, most] = [Infinity, -Infinity]
  for (const score of raw) {
    if (score < least) least = score
    if (score > most) most = score
  }
  const range = { least, most }
  for (let i = 0; i < totals.length; i++) {
    totals[i]! += weight * (normalize === undefined ? raw[i]! : normalize(raw[i]!, range))
  }
}

/** Every node of the best buckets is as likely as every other. */
function choose(tiers: readonly Tier[], totals: readonly number[], next: () => number): number {
  let [best, chosen, ties] = [-Infinity, tiers[0]!, 0]
  for (const [i, tier] of tiers.entries()) {
    const total = totals[i]!
    if (total > best) [best, chosen, ties] = [total, tier, tier.bestNodes.length]
    else if (total === best) {
      ties += tier.bestNodes.length
      if (next() * ties < tier.bestNodes.length) chosen = tier
    }
  }
  return chosen.bestNodes[Math.floor(next() * chosen.bestNodes.length)]!
}

function sharedValues(nodes: readonly NodeInfo[], topologyKey: string): ReadonlySet<string> {
  const [seen, shared] = [new Set<string>(), new Set<string>()]
  for (const { labels } of nodes) {
    const value = labels[topologyKey]
    if (value === undefined) continue
    if (seen.has(value)) shared.add(value)
    seen.add(value)
  }
  return shared
}
