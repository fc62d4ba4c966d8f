/** Spreads pods of a kind evenly over topology domains. */
import { hostnameLabel, zoneLabel } from '#api/core/node/node-labels.ts'
import type { TopologySpreadConstraint } from '#api/gen/core-v1.ts'
import { labelSelectorMatcher, matcherOf, type LabelMatcher } from '#machinery/meta/label-selector.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { requiredNodeMatcher, type NodeMatcher } from '../node-selector.ts'
import {
  definePlugin,
  fits,
  ready,
  scoreMax,
  skip,
  unresolvable,
  unschedulable,
  type Around,
  type Counter,
} from '../plugin.ts'
import type { NodeInfo } from '../snapshot/node-info.ts'
import type { PodInfo } from '../snapshot/pod-info.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { findUntolerated } from '../tolerations.ts'

const mismatch = "node(s) didn't match pod topology spread constraints"

interface Constraint {
  readonly topologyKey: string
  readonly maxSkew: number
  readonly minDomains: number
  readonly selector: LabelMatcher
  /** Whether the pods of a node count at all. */
  readonly includes: NodeMatcher
}

interface Domains {
  readonly constraint: Constraint
  /** Matching pods by the topology key's value. */
  readonly counts: ReadonlyMap<string, number>
  /** The least of them; 0 while there are fewer domains than wanted. */
  readonly least: number
  /** 1 if the pod itself matches. */
  readonly self: number
}

interface Scoring {
  readonly domains: readonly (Domains & { readonly weight: number })[]
  /** The pod's own constraints need every label; those of the default only those that there are. */
  readonly needsAllLabels: boolean
}

export const podTopologySpread = definePlugin<readonly Domains[], Scoring>({
  name: 'PodTopologySpread',
  wakesOn: [
    'node added', 'node labels changed', 'node taints changed', 'pod assigned', 'pod labels changed', 'pod deleted',
    'own pod changed',
  ],

  prepareFilter(pod, snapshot) {
    const constraints = constraintsOf(pod, 'DoNotSchedule')
    return constraints.length === 0
      ? skip
      : ready(constraints.map((constraint) => countDomains(constraint, constraints, pod, snapshot)))
  },

  filter(_, node, domains) {
    for (const { constraint, counts, least, self } of domains) {
      const value = node.labels[constraint.topologyKey]
      if (value === undefined) return unresolvable(`${mismatch} (missing required label)`)
      if ((counts.get(value) ?? 0) + self - least > constraint.maxSkew) return unschedulable(mismatch)
    }
    return fits
  },

  prepareScore(pod, snapshot, fitting) {
    const own = constraintsOf(pod, 'ScheduleAnyway')
    const needsAllLabels = (pod.pod.spec?.topologySpreadConstraints?.length ?? 0) > 0
    const constraints = needsAllLabels ? own : defaultConstraints(pod, snapshot)
    if (constraints.length === 0) return skip
    const required = needsAllLabels ? constraints : []
    return ready({
      needsAllLabels,
      domains: constraints.map((constraint) => {
        const values = new Set<string>()
        for (const node of fitting) {
          const value = node.labels[constraint.topologyKey]
          if (value !== undefined && hasLabels(node, required)) values.add(value)
        }
        const weight = Math.log(values.size + 2)
        return { ...countDomains(constraint, required, pod, snapshot), weight }
      }),
    })
  },

  score(_, node, { domains, needsAllLabels }) {
    let score = 0
    for (const { constraint: { topologyKey, maxSkew }, counts, weight } of domains) {
      const value = node.labels[topologyKey]
      if (value !== undefined) score += (counts.get(value) ?? 0) * weight + (maxSkew - 1)
      else if (needsAllLabels) return NaN
    }
    return Math.round(score)
  },

  /** Fewer is better; a node that lacks a label (NaN) gets nothing. */
  normalize(score, { least, most }) {
    if (Number.isNaN(score)) return 0
    return most <= 0 ? scoreMax : Math.floor(scoreMax * (most + least - score) / most)
  },

  around: spreadCounters,
})

function constraintsOf({ pod }: PodInfo, action: string): Constraint[] {
  return (pod.spec?.topologySpreadConstraints ?? []).filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action)
    .map((constraint) => ({
      topologyKey: constraint.topologyKey,
      maxSkew: constraint.maxSkew,
      minDomains: constraint.minDomains ?? 1,
      selector: selectorOf(constraint, pod.metadata.labels ?? {}),
      includes: inclusionOf(constraint, pod),
    }))
}

