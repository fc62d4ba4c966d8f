/** Columns that admission policies and their bindings share. */
import { formatLabelSelector } from '#machinery/meta/label-selector.ts'
import type { DeepReadonly } from '#machinery/meta/object.ts'
import type { ParamKind, ParamRef } from '../gen/admissionregistration-v1.ts'

export function formatParamKind(kind: DeepReadonly<ParamKind> | undefined): string {
  return kind ? `${kind.apiVersion}/${kind.kind}` : '<unset>'
}

/** `namespace/name`, or the selector. */
export function formatParamRef(reference: DeepReadonly<ParamRef> | undefined): string {
  if (!reference) return '<unset>'
  const { namespace, name, selector } = reference
  if (name) return `${namespace || '*'}/${name}`
  return selector ? formatLabelSelector(selector) : '<unset>'
}
