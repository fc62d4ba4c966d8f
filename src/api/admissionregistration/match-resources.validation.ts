/** Rules of which requests a policy or a binding is about. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import { duplicateValue, invalidFor, required } from '#machinery/errors/field-errors.ts'
import { validatePathSegment } from '#machinery/meta/validate-names.ts'
import type { MatchResources, NamedRuleWithOperations } from '../gen/admissionregistration-v1.ts'
import { validateRequiredChoice } from '../numbers.validation.ts'
import { validateLabelSelector } from '../selectors.validation.ts'
import { validateRule } from './rules.validation.ts'

/** A policy names at least one resource: it tells the types of its objects. */
export function validateMatchConstraints(match: MatchResources | undefined, path: string): FieldError[] {
  if (!match) return [required(path)]
  const errors = validateMatchResources(match, path)
  return match.resourceRules?.length ? errors : [...errors, required(`${path}.resourceRules`)]
}

export function validateMatchResources(match: MatchResources | undefined, path: string): FieldError[] {
  if (!match) return []
  return [
    ...validateRequiredChoice(match.matchPolicy, ['Equivalent', 'Exact'], `${path}.matchPolicy`),
    ...(match.namespaceSelector
      ? validateLabelSelector(match.namespaceSelector, `${path}.namespaceSelector`)
      : [required(`${path}.namespaceSelector`)]),
    ...(match.objectSelector
      ? validateLabelSelector(match.objectSelector, `${path}.objectSelector`)
      : [required(`${path}.objectSelector`)]),
    ...validateNamedRules(match.resourceRules ?? [], `${path}.resourceRules`),
    ...validateNamedRules(match.excludeResourceRules ?? [], `${path}.excludeResourceRules`),
  ]
}

function validateNamedRules(rules: readonly NamedRuleWithOperations[], path: string): FieldError[] {
  return rules.flatMap((rule, index) => {
    const at = `${path}[${index}]`
    const names = rule.resourceNames ?? []
    return [
      ...names.flatMap((name, place) => [
        ...invalidFor(`${at}.resourceNames[${place}]`, name, validatePathSegment(name)),
        ...(names.indexOf(name) < place ? [duplicateValue(`${at}.resourceNames[${place}]`, name)] : []),
      ]),
      ...validateRule(rule, at),
    ]
  })
}
