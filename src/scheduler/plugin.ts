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
  | 'node added' | 'node resources changed' | 'node labels changed' | 'node taints changed' | 'node unschedulable changed'
  | 'pod assigned' | 'pod labels changed' | 'pod deleted' | 'pod shrunk' | 'namespace labels changed'
  /** The rejected pod itself. */
  | 'own pod changed'

/** What a plugin makes of a pod before it looks at nodes. */
export type Preparation<State> =
  | { readonly type: 'ready'; readonly state: State; /** Names of the only nodes worth looking at; absent: all. */ readonly only?: ReadonlySet<string> }
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
  readonly normalize?: 'higher' | 'lower' | ((scores: readonly number[], nodes: readonly NodeInfo[], state: Scoring) => readonly number[])
  /** True if the verdict on one node depends on pods of other nodes, so that it must be prepared anew when they change. */
  readonly looksAround?: boolean
}

/** A plugin whose states are its own affair. */
export interface Plugin {
  readonly name: string
  readonly wakesOn: readonly ClusterChange[]
  readonly looksAround: boolean
  beginFilter(pod: PodInfo, snapshot: Snapshot): Preparation<(node: NodeInfo) => Verdict>
  beginScore(pod: PodInfo, snapshot: Snapshot, fitting: readonly NodeInfo[]): readonly number[] | undefined
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

export function definePlugin<Filtering = undefined, Scoring = undefined>(definition: PluginDefinition<Filtering, Scoring>): Plugin {
  const { name, wakesOn, filter, score, looksAround = false } = definition
  return {
    name, wakesOn, looksAround,
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
      const scores = fitting.map((node) => score(pod, node, state))
      const { normalize } = definition
      if (normalize === undefined) return scores
      return typeof normalize === 'function' ? normalize(scores, fitting, state) : normalized(scores, normalize === 'lower')
    },
  }
}

/** Upstream's DefaultNormalizeScore. */
function normalized(scores: readonly number[], isReversed: boolean): readonly number[] {
  const most = Math.max(0, ...scores.length > 10_000 ? [scores.reduce((a, b) => Math.max(a, b))] : scores)
  if (most === 0) return isReversed ? scores.map(() => scoreMax) : scores
  return scores.map((score) => {
    const scaled = Math.floor(scoreMax * score / most)
    return isReversed ? scoreMax - scaled : scaled
  })
}
