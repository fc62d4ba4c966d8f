/** What a scheduler plugin is: a name, what may change its mind, and the phases that it has. */
import type { NodeInfo } from './snapshot/node-info.ts'
import type { PodInfo } from './snapshot/pod-info.ts'
import type { Snapshot } from './snapshot/snapshot.ts'

/** Scores run from 0 to this. */
export const scoreMax = 100

export type Verdict =
  | { readonly type: 'fits' }
  | {
      readonly type: 'rejected'
      readonly reasons: readonly string[]
      /** True if removing pods from the node cannot help, so preemption need not try. */
      readonly isFinal: boolean
    }

export const fits: Verdict = { type: 'fits' }

/** Other pods going away may help. */
export function unschedulable(...reasons: readonly string[]): Verdict {
  return { type: 'rejected', reasons, isFinal: false }
}

/** Only a change of the node or of the pod itself can help. */
export function unresolvable(...reasons: readonly string[]): Verdict {
  return { type: 'rejected', reasons, isFinal: true }
}

/** What happens in a cluster, as far as it may make a rejected pod fit. */
export type ClusterChange =
  | 'node added' | 'node resources changed' | 'node labels changed' | 'node taints changed'
  | 'node unschedulable changed'
  | 'claim changed' | 'volume changed' | 'storage class changed'
  | 'pod assigned' | 'pod labels changed' | 'pod deleted' | 'pod shrunk' | 'namespace labels changed'
  /** The rejected pod itself. */
  | 'own pod changed'

/** What a plugin makes of a pod before it looks at nodes. */
export type Preparation<State> =
  | {
      readonly type: 'ready'
      readonly state: State
      /** Names of the only nodes worth looking at; absent: all. */
      readonly only?: ReadonlySet<string>
    }
  /** The plugin has nothing to say about this pod. */
  | { readonly type: 'skip' }
  /** No node will do. */
  | { readonly type: 'rejected'; readonly reason: string }

export const skip = { type: 'skip' } as const

export function ready<State>(state: State, only?: ReadonlySet<string>): Preparation<State> {
  return { type: 'ready', state, ...(only !== undefined && { only }) }
}

export interface PluginDefinition<Filtering, Scoring> {
  readonly name: string
  readonly wakesOn: readonly ClusterChange[]
  /** Before filtering; its state is handed to `filter` and to nobody else. Absent: filter without state. */
  prepareFilter?(pod: PodInfo, snapshot: Snapshot): Preparation<Filtering>
  filter?(pod: PodInfo, node: NodeInfo, state: Filtering): Verdict
  /** Before scoring, with the nodes that fit. */
  prepareScore?(pod: PodInfo, snapshot: Snapshot, fitting: readonly NodeInfo[]): Preparation<Scoring>
  /** Any scale; `normalize` brings it to 0-100. */
  score?(pod: PodInfo, node: NodeInfo, state: Scoring): number
  /** `higher`: the most becomes 100. `lower`: the most becomes 0. Absent: scores are 0-100 already. */
  readonly normalize?: 'higher' | 'lower' | Normalize
  /** Present if verdicts or scores depend on pods of other nodes: the same rules as counters that can be kept up. */
  readonly around?: (pod: PodInfo, snapshot: Snapshot) => Around | undefined
}

/** One score among those of all nodes that fit. NaN stands for a node that cannot be scored. */
export type Normalize = (score: number, range: ScoreRange) => number

export interface ScoreRange {
  readonly least: number
  readonly most: number
}

/** Counts something of the pods in each domain (nodes with the same value of a label). */
export interface Counter {
  readonly topologyKey: string
  /** What a pod on a node adds. */
  amount(other: PodInfo, node: NodeInfo): number
  /** Whether a node makes a domain, even without pods. Absent: yes. */
  includes?(node: NodeInfo): boolean
}

/** What is known of the surroundings of a node; `counter` is a position in Around's list. */
export interface Place {
  /** Undefined if the node lacks the counter's label. */
  count(counter: number): number | undefined
  /** The least count of any domain, and how many domains there are. */
  least(counter: number): number
  domains(counter: number): number
  /** The sum over all domains. */
  total(counter: number): number
  /** Among nodes that fit, how many domains. Only while scoring. */
  fittingDomains(counter: number): number
}

export interface Around {
  readonly counters: readonly Counter[]
  /** False if the pod states something that no counter counts, so that there must be new ones. */
  covers(other: PodInfo): boolean
  fits(place: Place): boolean
  /** Nodes there do not count as domains while scoring. Absent: all do. */
  ignores?(place: Place): boolean
  /** Undefined: the plugin does not score. */
  readonly score: ((place: Place) => number) | undefined
}

export interface Scorer {
  score(node: NodeInfo): number
  /** Undefined: scores are 0-100 already. */
  readonly normalize: Normalize | undefined
}

/** A plugin whose states are its own affair. */
export interface Plugin {
  readonly name: string
  readonly wakesOn: readonly ClusterChange[]
  readonly around: ((pod: PodInfo, snapshot: Snapshot) => Around | undefined) | undefined
  readonly normalize: Normalize | undefined
  beginFilter(pod: PodInfo, snapshot: Snapshot): Preparation<(node: NodeInfo) => Verdict>
  beginScore(pod: PodInfo, snapshot: Snapshot, fitting: readonly NodeInfo[]): Scorer | undefined
}

export interface WeightedPlugin {
  readonly plugin: Plugin
  /** For its scores; default 1. */
  readonly weight?: number
}

/** The name that pods choose a scheduler by, and its plugins in order. */
export interface Profile {
  readonly schedulerName: string
  readonly plugins: readonly WeightedPlugin[]
}

export function definePlugin<Filtering = undefined, Scoring = undefined>(
  definition: PluginDefinition<Filtering, Scoring>,
): Plugin {
  const { name, wakesOn, filter, score, around } = definition
  const normalize = definition.normalize === 'higher'
    ? higherIsBetter : definition.normalize === 'lower' ? lowerIsBetter : definition.normalize
  return {
    name, wakesOn, around, normalize,
    beginFilter(pod, snapshot) {
      if (filter === undefined && definition.prepareFilter === undefined) return skip
      // Without a preparation the state's type is undefined, which is what it gets.
      const prepared = definition.prepareFilter?.(pod, snapshot) ?? ready(undefined as Filtering)
      if (prepared.type !== 'ready') return prepared
      const { state, only } = prepared
      return ready((node) => filter?.(pod, node, state) ?? fits, only)
    },
    beginScore(pod, snapshot, fitting) {
      if (score === undefined) return undefined
      const prepared = definition.prepareScore?.(pod, snapshot, fitting) ?? ready(undefined as Scoring)
      if (prepared.type !== 'ready') return undefined
      const { state } = prepared
      return { score: (node) => score(pod, node, state), normalize }
    },
  }
}

/** Upstream's DefaultNormalizeScore, as it is and reversed. */
const higherIsBetter: Normalize = (score, { most }) => most <= 0 ? score : Math.floor(scoreMax * score / most)
const lowerIsBetter: Normalize = (score, { most }) =>
  most <= 0 ? scoreMax : scoreMax - Math.floor((scoreMax * score) / most)
