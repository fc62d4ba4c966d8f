/** Whether a pod may be on a node at all, by name, labels and taints: what DaemonSets decide by. */
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from '#api/gen/core-v1.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import { isTolerated, type AnyToleration } from './taints.ts'

/** nodeSelector and the required node affinity. */
export function fitsAffinity(spec: DeepReadonly<PodSpec> | undefined, { metadata }: Stored<Node>): boolean {
  const labels = metadata.labels ?? {}
  for (const [name, value] of Object.entries(spec?.nodeSelector ?? {})) if (labels[name] !== value) return false
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (!required) return true
  return (required.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, labels, metadata.name))
}

/** An empty term matches nothing. */
function matchesTerm(
  term: DeepReadonly<NodeSelectorTerm>,
  labels: Readonly<Record<string, string>>,
  name: string,
): boolean {
  const expressions = term.matchExpressions ?? []
  const fields = term.matchFields ?? []
  if (expressions.length + fields.length === 0) return false
  return expressions.every((requirement) => matches(requirement, labels[requirement.key]))
    && fields.every((requirement) => matches(requirement, requirement.key === 'metadata.name' ? name : undefined))
}

function matches({ operator, values = [] }: DeepReadonly<NodeSelectorRequirement>, value: string | undefined): boolean {
  switch (operator) {
    case 'In': return value !== undefined && values.includes(value)
    case 'NotIn': return value === undefined || !values.includes(value)
    case 'Exists': return value !== undefined
    case 'DoesNotExist': return value === undefined
    case 'Gt': return value !== undefined && Number(value) > Number(values[0])
    case 'Lt': return value !== undefined && Number(value) < Number(values[0])
    default: return false
  }
}

export function toleratesTaints(
  tolerations: readonly AnyToleration[], { spec }: Stored<Node>, effects: readonly ('NoSchedule' | 'NoExecute')[],
): boolean {
  return (spec?.taints ?? []).every(
    (taint) => !effects.some((effect) => effect === taint.effect) || isTolerated(tolerations, taint),
  )
}