/** What upstream's default profile spreads pods of a Service or workload by, when they state nothing themselves. */
function defaultConstraints(pod: PodInfo, snapshot: Snapshot): Constraint[] {
  const selector = snapshot.groupSelector?.(pod)
  if (selector === undefined) return []
  const includes = requiredNodeMatcher(pod.pod) ?? (() => true)
  return [
    { topologyKey: hostnameLabel, maxSkew: 3, minDomains: 1, selector, includes },
    { topologyKey: zoneLabel, maxSkew: 5, minDomains: 1, selector, includes },
  ]
}

function selectorOf(
  constraint: DeepReadonly<TopologySpreadConstraint>, labels: Readonly<Record<string, string>>,
): LabelMatcher {
  const selector = labelSelectorMatcher(constraint.labelSelector)
  const keys = (constraint.matchLabelKeys ?? []).filter((key) => labels[key] !== undefined)
  if (keys.length === 0 || selector.requirements === undefined) return selector
  return matcherOf(
    [...selector.requirements, ...keys.map((key) => ({ key, operator: 'in', values: [labels[key]!] } as const))],
  )
}

function inclusionOf(constraint: DeepReadonly<TopologySpreadConstraint>, pod: PodInfo['pod']): NodeMatcher {
  const byAffinity = constraint.nodeAffinityPolicy === 'Ignore' ? undefined : requiredNodeMatcher(pod)
  const byTaints = constraint.nodeTaintsPolicy === 'Honor'
  return (node) => (byAffinity === undefined || byAffinity(node))
    && (!byTaints || findUntolerated(node.taints, pod.spec?.tolerations) === undefined)
}

/** `all`: nodes that lack a label of any of these are left out. */
function countDomains(constraint: Constraint, all: readonly Constraint[], pod: PodInfo, snapshot: Snapshot): Domains {
  const { topologyKey, selector, includes, minDomains } = constraint
  const counts = new Map<string, number>()
  for (const node of snapshot.nodes) {
    const value = node.labels[topologyKey]
    if (value === undefined || !hasLabels(node, all) || !includes(node)) continue
    let count = counts.get(value) ?? 0
    for (const other of node.pods.values()) {
      if (isCountedPod(other, pod, selector)) count++
    }
    counts.set(value, count)
  }
  let least = counts.size < minDomains || counts.size === 0 ? 0 : Infinity
  for (const count of counts.values()) least = Math.min(least, count)
  return { constraint, counts, least, self: selector.matches(pod.labels) ? 1 : 0 }
}

function isCountedPod(other: PodInfo, pod: PodInfo, selector: LabelMatcher): boolean {
  return other.namespace === pod.namespace && other.pod.metadata.deletionTimestamp === undefined
    && selector.matches(other.labels)
}

/** The same rules over counters: first those that must hold, then those that only score. */
function spreadCounters(pod: PodInfo, snapshot: Snapshot): Around | undefined {
  const needsAllLabels = (pod.pod.spec?.topologySpreadConstraints?.length ?? 0) > 0
  const hard = constraintsOf(pod, 'DoNotSchedule')
  const soft = needsAllLabels ? constraintsOf(pod, 'ScheduleAnyway') : defaultConstraints(pod, snapshot)
  if (hard.length + soft.length === 0) return undefined
  const counterOf = (constraint: Constraint, all: readonly Constraint[]): Counter => {
    const includes = (node: NodeInfo): boolean => hasLabels(node, all) && constraint.includes(node)
    return {
      topologyKey: constraint.topologyKey, includes,
      amount: (other, node) => includes(node) && isCountedPod(other, pod, constraint.selector) ? 1 : 0,
    }
  }
  const selves = hard.map(({ selector }) => selector.matches(pod.labels) ? 1 : 0)
  return {
    counters: [
      ...hard.map((each) => counterOf(each, hard)), ...soft.map((each) => counterOf(each, needsAllLabels ? soft : [])),
    ],
    covers: () => true,
    fits: (place) => hard.every(({ maxSkew, minDomains }, i) => {
      const count = place.count(i)
      const least = place.domains(i) < minDomains ? 0 : place.least(i)
      return count !== undefined && count + selves[i]! - least <= maxSkew
    }),
    ignores: (place) => needsAllLabels && soft.some((_, i) => place.count(hard.length + i) === undefined),
    score: soft.length === 0 ? undefined : (place) => {
      let score = 0
      for (const [i, { maxSkew }] of soft.entries()) {
        const count = place.count(hard.length + i)
        if (count !== undefined) score += count * Math.log(place.fittingDomains(hard.length + i) + 2) + (maxSkew - 1)
        else if (needsAllLabels) return NaN
      }
      return Math.round(score)
    },
  }
}

function hasLabels(node: NodeInfo, constraints: readonly Constraint[]): boolean {
  return constraints.every(({ topologyKey }) => node.labels[topologyKey] !== undefined)
}
