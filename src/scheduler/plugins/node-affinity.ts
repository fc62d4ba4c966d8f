/** Keeps pods to the nodes that they select, and prefers those that they prefer. */
import type { NodeSelector } from '#api/gen/core-v1.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import { isEmptyTerm, nodeSelectorTermMatcher, requiredNodeMatcher, type NodeMatcher } from '../node-selector.ts'
import { definePlugin, fits, ready, skip, unresolvable } from '../plugin.ts'

interface Preference {
  readonly weight: number
  readonly matches: NodeMatcher
}

export const nodeAffinity = definePlugin<NodeMatcher, readonly Preference[]>({
  name: 'NodeAffinity',
  wakesOn: ['node added', 'node labels changed', 'own pod changed'],
  prepareFilter({ pod }) {
    const matches = requiredNodeMatcher(pod)
    if (matches === undefined) return skip
    const only = namedNodes(pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution)
    if (only?.size === 0) return { type: 'rejected', reason: 'pod affinity terms conflict' }
    return ready(matches, only)
  },
  filter: (_, node, matches) =>
    matches(node) ? fits : unresolvable("node(s) didn't match Pod's node affinity/selector"),
  prepareScore({ pod }) {
    const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    const usable = preferred.filter(({ weight, preference }) => weight !== 0 && !isEmptyTerm(preference))
    return usable.length === 0
      ? skip
      : ready(usable.map(({ weight, preference }) => ({ weight, matches: nodeSelectorTermMatcher(preference) })))
  },
  score: (_, node, preferences) =>
    preferences.reduce((sum, { weight, matches }) => sum + (matches(node) ? weight : 0), 0),
  normalize: 'higher',
})

/** The only nodes that the selector can mean, if every alternative of it names nodes: a DaemonSet's pods do. */
function namedNodes(selector: DeepReadonly<NodeSelector> | undefined): ReadonlySet<string> | undefined {
  if (selector === undefined || selector.nodeSelectorTerms.length === 0) return undefined
  const names = new Set<string>()
  for (const term of selector.nodeSelectorTerms) {
    let named: Set<string> | undefined
    for (const { key, operator, values } of term.matchFields ?? []) {
      if (key !== 'metadata.name' || operator !== 'In') continue
      const wanted = new Set(values)
      named = named === undefined ? wanted : named.intersection(wanted)
    }
    if (named === undefined) return undefined
    for (const name of named) names.add(name)
  }
  return names
}
