/** Which objects of a collection a list or a watch is about: label and field selectors, as a predicate. */
import { badRequest } from '#machinery/errors/api-error.ts'
import { quoteGo } from '#machinery/errors/field-errors.ts'
import { fieldSelectorMatches, parseFieldSelector, type FieldSelector } from '#machinery/meta/field-selector.ts'
import { everyLabels, parseLabelSelector, SelectorError, type LabelMatcher } from '#machinery/meta/label-selector.ts'
import type { KubeObject, Stored } from '#machinery/meta/object.ts'
import type { AnyKind } from '#machinery/schema/define-kind.ts'
import type { KeyRange } from '#storage/store.ts'
import { collectionRange, isBuiltIn, objectKeyInStore, singleKeyRange } from './keys.ts'

export interface Selection {
  /** Where in the store the selected objects lie. */
  readonly range: KeyRange
  /** The range is one key. */
  readonly single: boolean
  /** Undefined: everything in the range. */
  readonly matches: ((object: Stored<KubeObject>) => boolean) | undefined
}

/** Throws ApiError 400 for selectors that cannot be understood or name fields that the kind does not offer. */
export function parseSelection(
  kind: AnyKind, namespace: string, name: string, labelSelector: string, fieldSelector: string,
): Selection {
  const labels = labelSelector === '' ? everyLabels : understand(labelSelector, parseLabelSelector)
  const fields = fieldSelector === '' ? [] : understand(fieldSelector, parseFieldSelector)
  for (const { field } of fields) checkField(kind, field)
  let scopeName = name
  let scopeNamespace = namespace
  const rest: FieldSelector = fields.filter(({ field, operator, value }) => {
    if (operator !== '=') return true
    if (field === 'metadata.name' && scopeName === '') return (scopeName = value) === ''
    if (field === 'metadata.namespace' && scopeNamespace === '' && kind.namespaced) {
      return (scopeNamespace = value) === ''
    }
    return true
  })
  const single = scopeName !== '' && (!kind.namespaced || scopeNamespace !== '')
  const filters =
    scopeName !== '' && !single ? [...rest, { field: 'metadata.name', operator: '=' as const, value: scopeName }] : rest
  const range = single
    ? singleKeyRange(objectKeyInStore(kind, scopeNamespace, scopeName))
    : collectionRange(kind, scopeNamespace)
  return { range, single, matches: predicate(kind, labels, filters) }
}

function predicate(kind: AnyKind, labels: LabelMatcher, fields: FieldSelector): Selection['matches'] {
  const anyLabels = labels.requirements?.length === 0
  if (anyLabels && fields.length === 0) return undefined
  if (fields.length === 0) return (object) => labels.matches(object.metadata.labels)
  return (object) => labels.matches(object.metadata.labels) && fieldSelectorMatches(fields, fieldsOf(kind, object))
}

function fieldsOf(kind: AnyKind, object: Stored<KubeObject>): Record<string, string> {
  return {
    ...kind.selectableFields?.(object),
    'metadata.name': object.metadata.name,
    'metadata.namespace': object.metadata.namespace ?? '',
  }
}

const known = new WeakMap<object, ReadonlySet<string>>()

function checkField(kind: AnyKind, field: string): void {
  if (field === 'metadata.name' || (field === 'metadata.namespace' && (kind.namespaced || isBuiltIn(kind)))) return
  if (!kind.selectableFields) {
    throw badRequest(`${quoteGo(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`)
  }
  let fields = known.get(kind)
  if (!fields) {
    const empty = { metadata: { name: '', namespace: '' }, spec: {}, status: {}, involvedObject: {}, regarding: {} }
    fields = new Set(Object.keys(kind.selectableFields(empty as unknown as Stored<KubeObject>)))
    known.set(kind, fields)
  }
  if (!fields.has(field)) throw badRequest(`field label not supported: ${field}`)
}

function understand<T>(text: string, parse: (text: string) => T): T {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message, { cause: error })
    throw error
  }
}
