/** Rules of label selectors, and of the requirements on nodes. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { forbiddenValue, invalidFor, invalidValue, required } from '#machinery/errors/field-errors.ts'
import { validateDns1123Subdomain, validateLabelValue, validateQualifiedName } from '#machinery/meta/validate-names.ts'
import { validateLabels } from '#machinery/meta/validate-object-meta.ts'
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from './gen/core-v1.ts'
import type { LabelSelector, LabelSelectorRequirement } from './gen/meta-v1.ts'

/** Of selectors that were stored when less was asked of them. */
export interface SelectorOptions {
  readonly allowInvalidLabelValue?: boolean | undefined
}

export function validateLabelSelector(
  selector: LabelSelector | undefined, path: string, options: SelectorOptions = {},
): FieldError[] {
  if (!selector) return []
  return [
    ...validateLabels(selector.matchLabels, `${path}.matchLabels`),
    ...(selector.matchExpressions ?? []).flatMap((requirement, index) =>
      validateRequirement(requirement, `${path}.matchExpressions[${index}]`, options)),
  ]
}

function validateRequirement(
  { key, operator, values = [] }: LabelSelectorRequirement, path: string, { allowInvalidLabelValue }: SelectorOptions,
): FieldError[] {
  return [
    ...validateOperands(operator, values, path),
    ...invalidFor(`${path}.key`, key, validateQualifiedName(key)),
    ...(allowInvalidLabelValue ? [] : validateLabelValues({ values }, path)),
  ]
}

function validateOperands(operator: string, values: readonly string[], path: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0
        ? []
        : [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0 ? []
        : [forbiddenValue(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
    default: return [invalidValue(`${path}.operator`, operator ?? '', 'not a valid selector operator')]
  }
}

export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions ?? []).length === 0
}

/** Of an old object: no label has such a value, so that nothing matches it. */
export function hasInvalidLabelValue(terms: readonly NodeSelectorTerm[]): boolean {
  return terms.some(({ matchExpressions = [] }) =>
    matchExpressions.some((requirement) => validateLabelValues(requirement, '').length > 0))
}

export function validateNodeSelector(
  selector: NodeSelector, path: string, options: SelectorOptions = {},
): FieldError[] {
  const terms = selector.nodeSelectorTerms ?? []
  if (terms.length === 0) return [required(`${path}.nodeSelectorTerms`, 'must have at least one node selector term')]
  return terms.flatMap((term, index) => validateNodeSelectorTerm(term, `${path}.nodeSelectorTerms[${index}]`, options))
}

function validateNodeSelectorTerm(
  term: NodeSelectorTerm, path: string, { allowInvalidLabelValue }: SelectorOptions,
): FieldError[] {
  return [
    ...(term.matchExpressions ?? []).flatMap((requirement, index) => {
      const at = `${path}.matchExpressions[${index}]`
      const errors = validateNodeRequirement(requirement, at)
      return allowInvalidLabelValue ? errors : [...errors, ...validateLabelValues(requirement, at)]
    }),
    ...validateNodeFields(term, path),
  ]
}

/** A preference may ask for what no label can be: it is only never met. */
export function validatePreferredTerm(term: NodeSelectorTerm, path: string): FieldError[] {
  return validateNodeSelectorTerm(term, path, { allowInvalidLabelValue: true })
}

function validateNodeFields(term: NodeSelectorTerm, path: string): FieldError[] {
  return (term.matchFields ?? []).flatMap((requirement, index) =>
    validateNodeFieldRequirement(requirement, `${path}.matchFields[${index}]`))
}

function validateLabelValues({ values = [] }: Pick<NodeSelectorRequirement, 'values'>, path: string): FieldError[] {
  return values.flatMap((value, index) => invalidFor(`${path}.values[${index}]`, value, validateLabelValue(value)))
}

function validateNodeRequirement({ key, operator, values = [] }: NodeSelectorRequirement, path: string): FieldError[] {
  const numeric = operator === 'Gt' || operator === 'Lt'
  const errors = numeric
    ? values.length === 1
      ? []
      : [required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")]
    : validateOperands(operator, values, path)
  return [...errors, ...invalidFor(`${path}.key`, key, validateQualifiedName(key))]
}

/** Nodes can be picked by one field, their name, and by one value of it at a time. */
function validateNodeFieldRequirement(
  { key, operator, values = [] }: NodeSelectorRequirement, path: string,
): FieldError[] {
  const errors: FieldError[] = []
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(invalidValue(`${path}.operator`, operator, 'not a valid selector operator'))
  } else if (values.length !== 1) {
    errors.push(
      required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
    )
  }
  if (key !== 'metadata.name') return [...errors, invalidValue(`${path}.key`, key, 'not a valid field selector key')]
  errors.push(
    ...values.flatMap((value, index) => invalidFor(`${path}.values[${index}]`, value, validateDns1123Subdomain(value))),
  )
  return errors
}
