/** Node selectors and node affinity: which nodes a pod asks for. */
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '#api/gen/core-v1.ts'
import type { DeepReadonly, Stored } from '#machinery/meta/object.ts'
import type { NodeInfo } from './snapshot/node-info.ts'

export type NodeMatcher = (node: NodeInfo) => boolean

/** Terms are alternatives, what is in a term must all hold, and an empty term holds nowhere. */
export function nodeSelectorMatcher(selector: DeepReadonly<NodeSelector>): NodeMatcher {
  const terms = selector.nodeSelectorTerms.map(nodeSelectorTermMatcher)
  return (node) => terms.some((matches) => matches(node))
}

export function nodeSelectorTermMatcher(term: DeepReadonly<NodeSelectorTerm>): NodeMatcher {
  if (isEmptyTerm(term)) return () => false
  const labels = (term.matchExpressions ?? []).map(requirementMatcher)
  const fields = (term.matchFields ?? []).map(requirementMatcher)
  return (node) =>
    labels.every((matches) => matches(node.labels)) && (fields.length === 0 || matchesFields(fields, node))
}

export function isEmptyTerm(term: DeepReadonly<NodeSelectorTerm>): boolean {
  return (term.matchExpressions?.length ?? 0) === 0 && (term.matchFields?.length ?? 0) === 0
}

/** nodeSelector and the required part of node affinity together; undefined if the pod states neither. */
export function requiredNodeMatcher(pod: Stored<Pod>): NodeMatcher | undefined {
  const labels = Object.entries(pod.spec?.nodeSelector ?? {})
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (labels.length === 0 && required === undefined) return undefined
  const byAffinity = required === undefined ? undefined : nodeSelectorMatcher(required)
  return (node) =>
    labels.every(([key, value]) => node.labels[key] === value) && (byAffinity === undefined || byAffinity(node))
}

type Requirement = (labels: Readonly<Record<string, string>>) => boolean

function matchesFields(fields: readonly Requirement[], node: NodeInfo): boolean {
  const known = { 'metadata.name': node.name }
  return fields.every((matches) => matches(known))
}

function requirementMatcher({ key, operator, values = [] }: DeepReadonly<NodeSelectorRequirement>): Requirement {
  switch (operator) {
    case 'In': return (labels) => labels[key] !== undefined && values.includes(labels[key])
    case 'NotIn': return (labels) => labels[key] === undefined || !values.includes(labels[key])
    case 'Exists': return (labels) => labels[key] !== undefined
    case 'DoesNotExist': return (labels) => labels[key] === undefined
    case 'Gt': return (labels) => compare(labels[key], values[0]) > 0
    case 'Lt': return (labels) => compare(labels[key], values[0]) < 0
    default: return () => false
  }
}

/** NaN, which is neither less nor more, unless both are integers. */
function compare(actual: string | undefined, wanted: string | undefined): number {
  if (!/^-?\d+$/.test(actual ?? '') || !/^-?\d+$/.test(wanted ?? '')) return NaN
  return Number(BigInt(actual!) - BigInt(wanted!))
}
