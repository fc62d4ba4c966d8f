/** Validation of admission policies and their bindings. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  duplicateValue,
  forbiddenValue,
  invalidFor,
  invalidValue,
  notSupported,
  required,
} from '#machinery/errors/field-errors.ts'
import { parseApiVersion } from '#machinery/meta/group-version.ts'
import { validateCIdentifier, validateQualifiedName } from '#machinery/meta/validate-names.ts'
import type {
  MatchResources,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  Variable,
} from '../gen/admissionregistration-v1.ts'
import { validateChoice, validateRequiredChoice } from '../numbers.validation.ts'
import { validateLabelSelector } from '../selectors.validation.ts'
import { validateMutationExpressions, validatePolicyExpressions } from './expressions.validation.ts'
import { validateMatchConditions, validateRules } from './rules.validation.ts'

export function validateValidatingPolicy({ spec = {} }: ValidatingAdmissionPolicy): FieldError[] {
  const { validations = [], auditAnnotations = [], matchConstraints } = spec
  const errors = [
    ...validateChoice(spec.failurePolicy, ['Fail', 'Ignore'], 'spec.failurePolicy'),
    ...validateParamKind(spec.paramKind, 'spec.paramKind'),
    ...validateConstraints(matchConstraints, 'spec.matchConstraints'),
    ...validateMatchConditions(spec.matchConditions ?? [], 'spec.matchConditions'),
    ...validateVariables(spec.variables ?? [], 'spec.variables'),
  ]
  if (validations.length + auditAnnotations.length === 0) {
    const detail = 'validations or auditAnnotations must contain at least one item'
    errors.push(required('spec.validations', detail), required('spec.auditAnnotations', detail))
  }
  for (const [index, { expression, message }] of validations.entries()) {
    const path = `spec.validations[${index}]`
    if (!expression?.trim()) errors.push(required(`${path}.expression`, 'expression is not specified'))
    if (message !== undefined && message !== '' && message.trim() === '') {
      errors.push(invalidValue(`${path}.message`, message, 'message must be non-empty if specified'))
    } else if (message?.includes('\n')) {
      errors.push(invalidValue(`${path}.message`, message, 'message must not contain line breaks'))
    } else if (expression?.includes('\n') && !message) {
      errors.push(required(`${path}.message`, 'message must be specified if expression contains line breaks'))
    }
  }
  const keys = new Set<string>()
  for (const [index, { key, valueExpression }] of auditAnnotations.entries()) {
    const path = `spec.auditAnnotations[${index}]`
    if (!key) errors.push(required(`${path}.key`, 'key is not specified'))
    else errors.push(...invalidFor(`${path}.key`, key, validateQualifiedName(key)))
    if (keys.has(key)) errors.push(duplicateValue(`${path}.key`, key))
    keys.add(key)
    if (!valueExpression?.trim()) errors.push(required(`${path}.valueExpression`, 'valueExpression is not specified'))
  }
  return [...errors, ...validatePolicyExpressions(spec)]
}

export function validateMutatingPolicy({ spec = {} }: MutatingAdmissionPolicy): FieldError[] {
  const { mutations = [] } = spec
  const errors = [
    ...validateChoice(spec.failurePolicy, ['Fail', 'Ignore'], 'spec.failurePolicy'),
    ...validateParamKind(spec.paramKind, 'spec.paramKind'),
    ...validateConstraints(spec.matchConstraints, 'spec.matchConstraints'),
    ...validateMatchConditions(spec.matchConditions ?? [], 'spec.matchConditions'),
    ...validateVariables(spec.variables ?? [], 'spec.variables'),
    ...validateRequiredChoice(spec.reinvocationPolicy, ['IfNeeded', 'Never'], 'spec.reinvocationPolicy'),
  ]
  if (mutations.length === 0) errors.push(required('spec.mutations', 'mutations must contain at least one item'))
  for (const [index, { patchType, applyConfiguration, jsonPatch }] of mutations.entries()) {
    const path = `spec.mutations[${index}]`
    if (patchType === 'ApplyConfiguration') {
      if (!applyConfiguration?.expression) {
        errors.push(required(`${path}.applyConfiguration.expression`, 'expression is required'))
      }
      if (jsonPatch) {
        errors.push(invalidValue(
          `${path}.jsonPatch`, '{jsonPatch}', 'must not be specified when patchType is ApplyConfiguration',
        ))
      }
    } else if (patchType === 'JSONPatch') {
      if (!jsonPatch?.expression) errors.push(required(`${path}.jsonPatch.expression`, 'expression is required'))
      if (applyConfiguration) {
        errors.push(
          invalidValue(
            `${path}.applyConfiguration`, '{applyConfiguration}', 'must not be specified when patchType is JSONPatch',
          ),
        )
      }
    } else if (!patchType) errors.push(required(`${path}.patchType`))
    else errors.push(notSupported(`${path}.patchType`, patchType, ['ApplyConfiguration', 'JSONPatch']))
  }
  return errors.length > 0 ? errors : validateMutationExpressions(spec)
}

function validateParamKind(kind: ParamKind | undefined, path: string): FieldError[] {
  if (!kind) return []
  const errors: FieldError[] = []
  if (!kind.apiVersion) errors.push(required(`${path}.apiVersion`))
  else if (!parseApiVersion(kind.apiVersion)) {
    errors.push(
      invalidValue(`${path}.apiVersion`, kind.apiVersion, `unexpected GroupVersion string: ${kind.apiVersion}`),
    )
  }
  return kind.kind ? errors : [...errors, required(`${path}.kind`)]
}

function validateConstraints(match: MatchResources | undefined, path: string): FieldError[] {
  if (!match) return [required(path)]
  const errors = validateMatch(match, path)
  return match.resourceRules?.length ? errors : [...errors, required(`${path}.resourceRules`)]
}

function validateMatch(match: MatchResources, path: string): FieldError[] {
  return [
    ...validateRequiredChoice(match.matchPolicy, ['Equivalent', 'Exact'], `${path}.matchPolicy`),
    ...(match.namespaceSelector
      ? validateLabelSelector(match.namespaceSelector, `${path}.namespaceSelector`)
      : [required(`${path}.namespaceSelector`)]),
    ...(match.objectSelector
      ? validateLabelSelector(match.objectSelector, `${path}.labelSelector`)
      : [required(`${path}.objectSelector`)]),
    ...validateRules(match.resourceRules ?? [], `${path}.resourceRules`),
    ...validateRules(match.excludeResourceRules ?? [], `${path}.excludeResourceRules`),
  ]
}

function validateVariables(variables: readonly Variable[], path: string): FieldError[] {
  const names = new Set<string>()
  return variables.flatMap(({ name, expression }, index) => {
    const at = `${path}[${index}]`
    const errors = name
      ? invalidFor(`${at}.name`, name, validateCIdentifier(name))
      : [required(`${at}.name`, 'name is not specified')]
    if (names.has(name)) errors.push(duplicateValue(`${at}.name`, name))
    names.add(name)
    return expression?.trim() ? errors : [...errors, required(`${at}.expression`, 'expression is not specified')]
  })
}

export function validateValidatingBinding({ spec }: ValidatingAdmissionPolicyBinding): FieldError[] {
  const { policyName, paramRef, matchResources, validationActions = [] } = spec ?? {}
  const errors = policyName ? [] : [required('spec.policyName')]
  errors.push(
    ...validateParamRef(paramRef, 'spec.paramRef'),
    ...(matchResources ? validateMatch(matchResources, 'spec.matchResouces') : []),
  )
  const actions = ['Audit', 'Deny', 'Warn']
  if (validationActions.length === 0) {
    errors.push(required('spec.validationActions', 'at least one validation action is required'))
  }
  for (const [index, action] of validationActions.entries()) {
    if (!actions.includes(action)) errors.push(notSupported(`spec.validationActions[${index}]`, action, actions))
    if (validationActions.indexOf(action) < index) {
      errors.push(duplicateValue(`spec.validationActions[${index}]`, action))
    }
  }
  if (validationActions.includes('Deny') && validationActions.includes('Warn')) {
    errors.push(
      invalidValue(
        'spec.validationActions',
        validationActions,
        'must not contain both Deny and Warn (repeating the same validation '
          + 'failure information in the API response and headers serves no purpose)',
      ),
    )
  }
  return errors
}

export function validateMutatingBinding({ spec = {} }: MutatingAdmissionPolicyBinding): FieldError[] {
  return [
    ...(spec.policyName ? [] : [required('spec.policyName')]),
    ...validateParamRef(spec.paramRef, 'spec.paramRef'),
    ...(spec.matchResources ? validateMatch(spec.matchResources, 'spec.matchResouces') : []),
  ]
}

function validateParamRef(reference: ParamRef | undefined, path: string): FieldError[] {
  if (!reference) return []
  const { name, selector, parameterNotFoundAction } = reference
  const errors: FieldError[] = []
  if (name && selector) errors.push(forbiddenValue(`${path}.name`, 'name and selector are mutually exclusive'))
  else if (!name && !selector) errors.push(required(path, 'one of name or selector must be specified'))
  if (selector) errors.push(...validateLabelSelector(selector, `${path}.selector`))
  if (!parameterNotFoundAction) return [...errors, required(`${path}.parameterNotFoundAction`)]
  return [...errors, ...validateChoice(parameterNotFoundAction, ['Allow', 'Deny'], `${path}.parameterNotFoundAction`)]
}
