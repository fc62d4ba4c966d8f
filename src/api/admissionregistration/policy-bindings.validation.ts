/** Validation of the bindings of admission policies. */
import type { FieldError } from '#machinery/errors/field-error.ts'
import {
  duplicateValue, forbiddenValue, invalidFor, invalidValue, notSupported, required,
} from '#machinery/errors/field-errors.ts'
import { validateDns1123Subdomain, validatePathSegment } from '#machinery/meta/validate-names.ts'
import type {
  MutatingAdmissionPolicyBinding, ParamRef, ValidatingAdmissionPolicyBinding, ValidationAction,
} from '../gen/admissionregistration-v1.ts'
import { validateLabelSelector } from '../selectors.validation.ts'
import { validateMatchResources } from './match-resources.validation.ts'
import { validateMutatedOperations } from './policies.validation.ts'

export function validateValidatingBinding({ spec }: ValidatingAdmissionPolicyBinding): FieldError[] {
  const { policyName, paramRef, matchResources, validationActions = [] } = spec ?? {}
  return [
    ...validatePolicyName(policyName, 'spec.policyName'),
    ...validateParamRef(paramRef, 'spec.paramRef'),
    ...validateMatchResources(matchResources, 'spec.matchResources'),
    ...validateActions(validationActions, 'spec.validationActions'),
  ]
}

export function validateMutatingBinding({ spec = {} }: MutatingAdmissionPolicyBinding): FieldError[] {
  return [
    ...validatePolicyName(spec.policyName, 'spec.policyName'),
    ...validateParamRef(spec.paramRef, 'spec.paramRef'),
    ...validateMatchResources(spec.matchResources, 'spec.matchResources'),
    ...validateMutatedOperations(spec.matchResources, 'spec.matchResources'),
  ]
}

function validatePolicyName(name: string | undefined, path: string): FieldError[] {
  return name ? invalidFor(path, name, validateDns1123Subdomain(name)) : [required(path)]
}

const actions = ['Audit', 'Deny', 'Warn']

function validateActions(given: readonly ValidationAction[], path: string): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, action] of given.entries()) {
    if (!actions.includes(action)) errors.push(notSupported(`${path}[${index}]`, action, actions))
    if (given.indexOf(action) < index) errors.push(duplicateValue(`${path}[${index}]`, action))
  }
  if (given.includes('Deny') && given.includes('Warn')) {
    errors.push(invalidValue(path, given, 'must not contain both Deny and Warn (repeating the same validation '
      + 'failure information in the API response and headers serves no purpose)'))
  }
  return given.length > 0 ? errors : [...errors, required(path, 'at least one validation action is required')]
}

function validateParamRef(reference: ParamRef | undefined, path: string): FieldError[] {
  if (!reference) return []
  const { name, selector, parameterNotFoundAction: action } = reference
  const errors = name ? invalidFor(`${path}.name`, name, validatePathSegment(name)) : []
  const both = 'name and selector are mutually exclusive'
  if (name && selector) errors.push(forbiddenValue(`${path}.name`, both))
  if (selector) errors.push(...validateLabelSelector(selector, `${path}.selector`))
  if (name && selector) errors.push(forbiddenValue(`${path}.selector`, both))
  if (!name && !selector) errors.push(required(path, 'one of name or selector must be specified'))
  if (!action) errors.push(required(`${path}.parameterNotFoundAction`))
  else if (action !== 'Deny' && action !== 'Allow') {
    errors.push(notSupported(`${path}.parameterNotFoundAction`, action, ['Deny', 'Allow']))
  }
  return errors
}
