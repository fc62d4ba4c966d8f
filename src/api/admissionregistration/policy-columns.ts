/** Columns that admission policies and their bindings share. */
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { ParamKind, ParamRef } from '../gen/admissionregistration-v1.ts'
import type { LabelSelector } from '../gen/meta-v1.ts'

export function formatParamKind(kind: DeepReadonly<ParamKind> | undefined): string {
  return kind ? `${kind.apiVersion}/${kind.kind}` : '<unset>'
}

/** `namespace/name`, or the selector. */
export function formatParamRef(reference: DeepReadonly<ParamRef> | undefined): string {
  if (!reference) return '<unset>'
  const { namespace, name, selector } = reference
  if (name) return `${namespace || '*'}/${name}`
  return selector ? formatGoSelector(selector) : '<unset>'
}

/** As Go's String method writes it. */
function formatGoSelector({ matchLabels = {}, matchExpressions = [] }: DeepReadonly<LabelSelector>): string {
  const labels = Object.entries(matchLabels).toSorted(([a], [b]) => a < b ? -1 : 1)
    .map(([key, value]) => `${key}: ${value},`).join('')
  const expressions = matchExpressions.map(({ key, operator, values = [] }) =>
    `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`).join('')
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},`
    + `MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`
}
