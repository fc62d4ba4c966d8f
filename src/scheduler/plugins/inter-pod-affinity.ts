/** Brings pods together with, or keeps them apart from, other pods within a topology domain. */
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
  type Place,
} from '../plugin.ts'
import type { NodeInfo } from '../snapshot/node-info.ts'
import { termMatches, type AffinityTerm, type PodInfo } from '../snapshot/pod-info.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'

/** Counts by topology key, then value. */
class DomainCounts {
  readonly #counts = new Map<string, Map<string, number>>()

  get isEmpty(): boolean {
    return this.#counts.size === 0
  }

  add(node: NodeInfo, topologyKey: string, amount: number): void {
    const value = node.labels[topologyKey]
    if (value === undefined) return
    let values = this.#counts.get(topologyKey)
    if (values === undefined) this.#counts.set(topologyKey, values = new Map())
    values.set(value, (values.get(value) ?? 0) + amount)
  }

  at(node: NodeInfo, topologyKey: string): number {
    const value = node.labels[topologyKey]
    return value === undefined ? 0 : this.#counts.get(topologyKey)?.get(value) ?? 0
  }

  /** The sum over all topology keys. */
  sumAt(node: NodeInfo): number {
    let sum = 0
    for (const [key, values] of this.#counts) sum += values.get(node.labels[key] ?? '') ?? 0
    return sum
  }

  /** True if the pods of some domain of that key have been counted. */
  has(topologyKey: string): boolean {
    return (this.#counts.get(topologyKey)?.size ?? 0) > 0
  }
}

interface Required {
  /** Pods that all affinity terms of the incoming pod speak of, for each term's key. */
  readonly affinity: DomainCounts
  readonly antiAffinity: DomainCounts
  /** Pods that require anti-affinity to the incoming pod. */
  readonly existing: DomainCounts
  /** No pod matches yet, but the incoming pod would: the first of a group that wants to be together. */
  readonly isFirstOfGroup: boolean
}

export const interPodAffinity = definePlugin<Required, DomainCounts>({
  name: 'InterPodAffinity',
  wakesOn: [
    'node added', 'node labels changed', 'pod assigned', 'pod labels changed', 'pod deleted',
    'namespace labels changed', 'own pod changed',
  ],

  prepareFilter(pod, snapshot) {
    const { requiredAffinity, requiredAntiAffinity } = pod
    const [affinity, antiAffinity, existing] = [new DomainCounts(), new DomainCounts(), new DomainCounts()]
    if (snapshot.hasRequiredAntiAffinity) {
      for (const node of snapshot.nodes) {
        if (node.withRequiredAntiAffinity > 0) countExisting(pod, node, snapshot, existing)
      }
    }
    if (requiredAffinity.length + requiredAntiAffinity.length === 0) {
      return existing.isEmpty ? skip : ready({ affinity, antiAffinity, existing, isFirstOfGroup: false })
    }
    for (const node of snapshot.nodes) {
      for (const other of node.pods.values()) countRequired(pod, other, node, snapshot, affinity, antiAffinity)
    }
    const isFirstOfGroup =
      affinity.isEmpty && requiredAffinity.every((term) => termMatches(term, pod, snapshot.namespaceLabels))
    return ready({ affinity, antiAffinity, existing, isFirstOfGroup })
  },

  filter(pod, node, { affinity, antiAffinity, existing, isFirstOfGroup }) {
    for (const { topologyKey } of pod.requiredAffinity) {
      // Even the first of a group needs the label; others need company.
      const isMet = affinity.at(node, topologyKey) > 0 || (isFirstOfGroup && node.labels[topologyKey] !== undefined)
      if (!isMet) return unresolvable("node(s) didn't match pod affinity rules")
    }
    for (const { topologyKey } of pod.requiredAntiAffinity) {
      if (antiAffinity.at(node, topologyKey) > 0) return unschedulable("node(s) didn't match pod anti-affinity rules")
    }
    return existing.sumAt(node) > 0 ? unschedulable("node(s) didn't satisfy existing pods anti-affinity rules") : fits
  },

  prepareScore(pod, snapshot) {
    const hasPreferences = pod.preferredAffinity.length + pod.preferredAntiAffinity.length > 0
    if (!hasPreferences && !snapshot.hasAffinity) return skip
    const scores = new DomainCounts()
    for (const node of snapshot.nodes) {
      if (!hasPreferences && node.withAffinity === 0) continue
      for (const other of node.pods.values()) countPreferred(pod, other, node, snapshot, scores)
    }
    return scores.isEmpty ? skip : ready(scores)
  },

  score: (_, node, scores) => scores.sumAt(node),

  normalize: (score, { least, most }) => most === least ? 0 : Math.floor(scoreMax * ((score - least) / (most - least))),

  around: interPodCounters,
})

function countExisting(pod: PodInfo, node: NodeInfo, { namespaceLabels }: Snapshot, counts: DomainCounts): void {
  for (const other of node.pods.values()) {
    for (const term of other.requiredAntiAffinity) {
      if (termMatches(term, pod, namespaceLabels)) counts.add(node, term.topologyKey, 1)
    }
  }
}

function countRequired(
  pod: PodInfo, other: PodInfo, node: NodeInfo, { namespaceLabels }: Snapshot,
  affinity: DomainCounts, antiAffinity: DomainCounts,
): void {
  const { requiredAffinity, requiredAntiAffinity } = pod
  if (requiredAffinity.length > 0 && requiredAffinity.every((term) => termMatches(term, other, namespaceLabels))) {
    for (const { topologyKey } of requiredAffinity) affinity.add(node, topologyKey, 1)
  }
  for (const term of requiredAntiAffinity) {
    if (termMatches(term, other, namespaceLabels)) antiAffinity.add(node, term.topologyKey, 1)
  }
}

/** Weight of an existing pod's required affinity in scores (upstream's HardPodAffinityWeight). */
const requiredAffinityWeight = 1

/** What the incoming pod prefers of the other, and the other of the incoming one. */
function countPreferred(
  pod: PodInfo, other: PodInfo, node: NodeInfo, { namespaceLabels }: Snapshot, scores: DomainCounts,
): void {
  const count = (terms: readonly AffinityTerm[], about: PodInfo, sign: number, weight?: number): void => {
    for (const term of terms) {
      if (termMatches(term, about, namespaceLabels)) scores.add(node, term.topologyKey, sign * (weight ?? term.weight))
    }
  }
  count(pod.preferredAffinity, other, 1)
  count(pod.preferredAntiAffinity, other, -1)
  count(other.requiredAffinity, pod, 1, requiredAffinityWeight)
  count(other.preferredAffinity, pod, 1)
  count(other.preferredAntiAffinity, pod, -1)
}

/** The same rules over counters. Keys that only existing pods name are counted as soon as one of them does. */
function interPodCounters(pod: PodInfo, snapshot: Snapshot): Around {
  const { namespaceLabels } = snapshot
  const { requiredAffinity, requiredAntiAffinity } = pod
  const others = keysOfOthers(snapshot)
  const scoredKeys = new Set(
    [...pod.preferredAffinity, ...pod.preferredAntiAffinity].map(({ topologyKey }) => topologyKey),
  ).union(others.scored)
  const matchesAll = (other: PodInfo): boolean =>
    requiredAffinity.every((term) => termMatches(term, other, namespaceLabels))
  const affinity = requiredAffinity.map(
    ({ topologyKey }): Counter => ({ topologyKey, amount: (other) => matchesAll(other) ? 1 : 0 }),
  )
  const antiAffinity = requiredAntiAffinity.map((term): Counter => ({
    topologyKey: term.topologyKey, amount: (other) => termMatches(term, other, namespaceLabels) ? 1 : 0,
  }))
  const existing = [...others.existing].map((topologyKey): Counter => ({
    topologyKey, amount: (other) => countTerms(other.requiredAntiAffinity, topologyKey, pod, snapshot),
  }))
  const scored = [...scoredKeys].map((topologyKey): Counter => ({
    topologyKey, amount: (other) => preferenceBetween(pod, other, topologyKey, snapshot),
  }))
  const antiAt = affinity.length
  const scoredAt = antiAt + antiAffinity.length + existing.length
  const isOwnGroup = matchesAll(pod)
  const isFirst = (place: Place): boolean => isOwnGroup && affinity.every((_, i) => place.total(i) === 0)
  return {
    counters: [...affinity, ...antiAffinity, ...existing, ...scored],
    covers: (other) => other.requiredAntiAffinity.every(({ topologyKey }) => others.existing.has(topologyKey))
      && scoredTerms(other).every(({ topologyKey }) => scoredKeys.has(topologyKey)),
    fits(place) {
      const meetsFirst = affinity.length > 0 && isFirst(place)
      for (let i = 0; i < antiAt; i++) {
        const count = place.count(i)
        if (count === undefined || (count === 0 && !meetsFirst)) return false
      }
      for (let i = antiAt; i < scoredAt; i++) if ((place.count(i) ?? 0) > 0) return false
      return true
    },
    score: scored.length === 0 ? undefined : (place) => {
      let score = 0
      for (let i = 0; i < scored.length; i++) score += place.count(scoredAt + i) ?? 0
      return score
    },
  }
}

function scoredTerms(other: PodInfo): readonly AffinityTerm[] {
  return [...other.requiredAffinity, ...other.preferredAffinity, ...other.preferredAntiAffinity]
}

function keysOfOthers(snapshot: Snapshot): { readonly existing: Set<string>; readonly scored: Set<string> } {
  const [existing, scored] = [new Set<string>(), new Set<string>()]
  if (!snapshot.hasAffinity) return { existing, scored }
  for (const node of snapshot.nodes) {
    if (node.withAffinity === 0) continue
    for (const other of node.pods.values()) {
      for (const { topologyKey } of other.requiredAntiAffinity) existing.add(topologyKey)
      for (const { topologyKey } of scoredTerms(other)) scored.add(topologyKey)
    }
  }
  return { existing, scored }
}

function countTerms(
  terms: readonly AffinityTerm[], topologyKey: string, about: PodInfo, { namespaceLabels }: Snapshot,
): number {
  let count = 0
  for (const term of terms) if (term.topologyKey === topologyKey && termMatches(term, about, namespaceLabels)) count++
  return count
}

/** How much the two prefer to share a domain of that key, from both sides. */
function preferenceBetween(pod: PodInfo, other: PodInfo, topologyKey: string, { namespaceLabels }: Snapshot): number {
  let sum = 0
  const count = (terms: readonly AffinityTerm[], about: PodInfo, sign: number, weight?: number): void => {
    for (const term of terms) {
      if (term.topologyKey !== topologyKey || !termMatches(term, about, namespaceLabels)) continue
      sum += sign * (weight ?? term.weight)
    }
  }
  count(pod.preferredAffinity, other, 1)
  count(pod.preferredAntiAffinity, other, -1)
  count(other.requiredAffinity, pod, 1, requiredAffinityWeight)
  count(other.preferredAffinity, pod, 1)
  count(other.preferredAntiAffinity, pod, -1)
  return sum
}
